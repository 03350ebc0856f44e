"""Two people exchange two shifts: one asks, the other agrees."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from tracker.domain.ids import PersonId
from tracker.domain.rosters import Shift, StandIn

SwapId = NewType("SwapId", str)


class SwapState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """`offered` is the shift of who asks, `wanted` that of who is asked."""

    swap_id: SwapId
    asked_by: PersonId
    asked_of: PersonId
    offered: Shift
    wanted: Shift
    state: SwapState = SwapState.ASKED


def exchanged(swap: Swap) -> tuple[StandIn, StandIn]:
    """What an agreed swap comes to: each stands in for the other."""
    return (
        _in_place(swap.offered, swap.asked_of, swap.asked_by),
        _in_place(swap.wanted, swap.asked_by, swap.asked_of),
    )


def _in_place(shift: Shift, person_id: PersonId, instead_of: PersonId) -> StandIn:
    return StandIn(
        post=shift.post,
        person_id=person_id,
        instead_of=instead_of,
        begins_at=shift.begins_at,
        ends_at=shift.ends_at,
    )
