"""The form by which an act point is chosen: one of those proposed, or one's own place and time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tracker.domain.plans import ActPoint, Plan, act_points_of
from tracker.web.fields import Fields
from tracker.web.formats import field_moment

OWN: Final = "own"
LONGEST_OWN_PLACE: Final = 24
"""So that an SMS which names it is one segment."""
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """`value` is what the form sends; `stands`: it is the act point now."""

    value: str
    point: ActPoint
    stands: bool


def offer_act_points(plan: Plan, at: datetime) -> tuple[Offered, ...]:
    """The proposals that have not passed, and whichever stands."""
    offered = [
        Offered(value=str(position), point=point, stands=_is_where(plan, point))
        for position, point in enumerate(act_points_of(plan))
    ]
    return tuple(one for one in offered if one.stands or one.point.at > at or one.point.at == plan.seen_at)


def _is_where(plan: Plan, point: ActPoint) -> bool:
    return (plan.act_place, plan.act_at) == (point.place, point.at)


def read_act_point(plan: Plan, fields: Fields) -> ActPoint:
    """What was chosen; faults are noted in the fields."""
    lead = _MINUTE * fields.number("lead", most=24 * 60)
    chosen = fields.raw("point")
    proposed = act_points_of(plan)
    if chosen.isdecimal() and int(chosen) < len(proposed):
        point = proposed[int(chosen)]
        return ActPoint(place=point.place, at=point.at, lead=lead)
    act_at = fields.moment("act_at", plan.act_at)
    # The form shows whole minutes: only a changed minute is a change.
    is_same = field_moment(act_at) == field_moment(plan.act_at)
    return ActPoint(
        place=fields.needed_text("act_place", LONGEST_OWN_PLACE),
        at=plan.act_at if is_same else act_at,
        lead=lead,
    )
