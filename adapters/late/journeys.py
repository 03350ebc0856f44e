"""Which card uses still say where somebody will be: pure, for people who were listed only after them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from adapters.edge.card_use import CardUse
from schemas.messages import SightingKind

HELD: Final = frozenset({SightingKind.TICKET_BOUGHT, SightingKind.TICKET_CHANGED})

_AT_THE_SAME_TIME: Final = {SightingKind.TICKET_CHANGED: 1, SightingKind.TICKET_REFUNDED: 2}


def is_ahead(use: CardUse, at: datetime) -> bool:
    """Whether its journey is still to end."""
    return use.itinerary is not None and use.itinerary.arrives_at > at


def counts_until(use: CardUse, days: int) -> datetime | None:
    """When nobody needs it any more who looks so many days back; None where it leads nowhere."""
    if use.itinerary is None:
        return None
    return min(use.itinerary.arrives_at, use.occurred_at + timedelta(days=days))


def still_held(uses: Iterable[CardUse]) -> list[CardUse]:
    """What counts of one person's uses, in their order. A ticket that was given back is none, and neither is
    the one that a change can only be of; where it may be of several, the court decides.
    """
    held: list[CardUse] = []
    for use in sorted(uses, key=_order):
        given_up = _given_up(held, use)
        held = [one for one in held if one not in given_up]
        if use.kind is not SightingKind.TICKET_REFUNDED or not given_up:
            held.append(use)
    return held


def _order(use: CardUse) -> tuple[datetime, int]:
    # A system whose times are full minutes may sell a ticket and take it back in the same one.
    return use.occurred_at, _AT_THE_SAME_TIME.get(use.kind, 0)


def _given_up(held: list[CardUse], use: CardUse) -> list[CardUse]:
    if use.kind is SightingKind.TICKET_REFUNDED:
        return [one for one in held if one.kind in HELD and _is_same_journey(one, use)]
    if use.kind is SightingKind.TICKET_CHANGED:
        tickets = [one for one in held if one.kind in HELD]
        return tickets if len(tickets) == 1 else []
    return []


def _is_same_journey(one: CardUse, other: CardUse) -> bool:
    """As the court tells journeys apart: coach and seat may differ."""
    if one.itinerary is None or other.itinerary is None:
        return False
    return (one.itinerary.service, one.itinerary.destination, one.itinerary.arrives_at) == (
        other.itinerary.service,
        other.itinerary.destination,
        other.itinerary.arrives_at,
    )
