"""Writing to the audit log, and proving it."""

from dataclasses import dataclass
from typing import Any, Final

from tracker.domain.people import Actor
from tracker.storage import audit
from tracker.storage.audit import FIRST_LINK, AuditEvent
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The thing an event is about."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainWhole:
    """Every link holds; `links` of them."""

    links: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBroken:
    """The first link that does not hold."""

    position: int


READ: Final = "read"
"""Somebody looked at personal data; `shown` names whose."""


async def record(tx: Tx, actor: Actor, action: str, about: About, **detail: Any) -> None:
    """One event. `detail` is ids and words of the tables; personal data has no place in it."""
    event = AuditEvent(
        court_id=actor.court_id,
        at=tx.at,
        actor=actor.person_id,
        action=action,
        about_kind=about.kind,
        about=about.key,
        detail=detail,
    )
    await audit.add_event(tx, event)


async def verify(tx: Tx) -> ChainWhole | ChainBroken:
    """Walk the chain from its beginning; events not sealed yet are not part of it."""
    former = FIRST_LINK
    events = await audit.list_chain(tx)
    for position, event in enumerate(events, start=1):
        link = audit.link_of(tx, event, position, former)
        if event.chain_position != position or event.chain_hash != link:
            return ChainBroken(position=position)
        former = link
    return ChainWhole(links=len(events))
