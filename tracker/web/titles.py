"""How people of the court are named on the screen: by office, in the reader's language."""

from tracker.domain.ids import PersonId
from tracker.domain.names import surname_of
from tracker.domain.people import TITLES_EN, TITLES_ZH, Role
from tracker.storage import people
from tracker.storage.people import Person
from tracker.storage.transaction import Tx
from tracker.web.words import label

SYSTEM = "system"


def title(person: Person, language: str) -> str:
    """沈法官 or Judge 沈."""
    if language == "zh":
        return f"{surname_of(person.name)}{TITLES_ZH[person.role]}"
    return f"{TITLES_EN[person.role]} {surname_of(person.name)}"


async def title_of(tx: Tx, person_id: str, language: str) -> str:
    """The title of whoever acted; the service itself acts too."""
    if person_id == SYSTEM:
        return label(Role.SYSTEM, language)
    return title(await people.get_person(tx, PersonId(person_id)), language)
