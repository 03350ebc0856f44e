"""A device counts for a month after its test: its owner is asked in time to test it again, and once a week
while it does not count.

What must not break: no provider of push messages stops counting as a way to a person who was not asked.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Final

from notifications.texts import Facts, TextId
from tracker.domain.court_time import COURT_ZONE, court_day
from tracker.domain.devices import SEEN_LASTS
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import CourtId, PersonId
from tracker.services.notices.staff import StaffNotice, tell_people
from tracker.storage import contacts, due_work, people
from tracker.storage.transaction import Tx

ASKED_AT: Final = time(9)
"""Court time."""
ASKED_BEFORE: Final = timedelta(days=3)
ASKED_AGAIN: Final = timedelta(days=7)
ONE_DAY: Final = timedelta(days=1)


async def watch_devices(tx: Tx, court_id: CourtId) -> None:
    """See to it that every owner of a proven device is asked. Doing it again changes nothing."""
    staff = [one.person_id for one in await people.list_people(tx, court_id)]
    owners = {one.person_id for one in await contacts.list_contacts(tx, staff)}
    for person_id in sorted(owners):
        if await due_work.find_due(tx, person_id, DueKind.DEVICE_TEST) is None:
            await _wait(tx, person_id)


async def watch_owner(tx: Tx, person_id: PersonId) -> None:
    """A test was seen just now."""
    await due_work.cancel_due(tx, person_id, [DueKind.DEVICE_TEST])
    await _wait(tx, person_id)


async def ask_for_test(tx: Tx, person_id: PersonId) -> None:
    """A morning has come. Tests may have been seen meanwhile, and devices been given up."""
    person = await people.get_person(tx, person_id)
    ends = await _list_ends(tx, person_id)
    if person.role is None or not ends:
        return
    if _asked_from(min(ends)) <= tx.at:
        court = await people.get_court(tx, person.court_id)
        facts = Facts(court=court.sms_name, sent_at=tx.at, counts_until=min(ends))
        notice = StaffNotice(text_id=TextId.DEVICE_TEST_DUE, facts_in=lambda _language: facts)
        await tell_people(tx, [person_id], notice)
    await _wait(tx, person_id)


async def _list_ends(tx: Tx, person_id: PersonId) -> Collection[datetime]:
    """Until when each provider of push messages counts as a way to the person."""
    ends: dict[str, datetime] = {}
    for one in await contacts.list_contacts(tx, [person_id]):
        if one.seen_at is not None and one.dead_at is None:
            until = one.seen_at + SEEN_LASTS
            ends[one.provider] = max(until, ends.get(one.provider, until))
    return ends.values()


async def _wait(tx: Tx, person_id: PersonId) -> None:
    ends = await _list_ends(tx, person_id)
    if ends:
        due = DueWork(
            due_id=tx.entropy.new_id(),
            kind=DueKind.DEVICE_TEST,
            about=person_id,
            due_at=next_question_at(min(ends), tx.at),
        )
        await due_work.add_due(tx, due)


def next_question_at(ends_at: datetime, after: datetime) -> datetime:
    """When somebody is asked next whose device counts until a moment: some days before, on the first morning
    without it, and then weekly.
    """
    if after < _asked_from(ends_at):
        return _asked_from(ends_at)
    without_it = _morning_after(ends_at)
    return without_it if after < without_it else _morning_after(after + ASKED_AGAIN - ONE_DAY)


def _asked_from(ends_at: datetime) -> datetime:
    return datetime.combine(court_day(ends_at - ASKED_BEFORE), ASKED_AT, COURT_ZONE)


def _morning_after(at: datetime) -> datetime:
    morning = datetime.combine(court_day(at), ASKED_AT, COURT_ZONE)
    return morning if morning > at else morning + ONE_DAY
