"""Writing to the audit log, and proving it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tracker.domain.ids import AgencyId
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessedHead:
    """That the court signed this link at this place at `said_at`, as an adapter of an agency has kept it."""

    position: int
    link: str
    said_at: datetime
    kept_by: AgencyId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRewritten:
    """Every link holds, and `head`, which was witnessed, is not in it: written anew, or cut off before it, as
    `links` tells. `fits`: the last before it that is still there; None where none is.
    """

    head: WitnessedHead
    fits: WitnessedHead | None
    links: int


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


async def verify_witnessed(
    tx: Tx, heads: Sequence[WitnessedHead]
) -> ChainWhole | ChainBroken | ChainRewritten:
    """The same, and the first head that is not in the chain any more."""
    chain = await verify(tx)
    if isinstance(chain, ChainBroken):
        return chain
    links = await audit.list_links(tx, {one.position for one in heads})
    fits: WitnessedHead | None = None
    for head in sorted(heads, key=lambda one: (one.position, one.said_at)):
        if links.get(head.position) != head.link:
            return ChainRewritten(head=head, fits=fits, links=chain.links)
        fits = head
    return chain


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
