"""Swaps: whoever is on shift asks somebody else on shift, who agrees or does not.

What must not break: nobody's shift moves without that person's own word, and both shifts are still theirs
when it does; nobody gets a post at which they may not act, nor two at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tracker.domain.errors import Conflict, Invalid, NotAllowed, Problem
from tracker.domain.ids import CourtId, PersonId
from tracker.domain.people import Actor
from tracker.domain.roster_problems import Change, change_problems, stand_in_problems, swap_problems
from tracker.domain.rosters import Post, Shift, StandIn, shifts_between
from tracker.domain.swaps import Swap, SwapId, SwapState, exchanged
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.rosters.changes import write_stand_in
from tracker.services.rosters.consequences import changing_roster
from tracker.services.rosters.shift_changes import LOOKS_AHEAD, posts_of
from tracker.services.rosters.swap_notices import take_back_asked, tell_agreed, tell_asked, tell_refused
from tracker.storage import people, rosters, swaps
from tracker.storage.transaction import Tx

LONGEST_SHIFT: Final = timedelta(days=2)
ANSWERS: Final = {SwapState.AGREED: "swap agreed", SwapState.REFUSED: "swap refused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftChoice:
    """A person's shift, as a form names it."""

    person_id: PersonId
    post: Post
    begins_at: datetime


async def list_coming_shifts(tx: Tx, court_id: CourtId) -> tuple[Shift, ...]:
    """The shifts that begin within the coming 14 days, by post and time; gaps are not among them."""
    # Further than they begin, so that none is cut at its end.
    until = tx.at + LOOKS_AHEAD + LONGEST_SHIFT
    roster = await rosters.get_roster(tx, court_id, tx.at, until)
    return tuple(
        shift
        for post in await posts_of(tx, court_id)
        for shift in shifts_between(roster, post, tx.at, until)
        if shift.people and tx.at < shift.begins_at < tx.at + LOOKS_AHEAD
    )


async def ask_swap(tx: Tx, actor: Actor, offered: ShiftChoice, wanted: ShiftChoice) -> None:
    """Offer an own shift for another's; raises Invalid."""
    await rosters.lock_roster(tx, actor.court_id)
    coming = await list_coming_shifts(tx, actor.court_id)
    mine, theirs = _find(coming, offered), _find(coming, wanted)
    problems = swap_problems(actor.person_id, mine, wanted.person_id, theirs, tx.at)
    if problems or mine is None or theirs is None:
        raise Invalid(problems)
    swap = Swap(
        swap_id=SwapId(tx.entropy.new_id()),
        asked_by=actor.person_id,
        asked_of=wanted.person_id,
        offered=mine,
        wanted=theirs,
    )
    if unfit := await _unfit(tx, actor.court_id, swap):
        raise Invalid(unfit)
    await swaps.add_swap(tx, actor.court_id, swap)
    await tell_asked(tx, swap)
    await audit.record(tx, actor, "swap asked for", _about(swap), asked_of=swap.asked_of)


async def answer_swap(tx: Tx, actor: Actor, swap_id: SwapId, answer: SwapState) -> None:
    """Agree to a swap, or refuse it: the one who was asked, and nobody else."""
    await rosters.lock_roster(tx, actor.court_id)
    swap = await swaps.get_swap(tx, actor.court_id, swap_id)
    if swap.asked_of != actor.person_id:
        raise NotAllowed("answer this swap", "it was asked of somebody else, who answers it")
    await _record(tx, swap, answer)
    if answer is SwapState.AGREED:
        await _exchange(tx, actor, swap)
        await tell_agreed(tx, swap)
    else:
        await tell_refused(tx, swap)
    await audit.record(tx, actor, ANSWERS[answer], _about(swap), asked_by=swap.asked_by)


async def withdraw_swap(tx: Tx, actor: Actor, swap_id: SwapId) -> None:
    """Take back what one has asked for, while it is not answered."""
    swap = await swaps.get_swap(tx, actor.court_id, swap_id)
    if swap.asked_by != actor.person_id:
        raise NotAllowed("withdraw this swap", "somebody else asked for it")
    await _record(tx, swap, SwapState.WITHDRAWN)
    await take_back_asked(tx, swap)
    await audit.record(tx, actor, "swap withdrawn", _about(swap))


async def _record(tx: Tx, swap: Swap, state: SwapState) -> None:
    if not await swaps.record_answer(tx, swap.swap_id, state):
        raise Conflict("该换班申请已经有结果", "this swap was answered already: look at the roster")


async def _exchange(tx: Tx, actor: Actor, swap: Swap) -> None:
    """Both shifts must still be as they were when it was asked for."""
    coming = await list_coming_shifts(tx, actor.court_id)
    mine, theirs = (_unchanged(coming, one) for one in (swap.offered, swap.wanted))
    problems = list(swap_problems(swap.asked_by, mine, swap.asked_of, theirs, tx.at))
    known = (await rosters.list_stand_ins(tx, actor.court_id)).values()
    written = [one for one in known if isinstance(one, StandIn)]
    for one in exchanged(swap):
        problems += stand_in_problems(one, written, tx.at)
    problems += await _unfit(tx, actor.court_id, swap)
    if problems:
        raise Invalid(problems)
    async with changing_roster(tx, actor.court_id):
        for one in exchanged(swap):
            await write_stand_in(tx, actor, one)


async def _unfit(tx: Tx, court_id: CourtId, swap: Swap) -> list[Problem]:
    """Each must be able to act at the post that they get, and be at no other then."""
    sides = (
        (swap.asked_by, swap.offered, swap.wanted),
        (swap.asked_of, swap.wanted, swap.offered),
    )
    problems: list[Problem] = []
    for person_id, gives, gets in sides:
        held = await people.list_roles(tx, person_id)
        own = await _shifts_during(tx, court_id, person_id, gets)
        problems += change_problems(Change(held=held, gives=gives, gets=gets, own=own))
    return list(dict.fromkeys(problems))


async def _shifts_during(tx: Tx, court_id: CourtId, person_id: PersonId, span: Shift) -> list[Shift]:
    roster = await rosters.get_roster(tx, court_id, span.begins_at, span.ends_at)
    return [
        shift
        for post in await posts_of(tx, court_id)
        for shift in shifts_between(roster, post, span.begins_at, span.ends_at)
        if person_id in shift.people
    ]


def _find(coming: tuple[Shift, ...], choice: ShiftChoice) -> Shift | None:
    return next(
        (one for one in coming if one.post == choice.post and one.begins_at == choice.begins_at), None
    )


def _unchanged(coming: tuple[Shift, ...], former: Shift) -> Shift | None:
    choice = ShiftChoice(person_id=former.people[0], post=former.post, begins_at=former.begins_at)
    found = _find(coming, choice)
    return found if found is not None and found.ends_at == former.ends_at else None


def _about(swap: Swap) -> About:
    return About(kind="swap", key=swap.swap_id)
