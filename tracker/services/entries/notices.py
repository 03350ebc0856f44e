"""Notices about an entry itself: the question to end or resume it, what lies ahead of it, and the word to
the one who paid.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from notifications.channels.port import ChannelKind
from notifications.ladders import Urgency, after_quiet_hours, ladder_for
from notifications.texts import Facts, TextId
from tracker.domain.court_time import court_day, day_begins
from tracker.domain.entries import Entry, EntryState, in_force
from tracker.domain.entry_clocks import Ahead, ends_at
from tracker.domain.ids import PersonId
from tracker.domain.names import surname_of
from tracker.domain.people import Duty, Role
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.services.notices.telling import BY_TEXT
from tracker.storage import cases, entries, notices, people, subjects
from tracker.storage.transaction import Tx

ASKED_FOR = timedelta(hours=24)
UNTIL_RECEIPTS = timedelta(days=7)
REMINDERS = {Ahead.END: TextId.ENTRY_ENDS, Ahead.VALIDATION: TextId.VALIDATION_DUE}


async def ask_end_or_resume(tx: Tx, suspended: Sequence[Entry]) -> None:
    """Push and console only: the judge of the case and the desk decide what becomes of a suspended entry."""
    await _ask(tx, suspended, TextId.END_OR_RESUME)


async def _ask(tx: Tx, about: Sequence[Entry], text_id: TextId) -> None:
    for entry in about:
        judge_id = (await cases.get_case(tx, entry.case_id)).judge_id
        desk = await people.list_on_duty(tx, entry.court_id, Duty.DESK, tx.at)
        for person_id in dict.fromkeys((judge_id, *desk)):
            asked = PlainNotice(
                text_id=text_id,
                channel=ChannelKind.PUSH,
                due_at=tx.at,
                kept_for=ASKED_FOR,
                person_id=person_id,
                entry_id=entry.entry_id,
            )
            await write_notice(tx, entry.court_id, asked, await _facts(tx, entry))


async def ask_end_or_keep(tx: Tx, entries_in_force: Sequence[Entry]) -> None:
    """An alert has its outcome: the judge decides whether its entries stay in force."""
    await _ask(tx, entries_in_force, TextId.END_OR_KEEP)


async def remind_of(tx: Tx, entry: Entry, ahead: Ahead) -> None:
    """Once, quietly and by day, to those who may do something about it: the judge of the case and the clerks
    of its team. By SMS one a morning: what many entries ask for at once stands in the console, and must not
    take the place of an alert on the way to a phone.
    """
    due_at = after_quiet_hours(tx.at, None, ladder_for(Urgency.TRACE))
    case = await cases.get_case(tx, entry.case_id)
    facts = replace(await _facts(tx, entry), ends_at=ends_at(entry), validate_by=entry.validate_by)
    clerks = await people.list_in_team(tx, case.team_id, Role.CLERK)
    for person_id in dict.fromkeys((case.judge_id, *clerks)):
        for channel in BY_TEXT:
            if channel is ChannelKind.SMS and await _has_sms_that_morning(tx, person_id, due_at):
                continue
            reminder = PlainNotice(
                text_id=REMINDERS[ahead],
                channel=channel,
                due_at=due_at,
                kept_for=ASKED_FOR,
                person_id=person_id,
                entry_id=entry.entry_id,
            )
            await write_notice(tx, entry.court_id, reminder, facts)


async def _has_sms_that_morning(tx: Tx, person_id: PersonId, due_at: datetime) -> bool:
    morning = day_begins(court_day(due_at))
    return await notices.has_text(tx, person_id, REMINDERS.values(), ChannelKind.SMS, morning)


async def tell_who_paid(tx: Tx, entry: Entry) -> None:
    """The person who paid gets one text once all receipts are in, unless another entry still stands."""
    subject = await subjects.get_subject(tx, entry.subject_id)
    listed = await entries.list_entries_of_subject(tx, entry.subject_id)
    same_case = [one for one in listed if one.case_id == entry.case_id and one.state is EntryState.SUSPENDED]
    if subject.phone is None or entry.approved_at is None or same_case or in_force(listed, tx.at):
        return
    told = PlainNotice(
        text_id=TextId.PERFORMED_PERSON,
        channel=ChannelKind.SMS,
        due_at=tx.at + UNTIL_RECEIPTS,
        kept_for=UNTIL_RECEIPTS,
        awaits_receipts=True,
        subject_id=entry.subject_id,
        entry_id=entry.entry_id,
    )
    await write_notice(tx, entry.court_id, told, await _facts(tx, entry))


async def _facts(tx: Tx, entry: Entry) -> Facts:
    court = await people.get_court(tx, entry.court_id)
    case = await cases.get_case(tx, entry.case_id)
    subject = await subjects.get_subject(tx, entry.subject_id)
    return Facts(
        court=court.sms_name,
        case=case.number.short,
        case_english=case.number.short_english,
        surname=surname_of(subject.name),
        sent_at=tx.at,
        performed_at=entry.stopped_at or tx.at,
        desk_phone=court.desk_phone,
    )
