"""Whether anything leads to a member of the court. Whom nothing leads to is not waited for.

How many proven ways each has, and that two are wanted, is asked elsewhere: here a number that nobody has
verified counts, since it may ring.
"""

from collections.abc import Collection

from notifications.capabilities import capability_of
from notifications.channels.port import ChannelKind
from notifications.people import PhoneNumber, country_of
from notifications.reachability import ANY_PROVIDER, COURTS_COUNTRY, SetUp
from tracker.domain.ids import PersonId
from tracker.services.people.sms_stops import stopped_by
from tracker.storage import contacts, people
from tracker.storage.people import Person
from tracker.storage.providers_set_up import list_set_up
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
    """STOP leaves the voice, and STOP to one provider leaves the others, where the court has set them up."""
    asked = {ChannelKind.SMS, ChannelKind.VOICE}.intersection(by)
    if not asked or not person.phone or person.phone_dead_at is not None:
        return False
    stopped = await stopped_by(tx, person)
    if not stopped:
        return True
    set_up = await list_set_up(tx, person.court_id)
    if ChannelKind.VOICE in asked and (ChannelKind.VOICE in set_up or not set_up):
        return True
    return ChannelKind.SMS in asked and _may_text(person, stopped, set_up)


def _may_text(person: Person, stopped: frozenset[str], set_up: SetUp) -> bool:
    """Whether a provider is left that brings an SMS to this number. As long as no process has said which are
    there, one is.
    """
    if ANY_PROVIDER in stopped:
        return False
    country = country_of(PhoneNumber(person.phone)) or COURTS_COUNTRY
    left = frozenset(set_up.get(ChannelKind.SMS, ())) - stopped
    return not set_up or any(capability_of(one, ChannelKind.SMS, country) for one in left)


async def _has_living_device(tx: Tx, person_id: PersonId) -> bool:
    """One on which its person has seen a test, however long ago."""
    devices = await contacts.list_own_contacts(tx, person_id)
    return any(one.seen_at is not None and one.dead_at is None for one in devices)
