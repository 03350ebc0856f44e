"""How people of the court are named on the screen: by office, in the reader's language."""

from tracker.domain.ids import PersonId
from tracker.domain.names import surname_of
from tracker.domain.people import SYSTEM, TITLES_EN, Role, addressed_as
from tracker.storage import people
from tracker.storage.people import Person
from tracker.storage.transaction import Tx
from tracker.web.words.labels import label


def title(person: Person, language: str) -> str:
    """沈法官 or Judge 沈."""
    surname = surname_of(person.name)
    if language == "zh" or person.role is None:
        return addressed_as(surname, person.role)
    return f"{TITLES_EN[person.role]} {surname}"


async def title_of(tx: Tx, person_id: str, language: str) -> str:
    """The title of whoever acted; the service itself acts too."""
    if person_id == SYSTEM:
        return label(Role.SYSTEM, language)
    return title(await people.get_person(tx, PersonId(person_id)), language)
