"""Attempts: each try to deliver a notice, committed before its request goes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from notifications.delivery import AttemptState
from tracker.domain.ids import AttemptId, NoticeId
from tracker.storage.sets import is_one_of
from tracker.storage.tables import notices as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver a notice; `text` is what the channel got."""

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


async def add_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Commit attempts before the requests go out."""
    rows = [
        {
            "id": attempt.attempt_id,
            "notice_id": attempt.notice_id,
            "provider": attempt.provider,
            "state": attempt.state,
            "text": tx.seal(attempt.text, f"attempt.text:{attempt.attempt_id}"),
            "is_repeat": attempt.is_repeat,
            "submitted_at": attempt.submitted_at,
            "changed_at": attempt.changed_at,
        }
        for attempt in attempts
    ]
    await tx.insert_many(t.attempt, rows)


def _attempt(tx: Tx, row: sa.Row[tuple[object, ...]]) -> Attempt:
    return Attempt(
        attempt_id=AttemptId(row.id),
        notice_id=NoticeId(row.notice_id),
        provider=row.provider,
        provider_id=row.provider_id,
        state=AttemptState(row.state),
        code=row.code,
        text=tx.unseal(row.text, f"attempt.text:{row.id}"),
        is_repeat=row.is_repeat,
        submitted_at=row.submitted_at,
        changed_at=row.changed_at,
    )


_OF_NOTICES: Final = (
    sa.select(t.attempt).where(is_one_of(t.attempt.c.notice_id, "notice_ids")).order_by(t.attempt.c.id)
)


async def list_attempts(tx: Tx, notice_ids: Sequence[NoticeId]) -> tuple[Attempt, ...]:
    return tuple(_attempt(tx, row) for row in await tx.rows(_OF_NOTICES, notice_ids=list(notice_ids)))


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


async def find_notice_of(tx: Tx, attempt_id: AttemptId) -> NoticeId | None:
    """The notice that an attempt was made for."""
    row = await tx.row(sa.select(t.attempt.c.notice_id).where(t.attempt.c.id == attempt_id))
    return None if row is None else NoticeId(row.notice_id)


async def lock_attempt(tx: Tx, attempt_id: str | None, provider_id: str | None) -> Attempt | None:
    """The attempt a delivery report speaks of, by our own id or the provider's, locked until the
    transaction ends: what was read before may have been overtaken.
    """
    column = t.attempt.c
    row = None
    if attempt_id is not None:
        row = await tx.row(
            sa.select(t.attempt).where(column.id == attempt_id).with_for_update(key_share=True)
        )
    if row is None and provider_id is not None:
        row = await tx.row(
            sa.select(t.attempt).where(column.provider_id == provider_id).with_for_update(key_share=True)
        )
    return None if row is None else _attempt(tx, row)


_LOCKED: Final = (
    sa.select(t.attempt)
    .where(is_one_of(t.attempt.c.id, "attempt_ids"))
    .order_by(t.attempt.c.id)
    .with_for_update(key_share=True)
)


async def lock_attempts(tx: Tx, attempt_ids: Sequence[AttemptId]) -> dict[AttemptId, Attempt]:
    """Attempts as they stand now, locked until the transaction ends."""
    rows = await tx.rows(_LOCKED, attempt_ids=list(attempt_ids))
    return {AttemptId(row.id): _attempt(tx, row) for row in rows}


async def record_attempt(tx: Tx, attempt: Attempt) -> None:
    await record_attempts(tx, [attempt])


_MOVE: Final = (
    sa.update(t.attempt)
    .where(t.attempt.c.id == sa.bindparam("of_attempt"))
    .values(
        state=sa.bindparam("to_state"),
        provider_id=sa.bindparam("by_provider"),
        code=sa.bindparam("with_code"),
        changed_at=sa.bindparam("at"),
    )
)


async def record_attempts(tx: Tx, attempts: Sequence[Attempt]) -> None:
    """Write moved attempts."""
    rows = [
        {
            "of_attempt": attempt.attempt_id,
            "to_state": attempt.state,
            "by_provider": attempt.provider_id,
            "with_code": attempt.code,
            "at": attempt.changed_at,
        }
        for attempt in attempts
    ]
    await tx.run_many(_MOVE, rows)


def moved(attempt: Attempt, state: AttemptState, at: datetime, code: str | None = None) -> Attempt:
    """The attempt in its new state."""
    return replace(attempt, state=state, changed_at=at, code=code if code is not None else attempt.code)
