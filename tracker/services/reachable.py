"""Whether a member of the court can be reached at all."""

from tracker.domain.ids import PersonId
from tracker.storage import people
from tracker.storage.transaction import Tx


async def can_be_reached(tx: Tx, person_id: PersonId) -> bool:
    """Who holds no role any more has left; who has no number hears nothing."""
    person = await people.get_person(tx, person_id)
    return person.role is not None and bool(person.phone)
