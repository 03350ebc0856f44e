"""Reading personal data: allowed by the authorisation table, and written down with its purpose before it is
shown.

Opening a page is one event; the same page looked at again by the same person within `ONE_LOOK` is the same
look, also when it refreshes by itself.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tracker.domain.authorisation import Action
from tracker.domain.errors import NotAllowed
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.storage.audit import find_latest_event
from tracker.storage.cases import TeamReader
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

ONE_LOOK: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is read, on which page, and whose data it is: ids only."""

    about: About
    purpose: str
    shown: tuple[str, ...] = ()


async def record_look(registry: Registry, actor: Actor, look: Look) -> None:
    """Write the look down; to be called after the access was checked and before anything is sent."""
    async with registry.reading() as tx:
        if await _is_same_look(tx, actor, look):
            return
    async with registry.transaction() as tx:
        await audit.record(tx, actor, audit.READ, look.about, purpose=look.purpose, shown=list(look.shown))


async def _is_same_look(tx: Tx, actor: Actor, look: Look) -> bool:
    former = await find_latest_event(tx, actor.person_id, audit.READ, look.about.key)
    if former is None or tx.at - former.at > ONE_LOOK:
        return False
    return former.detail == {"purpose": look.purpose, "shown": list(look.shown)}


async def is_allowed(required: Awaitable[None]) -> bool:
    """Whether a requirement of `tracker.services.access` would let it pass."""
    try:
        await required
    except NotAllowed:
        return False
    return True


async def reader_of(tx: Tx, actor: Actor) -> TeamReader | None:
    """Whose entries the actor may read in a list; None: those of the whole court."""
    if await is_allowed(require_in_court(tx, actor, Action.READ_PERSONAL_DATA)):
        return None
    return TeamReader(
        person_id=actor.person_id, team_ids=tuple(held.team_id for held in actor.held if held.team_id)
    )
