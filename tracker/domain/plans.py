"""Where a person will be: the plan an alert acts on, and what each further sighting does to it.

Everything that depends on time (act-from, `useful_until`, urgency) derives from the plan, never from "now".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from schemas.messages import LIVE_SIGHTINGS, Itinerary, Place, SightingKind
from tracker.domain.court_time import COURT_ZONE

DEFAULT_LEAD = timedelta(hours=2)
LONGEST_LEAD = timedelta(hours=24)
AFTER_ARRIVAL = timedelta(minutes=30)
AFTER_POINT = timedelta(minutes=30)
GATE_BEFORE_DEPARTURE = timedelta(hours=4)
LATE_DEPARTURE = timedelta(hours=1)
CONTRADICTION_WINDOW = timedelta(minutes=30)
HOTEL_CHECK_OUT = time(12, 0)

TICKETS = frozenset({SightingKind.TICKET_BOUGHT, SightingKind.TICKET_CHANGED, SightingKind.TICKET_REFUNDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One sighting, without the person."""

    kind: SightingKind
    occurred_at: datetime
    place: Place
    itinerary: Itinerary | None

    @property
    def is_live(self) -> bool:
        return self.kind in LIVE_SIGHTINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class ActPoint:
    """Where and when the court acts, and how long before that it sets out."""

    place: str
    at: datetime
    lead: timedelta = DEFAULT_LEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the court acts on. `act_at` and `act_place` say when and where, `lead` how long before that people
    must set out; `itinerary` is the journey, if any.
    """

    kind: SightingKind
    itinerary: Itinerary | None
    seen_at: datetime
    seen_place: str
    seen_city: str
    act_place: str
    act_at: datetime
    useful_until: datetime
    lead: timedelta = DEFAULT_LEAD

    @property
    def act_from(self) -> datetime:
        return self.act_at - self.lead

    @property
    def act_point(self) -> ActPoint:
        return ActPoint(place=self.act_place, at=self.act_at, lead=self.lead)

    @property
    def journey_ends_at(self) -> datetime:
        """Whatever point of the journey the court acts at."""
        return self.itinerary.arrives_at if self.itinerary is not None else self.act_at

    @property
    def is_trace_only(self) -> bool:
        """A counter sold or took back a ticket, and no journey says where the person will be."""
        return self.kind in TICKETS and self.act_at == self.seen_at

    def is_over(self, at: datetime) -> bool:
        return self.is_trace_only or at > self.useful_until


class Urgency(StrEnum):
    """`imminent`: act now. `planned`: act later. `trace`: too late to meet the person."""

    IMMINENT = "imminent"
    PLANNED = "planned"
    TRACE = "trace"


class Effect(StrEnum):
    """What a further sighting does to an open alert."""

    JOINS = "joins"
    CONFIRMS = "confirms"
    AT_ACT_POINT = "at-act-point"
    CHANGES = "changes"
    ENDS_PLAN = "ends-plan"
    CONTRADICTS = "contradicts"


def _next_noon(at: datetime) -> datetime:
    local = at.astimezone(COURT_ZONE)
    noon = datetime.combine(local.date() + timedelta(days=1), HOTEL_CHECK_OUT, COURT_ZONE)
    return noon.astimezone(at.tzinfo)


def _point_useful_until(seen: Seen) -> datetime:
    if seen.kind is SightingKind.HOTEL_CHECK_IN:
        return _next_noon(seen.occurred_at)
    return seen.occurred_at + AFTER_POINT


def plan_of(seen: Seen) -> Plan:
    """The plan a sighting proposes: the journey's arrival, else the place and time of the sighting."""
    journey = seen.itinerary
    given_up = seen.kind is SightingKind.TICKET_REFUNDED
    travels = journey is not None and not given_up and seen.occurred_at <= journey.arrives_at
    where = f"{seen.place.name}{seen.place.detail or ''}"
    return Plan(
        kind=seen.kind,
        itinerary=journey,
        seen_at=seen.occurred_at,
        seen_place=where,
        seen_city=seen.place.city,
        act_place=journey.destination if journey and travels else seen.place.name,
        act_at=journey.arrives_at if journey and travels else seen.occurred_at,
        useful_until=journey.arrives_at + AFTER_ARRIVAL if journey and travels else _point_useful_until(seen),
    )


def with_lead(plan: Plan, by_place: Mapping[str, timedelta]) -> Plan:
    """The same plan with the court's own lead of its place, if there is one."""
    own = _own_lead(plan.act_place, by_place)
    return plan if own is None else replace(plan, lead=own)


def lead_at(plan: Plan, place: str, by_place: Mapping[str, timedelta]) -> timedelta:
    """How long before people set out when the court acts there: as the plan has it for its own place, else as
    the court keeps it.
    """
    if _same_place(place, plan.act_place):
        return plan.lead
    own = _own_lead(place, by_place)
    return DEFAULT_LEAD if own is None else own


def _own_lead(place: str, by_place: Mapping[str, timedelta]) -> timedelta | None:
    return next((lead for named, lead in by_place.items() if _same_place(named, place)), None)


def act_points_of(plan: Plan) -> tuple[ActPoint, ...]:
    """What may be chosen: where the journey begins, halts and ends, and where the person was seen. A ticket
    is bought from anywhere, so that its place is none of them.
    """
    points = []
    if plan.itinerary is not None and plan.kind is not SightingKind.TICKET_REFUNDED:
        journey = plan.itinerary
        points += [
            ActPoint(place=journey.origin, at=journey.departs_at),
            *(ActPoint(place=stop.name, at=stop.arrives_at) for stop in journey.stops),
            ActPoint(place=journey.destination, at=journey.arrives_at),
        ]
    if plan.kind not in TICKETS:
        points.append(ActPoint(place=plan.seen_place, at=plan.seen_at))
    return tuple(points)


def with_act_point(plan: Plan, point: ActPoint) -> Plan:
    """The same plan, acted on elsewhere; it is of use until then at least."""
    return replace(
        plan,
        act_place=point.place,
        act_at=point.at,
        lead=point.lead,
        useful_until=max(plan.useful_until, point.at + AFTER_POINT),
    )


def urgency_of(plan: Plan, at: datetime) -> Urgency:
    """Computed, never chosen: from the plan and the moment."""
    if plan.is_over(at):
        return Urgency.TRACE
    return Urgency.IMMINENT if at >= plan.act_from else Urgency.PLANNED


def _same_journey(one: Itinerary | None, other: Itinerary | None) -> bool:
    if one is None or other is None:
        return False
    return (one.service, one.destination, one.arrives_at) == (
        other.service,
        other.destination,
        other.arrives_at,
    )


def _effect_of_ticket(plan: Plan, seen: Seen) -> Effect:
    if seen.kind is SightingKind.TICKET_REFUNDED:
        return Effect.ENDS_PLAN if _same_journey(plan.itinerary, seen.itinerary) else Effect.JOINS
    if _same_journey(plan.itinerary, seen.itinerary):
        return Effect.JOINS
    # A further ticket for a later journey (the way home), or for one that nobody knows, must not call the
    # team off the earlier one.
    ends_at = plan.journey_ends_at
    later = seen.itinerary is None or seen.itinerary.departs_at >= ends_at
    if seen.kind is SightingKind.TICKET_BOUGHT and later and seen.occurred_at < ends_at:
        return Effect.JOINS
    return Effect.CHANGES


def _passes_departure_gate(plan: Plan, seen: Seen) -> bool:
    journey = plan.itinerary
    if journey is None or seen.kind is not SightingKind.GATE_PASSED:
        return False
    if not _same_place(seen.place.name, journey.origin):
        return False
    last = journey.departs_at + LATE_DEPARTURE
    return journey.departs_at - GATE_BEFORE_DEPARTURE <= seen.occurred_at <= last


def same_place_name(place: str) -> str:
    """北京西 and 北京西站 are one place: agencies write it either way."""
    return place.removesuffix("站")


def _same_place(one: str, other: str) -> bool:
    return same_place_name(one) == same_place_name(other)


def _contradicts(one: Seen, other: Seen) -> bool:
    """Nobody is in two cities within half an hour."""
    apart = abs(other.occurred_at - one.occurred_at)
    return one.place.city != other.place.city and apart <= CONTRADICTION_WINDOW


def effect_of(plan: Plan, seen: Seen, last_live: Seen | None) -> Effect:
    """What a sighting does to an alert with this plan. `last_live`: the latest live sighting before it."""
    if seen.occurred_at < plan.seen_at:
        # Reported late: what is known since then stands.
        return Effect.JOINS
    over = plan.is_trace_only or seen.occurred_at >= plan.useful_until
    if over and seen.kind is not SightingKind.TICKET_REFUNDED:
        return Effect.CHANGES
    if seen.kind in TICKETS:
        return _effect_of_ticket(plan, seen)
    if seen.is_live and last_live is not None and _contradicts(last_live, seen):
        return Effect.CONTRADICTS
    if plan.itinerary and _is_act_point(plan, plan.itinerary, seen):
        # Hours before the journey could be there the person is not on it: that is another plan.
        return Effect.AT_ACT_POINT if seen.occurred_at >= plan.act_from else Effect.CHANGES
    if _passes_departure_gate(plan, seen):
        return Effect.CONFIRMS
    return Effect.JOINS if _same_place(seen.place.name, plan.act_place) else Effect.CHANGES


def _is_act_point(plan: Plan, journey: Itinerary, seen: Seen) -> bool:
    where = seen.place.name
    if _same_place(where, plan.act_place):
        return True
    # What people typed (a platform, an exit) is part of where the journey ends, unless it is on the way.
    on_the_way = (journey.origin, *(stop.name for stop in journey.stops))
    is_before = any(_same_place(plan.act_place, one) for one in on_the_way)
    return not is_before and _same_place(where, journey.destination)


def next_journey(ended: Plan, history: Sequence[tuple[Seen, Effect | None]], at: datetime) -> Plan | None:
    """The earliest journey ahead among the tickets still held, apart from the ended one.

    `history`: the alert's sightings in order, each with what it did; the first one opened it (None).
    """
    held: list[Seen] = []
    current: Itinerary | None = None
    for seen, effect in history:
        if seen.kind not in TICKETS or seen.itinerary is None:
            continue
        given_up = current if seen.kind is SightingKind.TICKET_CHANGED else seen.itinerary
        held = [one for one in held if not _same_journey(one.itinerary, given_up)]
        if seen.kind is not SightingKind.TICKET_REFUNDED:
            held.append(seen)
        if effect in (None, Effect.CHANGES):
            current = seen.itinerary
    plans = [plan_of(one) for one in held if not _same_journey(one.itinerary, ended.itinerary)]
    ahead = [plan for plan in plans if plan.act_at > at and not plan.is_over(at)]
    return min(ahead, key=lambda plan: plan.act_at, default=None)


def same_train(one: Itinerary | None, other: Itinerary | None) -> bool:
    """Whether coaches and seats of the two are those of one train, wherever people get off."""
    if one is None or other is None:
        return False
    return (one.service, one.arrives_at) == (other.service, other.arrives_at)


def seat_is_known_since(plan: Plan, seen: Seen, known: Sequence[Seen]) -> bool:
    """Whether something that happened later says where the person sits: the sighting was reported late."""
    return any(
        one.occurred_at > seen.occurred_at
        and same_train(plan.itinerary, one.itinerary)
        and one.itinerary is not None
        and bool(one.itinerary.coach or one.itinerary.seat)
        for one in known
    )


def reseated(plan: Plan, seen: Seen) -> Plan:
    """The same journey with the newest coach and seat; what a sighting does not say stays as it was known."""
    known, newest = plan.itinerary, seen.itinerary
    if known is None or newest is None:
        return replace(plan, itinerary=newest or known)
    kept: dict[str, object] = {} if newest.stops else {"stops": known.stops}
    if not (newest.coach or newest.seat):
        kept |= {"coach": known.coach, "seat": known.seat}
    return replace(plan, itinerary=newest.model_copy(update=kept))


def team_still_reaches(old: Plan, new: Plan, at: datetime) -> bool:
    """A dispatched team still can: the place is unchanged and the new act-from is not past."""
    return old.act_place == new.act_place and new.act_from >= at
