"""The inbox: one row of one size for each message that came in, for ever, unless it was a canary; its body
only until it is worked on.

A repeated message meets its own row; the same id with another body is somebody's fault and is told apart.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from tracker.domain.ids import LeaseToken
from tracker.domain.retries import wait_after
from tracker.storage.engine.sets import is_one_of
from tracker.storage.leases import RELEASED, is_free, leased
from tracker.storage.refusals import Refusal
from tracker.storage.tables import plumbing as t
from tracker.storage.transaction import Tx

CANARY_KIND: Final = "canary"


class InboxState(StrEnum):
    """`waiting` for a loop to take it; `done`; `refused` with a reason."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


class Arrival(StrEnum):
    """How a message stands to what came before."""

    NEW = "new"
    REPEATED = "repeated"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message as it came; `source` is an agency id or `case-system`."""

    source: str
    message_id: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A row that a loop has claimed; `tries` are those that failed unforeseen."""

    row_id: str
    source: str
    message_id: str
    kind: str
    body: bytes
    tries: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The receipt of a message and how it stands to what came before."""

    receipt_id: str
    arrival: Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """A message that could not be used, and why; what it said is gone."""

    receipt_id: str
    source: str
    kind: str
    reason: str
    received_at: datetime


def _hash(tx: Tx, body: bytes) -> bytes:
    return hmac.digest(tx.keys.chain, body, hashlib.sha256)


async def receive(tx: Tx, incoming: Incoming) -> Received:
    """Record a message once; its sealed body is kept for the loop. One that comes twice at a time waits for
    what becomes of the first.
    """
    receipt_id = tx.entropy.new_id()
    row = {**_new_row(tx, incoming, receipt_id), "state": InboxState.WAITING}
    row["body"] = tx.seal(incoming.body.decode(), f"inbox.body:{receipt_id}")
    if await tx.insert_once(t.inbox, **row):
        return Received(receipt_id=receipt_id, arrival=Arrival.NEW)
    known = await list_received(tx, incoming.source, [incoming.message_id])
    return _again(tx, incoming, known[incoming.message_id]) if known else await receive(tx, incoming)


async def sort_out(tx: Tx, incoming: Sequence[Incoming]) -> tuple[Received, ...]:
    """How messages of one source stand to what came before; new ones get the receipt under which
    `record_taken` writes them.
    """
    if not incoming:
        return ()
    known = dict(await list_received(tx, incoming[0].source, [one.message_id for one in incoming]))
    received = []
    for one in incoming:
        if one.message_id in known:
            received.append(_again(tx, one, known[one.message_id]))
        else:
            new = Received(receipt_id=tx.entropy.new_id(), arrival=Arrival.NEW)
            known[one.message_id] = _Known(new.receipt_id, _hash(tx, one.body))
            received.append(new)
    return tuple(received)


async def record_taken(tx: Tx, incoming: Sequence[Incoming], received: Sequence[Received]) -> None:
    """Record those of the messages that are new, once they were worked on. Of two transactions that take the
    same message at a time one fails.
    """
    rows = [
        {**_new_row(tx, one, how.receipt_id), "state": InboxState.DONE, "body": None}
        for one, how in zip(incoming, received, strict=True)
        if how.arrival is Arrival.NEW
    ]
    await tx.insert_many(t.inbox, rows)


def _new_row(tx: Tx, incoming: Incoming, receipt_id: str) -> dict[str, Any]:
    return {
        "id": receipt_id,
        "source": incoming.source,
        "message_id": incoming.message_id,
        "kind": incoming.kind,
        "body_hash": _hash(tx, incoming.body),
        "received_at": tx.at,
        "due_at": tx.at,
    }


class _Known(NamedTuple):
    receipt_id: str
    body_hash: bytes


_KNOWN: Final = sa.select(t.inbox.c.id, t.inbox.c.message_id, t.inbox.c.body_hash).where(
    t.inbox.c.source == sa.bindparam("of_source"), is_one_of(t.inbox.c.message_id, "message_ids")
)


async def list_received(tx: Tx, source: str, message_ids: Collection[str]) -> Mapping[str, _Known]:
    """Those of a source's messages that came before. Read once."""
    key = (list_received.__name__, source, frozenset(message_ids))
    known = tx.memory.find(key)
    if known is None:
        rows = await tx.rows(_KNOWN, of_source=source, message_ids=list(message_ids))
        known = ({row.message_id: _Known(row.id, row.body_hash) for row in rows},)
        tx.memory.keep(key, [t.inbox], known[0])
    found: Mapping[str, _Known] = known[0]
    return found


def _again(tx: Tx, incoming: Incoming, known: _Known) -> Received:
    is_same = hmac.compare_digest(known.body_hash, _hash(tx, incoming.body))
    return Received(receipt_id=known.receipt_id, arrival=Arrival.REPEATED if is_same else Arrival.ALTERED)


async def list_refused(tx: Tx, sources: Collection[str], limit: int) -> tuple[RefusedMessage, ...]:
    """The latest messages of these sources that could not be used, newest first."""
    column = t.inbox.c
    rows = await tx.rows(
        sa.select(column.id, column.source, column.kind, column.reason, column.received_at)
        .where(column.state == InboxState.REFUSED, column.source.in_(sources))
        .order_by(column.received_at.desc(), column.id.desc())
        .limit(limit)
    )
    return tuple(
        RefusedMessage(
            receipt_id=row.id,
            source=row.source,
            kind=row.kind,
            reason=row.reason or "",
            received_at=row.received_at,
        )
        for row in rows
    )


async def count_refused(tx: Tx, source: str, since: datetime) -> tuple[Refusal, ...]:
    """How many messages of a source could not be used since a moment, by their kind."""
    column = t.inbox.c
    rows = await tx.rows(
        sa.select(
            column.kind, sa.func.count().label("times"), sa.func.max(column.received_at).label("last_at")
        )
        .where(column.state == InboxState.REFUSED, column.source == source, column.received_at >= since)
        .group_by(column.kind)
    )
    return tuple(Refusal(reason=f"posted {row.kind}", times=row.times, last_at=row.last_at) for row in rows)


async def forget_canaries(tx: Tx, source: str, before: datetime) -> None:
    """Drop the rows of canaries that came before a moment: they come every few minutes, and are nobody."""
    column = t.inbox.c
    old = sa.and_(column.source == source, column.kind == CANARY_KIND, column.received_at < before)
    await tx.run(sa.delete(t.inbox).where(old))


async def next_waiting_at(tx: Tx) -> datetime | None:
    """When the earliest waiting row that nobody works on is to be worked on."""
    column = t.inbox.c
    row = await tx.row(
        sa.select(sa.func.min(column.due_at)).where(column.state == InboxState.WAITING, is_free(t.inbox))
    )
    return None if row is None else row[0]


async def claim_waiting(tx: Tx, token: LeaseToken) -> Waiting | None:
    """Lease the oldest waiting row whose time has come."""
    column = t.inbox.c
    oldest = (
        sa.select(column.id)
        .where(column.state == InboxState.WAITING, column.due_at <= tx.at, is_free(t.inbox))
        .order_by(column.due_at, column.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    # Equal to the one row, not in a set of one: PostgreSQL may ask for a set anew with each row that it looks
    # at, lock one more each time, and lease rows that nobody here hears of.
    claim = sa.update(t.inbox).where(column.id == oldest.scalar_subquery()).values(**leased(token))
    row = await tx.row(claim.returning(t.inbox))
    if row is None:
        return None
    return Waiting(
        row_id=row.id,
        source=row.source,
        message_id=row.message_id,
        kind=row.kind,
        body=tx.unseal(row.body, f"inbox.body:{row.id}").encode(),
        tries=row.tries,
        received_at=row.received_at,
    )


async def holds_lease(tx: Tx, row_id: str, token: LeaseToken) -> bool:
    """Whether the row is still mine; it stays locked, so that it is until the transaction ends."""
    column = t.inbox.c
    mine = sa.select(column.id).where(column.id == row_id, column.lease_token == token)
    return await tx.row(mine.with_for_update(key_share=True)) is not None


async def postpone(tx: Tx, waiting: Waiting, token: LeaseToken) -> None:
    """Work on a claimed row failed unforeseen: it waits longer each time, and others go first."""
    column = t.inbox.c
    tries = waiting.tries + 1
    await tx.run(
        sa.update(t.inbox)
        .where(column.id == waiting.row_id, column.lease_token == token)
        .values(tries=tries, due_at=tx.at + wait_after(tries), **RELEASED)
    )


async def record_done(
    tx: Tx, row_id: str, token: LeaseToken, state: InboxState = InboxState.DONE, reason: str | None = None
) -> None:
    """Settle a claimed row and drop its body; the id and the keyed hash stay."""
    column = t.inbox.c
    await tx.run(
        sa.update(t.inbox)
        .where(column.id == row_id, column.lease_token == token)
        .values(state=state, reason=reason, body=None, **RELEASED)
    )
