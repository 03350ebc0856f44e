"""The audit log: events with ids only, inserted unchained in the business transaction, chained by the sealer.

Each link is a keyed hash over the former link and the event, so that a changed, dropped or inserted event
breaks the chain at a place that can be named.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.ids import CourtId
from tracker.domain.people import SYSTEM
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import plumbing as t
from tracker.storage.tables.court import court
from tracker.storage.transaction import Tx

FIRST_LINK = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what about which thing. `detail` holds ids and words of the tables, never personal data;
    `event_id` counts up from the oldest, and is 0 before the event is stored.
    """

    court_id: CourtId
    at: datetime
    actor: str
    action: str
    about_kind: str
    about: str
    detail: Mapping[str, Any]
    event_id: int = field(default=0, compare=False)
    chain_position: int | None = None
    chain_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The newest sealed link; it rides in every heartbeat."""

    position: int
    link: str


async def add_event(tx: Tx, event: AuditEvent) -> None:
    await tx.insert(
        t.audit_event,
        court_id=event.court_id,
        at=event.at,
        actor=event.actor,
        action=event.action,
        about_kind=event.about_kind,
        about=event.about,
        detail=dict(event.detail),
    )


_NEWEST_LINK: Final = (
    sa.select(t.audit_event.c.chain_position, t.audit_event.c.chain_hash)
    .where(t.audit_event.c.chain_position.is_not(None))
    .order_by(t.audit_event.c.chain_position.desc())
    .limit(1)
)


async def chain_head(tx: Tx) -> ChainHead:
    row = await tx.row(_NEWEST_LINK)
    return (
        ChainHead(position=0, link=FIRST_LINK)
        if row is None
        else ChainHead(position=row.chain_position, link=row.chain_hash)
    )


async def oldest_unsealed_at(tx: Tx) -> datetime | None:
    """When the oldest event was inserted that is not in the chain yet."""
    column = t.audit_event.c
    row = await tx.row(sa.select(sa.func.min(column.at)).where(column.chain_position.is_(None)))
    return None if row is None else row[0]


# Two sealers would go on from the same link: the first court's row lets one through at a time.
_SEALERS_TURN: Final = sa.select(court.c.id).order_by(court.c.id).limit(1).with_for_update(key_share=True)
_UNSEALED: Final = (
    sa.select(t.audit_event)
    .where(t.audit_event.c.chain_position.is_(None))
    .order_by(t.audit_event.c.id)
    .limit(sa.bindparam("at_most", type_=sa.Integer()))
)
_CHAIN: Final = settling(
    sa.update(t.audit_event)
    .where(t.audit_event.c.id == sa.bindparam("of_event"))
    .values(chain_position=sa.bindparam("position"), chain_hash=sa.bindparam("link"))
)


async def seal_events(tx: Tx, limit: int) -> int:
    """Chain the oldest unsealed events in the order of their ids; how many."""
    await tx.rows(_SEALERS_TURN)
    head = await chain_head(tx)
    rows = await tx.rows(_UNSEALED, at_most=limit)
    links = []
    for position, row in enumerate(rows, start=head.position + 1):
        head = ChainHead(position=position, link=link_of(tx, _event(row), position, head.link))
        links.append({"of_event": row.id, "position": head.position, "link": head.link})
    await tx.run_many(_CHAIN, links)
    return len(rows)


def link_of(tx: Tx, event: AuditEvent, position: int, former: str) -> str:
    """The keyed link of an event at a position after a former link, in hex."""
    content = [
        former,
        position,
        event.court_id,
        event.at.isoformat(),
        event.actor,
        event.action,
        event.about_kind,
        event.about,
        dict(event.detail),
    ]
    message = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(tx.keys.chain, message, hashlib.sha256).hexdigest()


def _event(row: sa.Row[tuple[object, ...]]) -> AuditEvent:
    return AuditEvent(
        court_id=CourtId(row.court_id),
        at=row.at,
        actor=row.actor,
        action=row.action,
        about_kind=row.about_kind,
        about=row.about,
        detail=row.detail,
        event_id=row.id,
        chain_position=row.chain_position,
        chain_hash=row.chain_hash,
    )


async def list_chain(tx: Tx) -> tuple[AuditEvent, ...]:
    """All sealed events in the order of the chain."""
    column = t.audit_event.c
    rows = await tx.rows(
        sa.select(t.audit_event).where(column.chain_position.is_not(None)).order_by(column.chain_position)
    )
    return tuple(_event(row) for row in rows)


async def list_events_about(tx: Tx, about: str) -> tuple[AuditEvent, ...]:
    """What happened to one thing, oldest first."""
    column = t.audit_event.c
    rows = await tx.rows(sa.select(t.audit_event).where(column.about == about).order_by(column.id))
    return tuple(_event(row) for row in rows)


_LINKS_AT: Final = sa.select(t.audit_event.c.chain_position, t.audit_event.c.chain_hash).where(
    is_one_of(t.audit_event.c.chain_position, "positions")
)


async def list_former_links(tx: Tx, positions: Collection[int]) -> dict[int, str]:
    """For each of these places of the chain the link before it, over which its own was made."""
    links = await list_links(tx, {position - 1 for position in positions})
    return {position: links.get(position - 1, FIRST_LINK) for position in positions}


async def list_links(tx: Tx, positions: Collection[int]) -> dict[int, str]:
    """The links at these places of the chain; none where it does not reach."""
    rows = await tx.rows(_LINKS_AT, positions=sorted(positions))
    return {row.chain_position: str(row.chain_hash) for row in rows}


async def find_latest_event(tx: Tx, actor: str, action: str, about: str) -> AuditEvent | None:
    """The last time somebody did this to that."""
    column = t.audit_event.c
    rows = await tx.rows(
        sa.select(t.audit_event)
        .where(column.actor == actor, column.action == action, column.about == about)
        .order_by(column.id.desc())
        .limit(1)
    )
    return _event(rows[0]) if rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """What is looked for; None leaves it open. `since` and `until`: the day, the latter not in it. `before`:
    older than this event.
    """

    court_id: CourtId
    actor: str | None = None
    action: str | None = None
    about: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


# As a literal: an engine takes the index of what people did only where it sees that it holds the rows.
_IS_BY_A_PERSON: Final = t.audit_event.c.actor != sa.literal_column(f"'{SYSTEM}'")
_ITSELF: Final = t.audit_event.alias("itself").c


async def search_events(tx: Tx, search: EventSearch, limit: int) -> tuple[AuditEvent, ...]:
    """The newest events that a search finds, the newest first; those of one moment by their ids."""
    return tuple(_event(row) for row in await tx.rows(newest_found_by(search, limit)))


def newest_found_by(search: EventSearch, limit: int) -> sa.Select[Any]:
    """Answered by an index, however long the log has grown."""
    event = t.audit_event.c
    query = sa.select(t.audit_event).where(event.court_id == search.court_id)
    if search.actor is not None:
        query = query.where(event.actor == search.actor)
        query = query if search.actor == SYSTEM else query.where(_IS_BY_A_PERSON)
    if search.action is not None:
        query = query.where(event.action == search.action)
    if search.about is not None:
        query = query.where(event.about.in_(search.about))
    if search.since is not None:
        query = query.where(event.at >= search.since)
    if search.until is not None:
        query = query.where(event.at < search.until)
    if search.before is not None:
        place = sa.select(_ITSELF.at, _ITSELF.id).where(_ITSELF.id == search.before)
        query = query.where(sa.tuple_(event.at, event.id) < place.scalar_subquery())
    return query.order_by(event.at.desc(), event.id.desc()).limit(limit)
