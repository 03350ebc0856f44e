"""Whether anything leads to a member of the court. Whom nothing leads to is not waited for.

How many proven ways each has, and that two are wanted, is asked elsewhere: here a number that nobody has
verified counts, since it may ring.
"""

from collections.abc import Collection

from notifications.channels.port import ChannelKind
from notifications.reachability import ANY_PROVIDER
from tracker.domain.ids import PersonId
from tracker.services.sms_stops import may_get_sms
from tracker.storage import contacts, people
from tracker.storage.people import Person
from tracker.storage.transaction import Tx


async def can_be_reached(
    tx: Tx, person_id: PersonId, by: Collection[ChannelKind] = frozenset(ChannelKind)
) -> bool:
    """Who holds no role any more has left."""
    person = await people.get_person(tx, person_id)
    if person.role is None:
        return False
    return await _by_phone(tx, person, by) or (
        ChannelKind.PUSH in by and await _has_living_device(tx, person_id)
    )


async def _by_phone(tx: Tx, person: Person, by: Collection[ChannelKind]) -> bool:
    """STOP leaves the voice, and STOP to one provider leaves the others."""
    if not person.phone or person.phone_dead_at is not None:
        return False
    return ChannelKind.VOICE in by or await may_get_sms(tx, person, ANY_PROVIDER)


async def _has_living_device(tx: Tx, person_id: PersonId) -> bool:
    """One on which its person has seen a test, however long ago."""
    devices = await contacts.list_own_contacts(tx, person_id)
    return any(one.seen_at is not None and one.dead_at is None for one in devices)
