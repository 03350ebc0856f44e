"""What people switched off comes back when the ways that are left were not proven lately enough.

What must not break: nobody stays without SMS by a choice that was made while other ways still reached them.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.reachability import LEAST_WAYS
from notifications.texts import Facts, TextId
from tracker.domain.devices import proven_until
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.notices.staff import StaffNotice, list_on_desk, tell_people
from tracker.storage import contacts, due_work, muted_channels, people
from tracker.storage.people import Person
from tracker.storage.transaction import Tx

A_MOMENT: Final = timedelta(seconds=1)


async def watch_mutes(tx: Tx, court_id: CourtId) -> None:
    """See to it that the end of every choice is waited for. Doing it again changes nothing."""
    for person_id in sorted(await muted_channels.list_muted(tx, court_id)):
        if await due_work.find_due(tx, person_id, DueKind.MUTE_ENDS) is None:
            await reach_end_of_mute(tx, person_id)


async def watch_mute(tx: Tx, person_id: PersonId) -> None:
    """The person has chosen just now."""
    await due_work.cancel_due(tx, person_id, [DueKind.MUTE_ENDS])
    await reach_end_of_mute(tx, person_id)


async def reach_end_of_mute(tx: Tx, person_id: PersonId) -> None:
    """Wait on while enough ways are proven: tests may have been seen meanwhile. Else every channel is on."""
    person = await people.get_person(tx, person_id)
    off = (await muted_channels.list_muted(tx, person.court_id)).get(person_id)
    if not off:
        return
    until = await _proven_until(tx, person, off)
    if until is not None and tx.at <= until:
        due = DueWork(
            due_id=tx.entropy.new_id(), kind=DueKind.MUTE_ENDS, about=person_id, due_at=until + A_MOMENT
        )
        await due_work.add_due(tx, due)
        return
    await muted_channels.unmute(tx, person_id)
    about = About(kind="person", key=person_id)
    await audit.record(tx, system_actor(person.court_id), "channels on again", about)
    await _tell(tx, person)


async def _proven_until(tx: Tx, person: Person, off: Collection[ChannelKind]) -> datetime | None:
    """Loss of the number ends the choice at once, wherever it is noticed."""
    phones = int(ChannelKind.SMS not in off and person.phone_verified_at is not None)
    seen: dict[str, datetime] = {}
    if ChannelKind.PUSH not in off:
        for one in await contacts.list_contacts(tx, [person.person_id]):
            if one.seen_at is not None and one.dead_at is None:
                seen[one.provider] = max(one.seen_at, seen.get(one.provider, one.seen_at))
    return proven_until(seen.values(), LEAST_WAYS - phones)


async def _tell(tx: Tx, person: Person) -> None:
    """The desk, which would call a person who does not answer, and the person."""
    court = await people.get_court(tx, person.court_id)
    facts = Facts(court=court.sms_name, sent_at=tx.at, member=person.title)
    told = (person.person_id, *await list_on_desk(tx, person.court_id))
    await tell_people(tx, told, StaffNotice(text_id=TextId.CHANNELS_BACK, facts_in=lambda _language: facts))
