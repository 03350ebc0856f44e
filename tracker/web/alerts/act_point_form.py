"""The form by which an act point is chosen: one of those proposed, or one's own place and time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tracker.domain.plans import ActPoint, Plan, act_points_of, lead_at
from tracker.web.fields import Fields
from tracker.web.words.formats import field_moment

LONGEST_OWN_PLACE: Final = 24
"""So that an SMS which names it is one segment."""
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """`value` is what the form sends; `stands`: it is the act point now."""

    value: str
    point: ActPoint
    stands: bool


def offer_act_points(plan: Plan, at: datetime, leads: Mapping[str, timedelta]) -> tuple[Offered, ...]:
    """The proposals that have not passed, and whichever stands, each with its lead. `leads`: the court's own,
    by place.
    """
    offered = [
        Offered(
            value=str(position),
            point=replace(point, lead=lead_at(plan, point.place, leads)),
            stands=_is_where(plan, point),
        )
        for position, point in enumerate(act_points_of(plan))
    ]
    return tuple(one for one in offered if one.stands or one.point.at > at or one.point.at == plan.seen_at)


def _is_where(plan: Plan, point: ActPoint) -> bool:
    return (plan.act_place, plan.act_at) == (point.place, point.at)


def read_act_point(plan: Plan, fields: Fields, leads: Mapping[str, timedelta]) -> ActPoint:
    """What was chosen, with the lead of the place where none was typed; faults are noted in the fields."""
    point = _read_place(plan, fields)
    if fields.raw("lead").strip():
        return replace(point, lead=_MINUTE * fields.number("lead", most=24 * 60))
    return replace(point, lead=lead_at(plan, point.place, leads))


def _read_place(plan: Plan, fields: Fields) -> ActPoint:
    chosen = fields.raw("point")
    proposed = act_points_of(plan)
    if chosen.isdecimal() and int(chosen) < len(proposed):
        return proposed[int(chosen)]
    act_at = fields.moment("act_at", plan.act_at)
    # The form shows whole minutes: only a changed minute is a change.
    is_same = field_moment(act_at) == field_moment(plan.act_at)
    return ActPoint(
        place=fields.needed_text("act_place", LONGEST_OWN_PLACE),
        at=plan.act_at if is_same else act_at,
    )
