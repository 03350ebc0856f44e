"""The audit log: events with ids only, inserted unchained in the business transaction, chained by the sealer.

Each link is a keyed hash over the former link and the event, so that a changed, dropped or inserted event
breaks the chain at a place that can be named.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.ids import CourtId
from tracker.storage.news import settling
from tracker.storage.tables import plumbing as t
from tracker.storage.tables.court import court
from tracker.storage.transaction import Tx

FIRST_LINK = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what about which thing. `detail` holds ids and words of the tables, never personal data."""

    court_id: CourtId
    at: datetime
    actor: str
    action: str
    about_kind: str
    about: str
    detail: Mapping[str, Any]
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


async def list_former_links(tx: Tx, positions: Collection[int]) -> dict[int, str]:
    """For each of these places of the chain the link before it, over which its own was made."""
    column = t.audit_event.c
    rows = await tx.rows(
        sa.select(column.chain_position, column.chain_hash).where(
            column.chain_position.in_(sorted(position - 1 for position in positions))
        )
    )
    links = {row.chain_position: str(row.chain_hash) for row in rows}
    return {position: links.get(position - 1, FIRST_LINK) for position in positions}


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


async def list_latest_events(tx: Tx, court_id: CourtId, limit: int) -> tuple[AuditEvent, ...]:
    column = t.audit_event.c
    rows = await tx.rows(
        sa.select(t.audit_event).where(column.court_id == court_id).order_by(column.id.desc()).limit(limit)
    )
    return tuple(_event(row) for row in rows)
