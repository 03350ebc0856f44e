"""Who must have an alert before its ladder stops: anybody, or one of the judge's side and one of the
officers'. Pure.
"""

from collections.abc import Collection, Sequence
from typing import Final

from notifications.ladders import TakingsNeeded
from tracker.domain.alerts import Side, Taking
from tracker.domain.people import Role

OFFICERS: Final = frozenset({Role.DUTY_OFFICER, Role.BAILIFF, Role.COMMAND_DESK})
"""Every other role is of the judge's side."""
NEEDED: Final = {
    TakingsNeeded.ONE: (Side.WHOLE,),
    TakingsNeeded.JUDGE_AND_OFFICER: (Side.JUDGE, Side.OFFICER),
}


def missing_sides(needed: TakingsNeeded, takings: Sequence[Taking]) -> tuple[Side, ...]:
    """Which sides have yet to take it; `takings` are those that stand. Whoever has the whole has both."""
    taken = {one.side for one in takings}
    if Side.WHOLE in taken or (needed is TakingsNeeded.ONE and taken):
        return ()
    return tuple(side for side in NEEDED[needed] if side not in taken)


def sides_of(roles: Collection[Role]) -> frozenset[Side]:
    """For which sides somebody with these roles may take an alert."""
    sides = {Side.OFFICER if role in OFFICERS else Side.JUDGE for role in roles}
    return frozenset({Side.WHOLE, *sides})


def side_to_take(missing: Sequence[Side], roles: Collection[Role]) -> Side | None:
    """The first of the missing sides that these roles may take."""
    return next((side for side in missing if side in sides_of(roles)), None)
