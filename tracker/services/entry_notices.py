"""Notices about an entry itself: the question to end or resume it, what lies ahead of it, and the word to
the one who paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState, priority_of
from notifications.ladders import Urgency, after_quiet_hours, ladder_for
from notifications.texts import RINGS_NOBODY, Facts, Language, TextId
from tracker.domain.entries import Entry, EntryState, in_force
from tracker.domain.entry_clocks import Ahead, ends_at
from tracker.domain.ids import NoticeId, PersonId, SubjectId
from tracker.domain.names import surname_of
from tracker.domain.people import Duty, HeldRole, Role
from tracker.services.notices import BY_TEXT
from tracker.storage import cases, entries, notices, people, subjects
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

ASKED_FOR = timedelta(hours=24)
UNTIL_RECEIPTS = timedelta(days=7)
REMINDERS = {Ahead.END: TextId.ENTRY_ENDS, Ahead.VALIDATION: TextId.VALIDATION_DUE}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """One notice about an entry to one receiver."""

    text_id: TextId
    channel: ChannelKind
    due_at: datetime
    kept_for: timedelta
    awaits_receipts: bool
    person_id: PersonId | None = None
    subject_id: SubjectId | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


async def ask_end_or_resume(tx: Tx, suspended: Sequence[Entry]) -> None:
    """Push and console only: the judge of the case and the desk decide what becomes of a suspended entry."""
    await _ask(tx, suspended, TextId.END_OR_RESUME)


async def _ask(tx: Tx, about: Sequence[Entry], text_id: TextId) -> None:
    for entry in about:
        judge_id = (await cases.get_case(tx, entry.case_id)).judge_id
        desk = await people.list_on_duty(tx, entry.court_id, Duty.DESK, tx.at)
        for person_id in dict.fromkeys((judge_id, *desk)):
            message = _Message(
                text_id=text_id,
                channel=ChannelKind.PUSH,
                due_at=tx.at,
                kept_for=ASKED_FOR,
                awaits_receipts=False,
                person_id=person_id,
            )
            await _add(tx, entry, message)


async def ask_end_or_keep(tx: Tx, entries_in_force: Sequence[Entry]) -> None:
    """An alert has its outcome: the judge decides whether its entries stay in force."""
    await _ask(tx, entries_in_force, TextId.END_OR_KEEP)


async def remind_of(tx: Tx, entry: Entry, ahead: Ahead) -> None:
    """Once, quietly and by day, to those who may do something about it: the judge of the case and the clerks
    of its team.
    """
    case = await cases.get_case(tx, entry.case_id)
    clerks = await people.list_holders(tx, HeldRole(role=Role.CLERK, team_id=case.team_id))
    for person_id in dict.fromkeys((case.judge_id, *clerks)):
        for channel in BY_TEXT:
            message = _Message(
                text_id=REMINDERS[ahead],
                channel=channel,
                due_at=after_quiet_hours(tx.at, None, ladder_for(Urgency.TRACE)),
                kept_for=ASKED_FOR,
                awaits_receipts=False,
                person_id=person_id,
                extra={"ends_at": ends_at(entry), "validate_by": entry.validate_by},
            )
            await _add(tx, entry, message)


async def tell_who_paid(tx: Tx, entry: Entry) -> None:
    """The person who paid gets one text once all receipts are in, unless another entry still stands."""
    subject = await subjects.get_subject(tx, entry.subject_id)
    listed = await entries.list_entries_of_subject(tx, entry.subject_id)
    same_case = [one for one in listed if one.case_id == entry.case_id and one.state is EntryState.SUSPENDED]
    if subject.phone is None or entry.approved_at is None or same_case or in_force(listed, tx.at):
        return
    message = _Message(
        text_id=TextId.PERFORMED_PERSON,
        channel=ChannelKind.SMS,
        due_at=tx.at + UNTIL_RECEIPTS,
        kept_for=UNTIL_RECEIPTS,
        awaits_receipts=True,
        subject_id=entry.subject_id,
    )
    await _add(tx, entry, message)


async def _add(tx: Tx, entry: Entry, message: _Message) -> None:
    language = Language.CHINESE
    if message.person_id is not None:
        language = Language((await people.get_person(tx, message.person_id)).language)
    notice = Notice(
        notice_id=NoticeId(tx.entropy.new_id()),
        court_id=entry.court_id,
        alert_id=None,
        person_id=message.person_id,
        subject_id=message.subject_id,
        entry_id=entry.entry_id,
        text_id=message.text_id,
        channel=message.channel,
        language=language,
        facts=replace(await _facts(tx, entry), **message.extra),
        silent=message.text_id in RINGS_NOBODY,
        priority=priority_of(message.text_id),
        state=NoticeState.DUE,
        created_at=tx.at,
        due_at=message.due_at,
        expires_at=tx.at + message.kept_for,
        awaits_receipts=message.awaits_receipts,
        answered_at=None,
    )
    await notices.add_notice(tx, notice)


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
