"""Swaps of shifts that were asked for, and what became of them."""

from typing import Any

import sqlalchemy as sa

from tracker.domain.errors import NotFound
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Duty
from tracker.domain.rosters import Post, Shift
from tracker.domain.swaps import Swap, SwapId, SwapState
from tracker.storage.tables.court import shift_swap
from tracker.storage.transaction import Tx


async def add_swap(tx: Tx, court_id: CourtId, swap: Swap) -> None:
    await tx.insert(
        shift_swap,
        id=swap.swap_id,
        court_id=court_id,
        asked_by=swap.asked_by,
        asked_of=swap.asked_of,
        offered_duty=swap.offered.post.duty,
        offered_team_id=swap.offered.post.team_id,
        offered_from=swap.offered.begins_at,
        offered_until=swap.offered.ends_at,
        wanted_duty=swap.wanted.post.duty,
        wanted_team_id=swap.wanted.post.team_id,
        wanted_from=swap.wanted.begins_at,
        wanted_until=swap.wanted.ends_at,
        state=swap.state,
        asked_at=tx.at,
        answered_at=None,
    )


async def get_swap(tx: Tx, court_id: CourtId, swap_id: SwapId) -> Swap:
    column = shift_swap.c
    row = await tx.row(sa.select(shift_swap).where(column.id == swap_id, column.court_id == court_id))
    if row is None:
        raise NotFound("swap")
    return _swap(row)


async def list_asked(tx: Tx, court_id: CourtId) -> tuple[Swap, ...]:
    """Those that wait for an answer and whose shifts are to come."""
    column = shift_swap.c
    waiting = sa.select(shift_swap).where(column.court_id == court_id, column.state == SwapState.ASKED)
    ahead = waiting.where(column.offered_from > tx.at, column.wanted_from > tx.at)
    return tuple(_swap(row) for row in await tx.rows(ahead.order_by(column.id)))


async def record_answer(tx: Tx, swap_id: SwapId, state: SwapState) -> bool:
    """False when it was answered meanwhile."""
    column = shift_swap.c
    waiting = sa.update(shift_swap).where(column.id == swap_id, column.state == SwapState.ASKED)
    return await tx.run(waiting.values(state=state, answered_at=tx.at)) == 1


def _swap(row: sa.Row[Any]) -> Swap:
    asked_by, asked_of = PersonId(row.asked_by), PersonId(row.asked_of)
    return Swap(
        swap_id=SwapId(row.id),
        asked_by=asked_by,
        asked_of=asked_of,
        offered=Shift(
            post=_post(row.offered_duty, row.offered_team_id),
            begins_at=row.offered_from,
            ends_at=row.offered_until,
            people=(asked_by,),
        ),
        wanted=Shift(
            post=_post(row.wanted_duty, row.wanted_team_id),
            begins_at=row.wanted_from,
            ends_at=row.wanted_until,
            people=(asked_of,),
        ),
        state=SwapState(row.state),
    )


def _post(duty: str, team_id: str | None) -> Post:
    return Post(duty=Duty(duty), team_id=None if team_id is None else TeamId(team_id))
