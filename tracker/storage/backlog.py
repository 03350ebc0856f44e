"""How much waits, and since when: what is read of the books when somebody measures. Numbers and ids only."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from notifications.delivery import NoticeState
from tracker.domain.alerts import AlertState
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage import agencies, feeds
from tracker.storage.inbox import InboxState
from tracker.storage.tables import alerts, notices, plumbing
from tracker.storage.tables import feeds as feed_tables
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Rows that wait, and for how many seconds the oldest has; 0 when none waits."""

    waiting: int
    oldest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaLag:
    """How far one instance's replica is behind its agency's feed. `silent_s` None: it was never heard;
    `canary_age_s` None: its canary never came back.
    """

    agency_id: AgencyId
    instance: str
    changes_behind: int
    silent_s: float | None
    canary_age_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedBacklog:
    """What one agency's feed writer has not published: changes without a number, numbers without a packet
    on the bus.
    """

    agency_id: AgencyId
    unnumbered: Queue
    unpublished: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Everything that waits at one moment. `late_*` is what should have been done by now."""

    outbox: Queue
    inbox: Queue
    late_due_work: Queue
    late_notices: Queue
    notices_waiting: int
    open_alerts: int
    audit_unsealed: int
    feeds: tuple[FeedBacklog, ...]
    replicas: tuple[ReplicaLag, ...]


async def read_backlog(tx: Tx, court_id: CourtId) -> Backlog:
    """All of it; `due_work`, `outbox` and audit are of all courts of the installation."""
    outbox, inbox, notice = plumbing.outbox.c, plumbing.inbox.c, notices.notice.c
    unfinished = notice.state.in_([NoticeState.DUE, NoticeState.LEASED])
    partners = await agencies.list_agencies(tx, court_id)
    return Backlog(
        outbox=await _queue(tx, outbox.committed_at, outbox.published_at.is_(None)),
        inbox=await _queue(tx, inbox.received_at, inbox.state == InboxState.WAITING),
        late_due_work=await _queue(tx, alerts.due_work.c.due_at, alerts.due_work.c.due_at <= tx.at),
        late_notices=await _queue(tx, notice.due_at, sa.and_(unfinished, notice.due_at <= tx.at)),
        notices_waiting=await _count(tx, notice.id, unfinished),
        open_alerts=await _count(
            tx,
            alerts.alert.c.id,
            sa.and_(alerts.alert.c.state == AlertState.OPEN, alerts.alert.c.is_drill.is_(False)),
        ),
        audit_unsealed=await _count(
            tx, plumbing.audit_event.c.id, plumbing.audit_event.c.chain_position.is_(None)
        ),
        feeds=tuple([await _feed(tx, one.agency_id) for one in partners]),
        replicas=tuple([lag for one in partners for lag in await _lags(tx, one.agency_id)]),
    )


async def _queue(tx: Tx, since: sa.Column[datetime], waits: sa.ColumnElement[bool]) -> Queue:
    row = await tx.row(
        sa.select(sa.func.count().label("rows"), sa.func.min(since).label("oldest")).where(waits)
    )
    assert row is not None, "an aggregate without groups is always one row"
    return Queue(waiting=row.rows, oldest_s=_age_s(tx, row.oldest) or 0.0)


async def _count(tx: Tx, column: sa.Column[object], counted: sa.ColumnElement[bool]) -> int:
    row = await tx.row(sa.select(sa.func.count(column).label("rows")).where(counted))
    assert row is not None, "an aggregate without groups is always one row"
    return int(row.rows)


async def _feed(tx: Tx, agency_id: AgencyId) -> FeedBacklog:
    in_force, change = await feeds.list_feeds(tx, agency_id), feed_tables.feed_change.c
    epochs = [feed.keys.epoch for feed in in_force]
    waits = sa.and_(change.agency_id == agency_id, change.epoch.in_(epochs))
    return FeedBacklog(
        agency_id=agency_id,
        unnumbered=await _queue(tx, change.committed_at, waits),
        unpublished=sum(feed.head.sequence - feed.published_up_to for feed in in_force),
    )


async def _lags(tx: Tx, agency_id: AgencyId) -> list[ReplicaLag]:
    feed = (await feeds.list_feeds(tx, agency_id))[0]
    held = await agencies.list_replicas(tx, feed.feed_id)
    sequences = {name: head.sequence for name, head in held.items()}
    return [
        ReplicaLag(
            agency_id=agency_id,
            instance=instance.name,
            changes_behind=max(0, feed.head.sequence - sequences.get(instance.name, 0)),
            silent_s=_age_s(tx, instance.heard_at),
            canary_age_s=_age_s(tx, instance.canary_at),
        )
        for instance in await agencies.list_instances(tx, agency_id)
    ]


def _age_s(tx: Tx, since: datetime | None) -> float | None:
    return None if since is None else max(0.0, (tx.at - since).total_seconds())
