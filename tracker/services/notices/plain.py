"""Notices that belong to no alert: about an entry, or about a line."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState, priority_of
from notifications.texts import RINGS_NOBODY, Facts, Language, TextId
from tracker.domain.ids import CourtId, EntryId, NoticeId, PersonId, SubjectId
from tracker.storage import notices, people
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainNotice:
    """One notice to one receiver, by one channel. Either `person_id` or `subject_id` is set; neither of
    a probe, which goes to a number of the court's own.
    """

    text_id: TextId
    channel: ChannelKind
    due_at: datetime
    kept_for: timedelta
    awaits_receipts: bool = False
    person_id: PersonId | None = None
    subject_id: SubjectId | None = None
    entry_id: EntryId | None = None
    """The entry that it is about: it goes no further once that has moved."""


async def write_notice(tx: Tx, court_id: CourtId, plain: PlainNotice, facts: Facts) -> None:
    """In the receiver's language; the court's people have one of their own."""
    language = Language.CHINESE
    if plain.person_id is not None:
        language = Language((await people.get_person(tx, plain.person_id)).language)
    notice = Notice(
        notice_id=NoticeId(tx.entropy.new_id()),
        court_id=court_id,
        alert_id=None,
        person_id=plain.person_id,
        subject_id=plain.subject_id,
        entry_id=plain.entry_id,
        text_id=plain.text_id,
        channel=plain.channel,
        language=language,
        facts=facts,
        silent=plain.text_id in RINGS_NOBODY,
        priority=priority_of(plain.text_id),
        state=NoticeState.DUE,
        created_at=tx.at,
        due_at=plain.due_at,
        expires_at=tx.at + plain.kept_for,
        awaits_receipts=plain.awaits_receipts,
        answered_at=None,
    )
    await notices.add_notice(tx, notice)
