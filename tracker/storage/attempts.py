"""Attempts: each try to deliver a notice, committed before its request goes out."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from notifications.channels.port import ChannelKind, CodeAction
from notifications.delivery import AttemptState
from tracker.domain.ids import AttemptId, NoticeId, PersonId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import notices as t
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import Unreadable, read_each

NEVER_ARRIVED: Final = "never-arrived"
"""The code of a try that its provider does not know, when it was looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver a notice; `text` and `title` are what the channel got, `action` what a refusal asks
    for.
    """

    attempt_id: AttemptId
    notice_id: NoticeId
    provider: str
    provider_id: str | None
    state: AttemptState
    code: str | None
    text: str
    is_repeat: bool
    submitted_at: datetime
    changed_at: datetime
    action: CodeAction | None = None
    title: str | None = None

    @property
    def was_given_up(self) -> bool:
        """Nobody could find it. It may have been under way all the time."""
        return self.state is AttemptState.FAILED and self.code == NEVER_ARRIVED


async def add_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Commit attempts before the requests go out."""
    rows = [
        {
            "id": attempt.attempt_id,
            "notice_id": attempt.notice_id,
            "provider": attempt.provider,
            "state": attempt.state,
            "code": attempt.code,
            "text": tx.seal(attempt.text, f"attempt.text:{attempt.attempt_id}"),
            "title": attempt.title and tx.seal(attempt.title, f"attempt.title:{attempt.attempt_id}"),
            "is_repeat": attempt.is_repeat,
            "submitted_at": attempt.submitted_at,
            "changed_at": attempt.changed_at,
        }
        for attempt in attempts
    ]
    await tx.insert_many(t.attempt, rows)


def _attempt(tx: Tx, row: sa.Row[tuple[object, ...]]) -> Attempt:
    """Raises when its words were sealed by a key that is not there."""
    text = tx.unseal(row.text, f"attempt.text:{row.id}")
    title = None if row.title is None else tx.unseal(row.title, f"attempt.title:{row.id}")
    return _in_words(row, text, title)


def _in_words(row: sa.Row[Any], text: str, title: str | None) -> Attempt:
    return Attempt(
        attempt_id=AttemptId(row.id),
        notice_id=NoticeId(row.notice_id),
        provider=row.provider,
        provider_id=row.provider_id,
        state=AttemptState(row.state),
        code=row.code,
        text=text,
        is_repeat=row.is_repeat,
        submitted_at=row.submitted_at,
        changed_at=row.changed_at,
        action=None if row.action is None else CodeAction(row.action),
        title=title,
    )


_OF_NOTICES: Final = (
    sa.select(t.attempt).where(is_one_of(t.attempt.c.notice_id, "notice_ids")).order_by(t.attempt.c.id)
)


async def list_attempts(tx: Tx, notice_ids: Sequence[NoticeId]) -> tuple[Attempt, ...]:
    return tuple(_attempt(tx, row) for row in await tx.rows(_OF_NOTICES, notice_ids=list(notice_ids)))


async def list_kept(
    tx: Tx, notice_ids: Sequence[NoticeId]
) -> tuple[tuple[Attempt, ...], tuple[Unreadable, ...]]:
    """The same for those who only look: those that can be read, and those that cannot."""
    rows = await tx.rows(_OF_NOTICES, notice_ids=list(notice_ids))
    found, unreadable = read_each(rows, partial(_attempt, tx))
    return found, tuple(
        Unreadable(at=row.submitted_at, kind="attempt", key=row.id, notice_id=NoticeId(row.notice_id))
        for row, _ in unreadable
    )


_SENT: Final = (
    sa.select(
        t.notice.c.person_id, t.notice.c.channel, t.attempt.c.provider, sa.func.count().label("messages")
    )
    .join(t.notice, t.notice.c.id == t.attempt.c.notice_id)
    .where(
        is_one_of(t.notice.c.person_id, "person_ids"),
        t.attempt.c.submitted_at > sa.bindparam("since"),
        t.attempt.c.state != AttemptState.FAILED,
    )
    .group_by(t.notice.c.person_id, t.notice.c.channel, t.attempt.c.provider)
)


async def count_sent(
    tx: Tx, person_ids: Collection[PersonId], since: datetime
) -> Counter[tuple[PersonId, ChannelKind, str]]:
    """How many messages each provider has taken for each of the people since a moment, or may have."""
    rows = await tx.rows(_SENT, person_ids=list(person_ids), since=since)
    return Counter(
        {(PersonId(row.person_id), ChannelKind(row.channel), row.provider): row.messages for row in rows}
    )


async def list_refused(tx: Tx, action: CodeAction, since: datetime) -> Counter[tuple[str, str]]:
    """How many refusals have asked for this since a moment, by provider and its code."""
    column = t.attempt.c
    rows = await tx.rows(
        sa.select(column.provider, column.code, sa.func.count().label("refusals"))
        .where(column.submitted_at > since, column.action == action)
        .group_by(column.provider, column.code)
    )
    return Counter({(row.provider, row.code): row.refusals for row in rows})


_SAME: Final = t.notice.alias("same")
_TO_THE_PERSON: Final = (
    sa.select(t.attempt.c.id, t.attempt.c.provider_id)
    .join(t.notice, t.notice.c.id == t.attempt.c.notice_id)
    .join(
        _SAME,
        sa.and_(
            _SAME.c.person_id.is_not_distinct_from(t.notice.c.person_id),
            _SAME.c.subject_id.is_not_distinct_from(t.notice.c.subject_id),
        ),
    )
    .where(
        _SAME.c.id == sa.bindparam("of_notice"),
        t.attempt.c.submitted_at >= sa.bindparam("since"),
    )
    .order_by(t.attempt.c.id)
)
_TO_THE_PERSON_LOCKED: Final = _TO_THE_PERSON.with_for_update(key_share=True, of=t.attempt)


async def list_ids_of_others(tx: Tx, attempt: Attempt, since: datetime) -> frozenset[str]:
    """What providers call the other messages to the person whom an attempt is for."""
    return await _ids_of_others(tx, _TO_THE_PERSON, attempt, since)


async def lock_ids_of_others(tx: Tx, attempt: Attempt, since: datetime) -> frozenset[str]:
    """The same, the person's attempts since then locked, this one among them: of two that are looked up side
    by side one sees what the other has found.
    """
    return await _ids_of_others(tx, _TO_THE_PERSON_LOCKED, attempt, since)


async def _ids_of_others(
    tx: Tx, query: sa.Select[tuple[object, ...]], attempt: Attempt, since: datetime
) -> frozenset[str]:
    rows = await tx.rows(query, of_notice=attempt.notice_id, since=since)
    others = (row.provider_id for row in rows if row.id != attempt.attempt_id)
    return frozenset(provider_id for provider_id in others if provider_id is not None)


async def find_attempt(tx: Tx, attempt_id: str | None, provider_id: str | None) -> Attempt | None:
    """The attempt that a provider speaks of, by our own id or the provider's, as it was last committed."""
    row = await _find(tx, sa.select(t.attempt), attempt_id, provider_id)
    return None if row is None else _attempt(tx, row)


async def lock_attempt(tx: Tx, attempt_id: str | None, provider_id: str | None) -> Attempt | None:
    """The same, locked until the transaction ends: what was read before may have been overtaken. Without its
    words, which nobody needs who is told what became of it, and which perhaps nobody can unseal.
    """
    row = await _find(tx, sa.select(t.attempt).with_for_update(key_share=True), attempt_id, provider_id)
    return None if row is None else _in_words(row, "", None)


async def _find(
    tx: Tx, query: sa.Select[tuple[object, ...]], attempt_id: str | None, provider_id: str | None
) -> sa.Row[Any] | None:
    row = None
    if attempt_id is not None:
        row = await tx.row(query.where(t.attempt.c.id == attempt_id))
    if row is None and provider_id is not None:
        row = await tx.row(query.where(t.attempt.c.provider_id == provider_id))
    return row


_STANDS: Final = (
    sa.select(
        t.attempt.c.id,
        t.attempt.c.state,
        t.attempt.c.provider_id,
        t.attempt.c.code,
        t.attempt.c.action,
        t.attempt.c.changed_at,
    )
    .where(is_one_of(t.attempt.c.id, "attempt_ids"))
    .order_by(t.attempt.c.id)
    .with_for_update(key_share=True)
)


async def lock_as_they_stand(tx: Tx, sent: Collection[Attempt]) -> dict[AttemptId, Attempt]:
    """Attempts as they stand now, locked until the transaction ends; what they said is not read again."""
    of_id = {attempt.attempt_id: attempt for attempt in sent}
    rows = await tx.rows(_STANDS, attempt_ids=list(of_id))
    return {row.id: _as_it_stands(of_id[row.id], row) for row in rows}


def _as_it_stands(sent: Attempt, row: sa.Row[Any]) -> Attempt:
    if row.changed_at == sent.changed_at and row.state == sent.state:
        # Nobody has moved it, as nearly always.
        return sent
    return replace(
        sent,
        state=AttemptState(row.state),
        provider_id=row.provider_id,
        code=row.code,
        action=None if row.action is None else CodeAction(row.action),
        changed_at=row.changed_at,
    )


async def record_attempt(tx: Tx, attempt: Attempt) -> None:
    await record_attempts(tx, [attempt])


async def record_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Write moved attempts."""
    rows = [
        {
            "id": attempt.attempt_id,
            "state": attempt.state,
            "provider_id": attempt.provider_id,
            "code": attempt.code,
            "action": attempt.action,
            "changed_at": attempt.changed_at,
        }
        for attempt in attempts
    ]
    await tx.change_rows(t.attempt, rows)


def moved(
    attempt: Attempt,
    state: AttemptState,
    at: datetime,
    code: str | None = None,
    action: CodeAction | None = None,
) -> Attempt:
    """The attempt in its new state; `code` and `action` are those of a refusal."""
    if code is None:
        return replace(attempt, state=state, changed_at=at)
    return replace(attempt, state=state, changed_at=at, code=code, action=action)
