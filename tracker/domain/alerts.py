"""The alert as the court's people see it: its states, its takings, how it may end.

`taken` and `dispatched` are not stored: they derive from the takings and dispatches that stand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tracker.domain.errors import Problem
from tracker.domain.ids import AlertId, CourtId, EntryId, PersonId, SubjectId
from tracker.domain.plans import Plan, Urgency

# A team that was sent by telephone is often entered a little later.
MUSTERED_BEFORE: Final = timedelta(hours=1)


class AlertState(StrEnum):
    """What is stored; `retracted` means that no entry stands any more and needs no outcome."""

    OPEN = "open"
    CLOSED = "closed"
    RETRACTED = "retracted"


class Stage(StrEnum):
    """How far an alert has come."""

    OPEN = "open"
    TAKEN = "taken"
    DISPATCHED = "dispatched"
    HOLDING = "holding"
    CLOSED = "closed"
    RETRACTED = "retracted"


class Side(StrEnum):
    """What somebody who takes an alert has of it."""

    WHOLE = "whole"
    JUDGE = "judge"
    OFFICER = "officer"


class Outcome(StrEnum):
    """How an alert ended."""

    LOCATED = "located"
    SERVED = "served"
    HANDED_OVER = "handed-over"
    RELEASED = "released"
    NOT_FOUND = "not-found"
    WRONG_PERSON = "wrong-person"


OUTCOME_ZH = {
    Outcome.LOCATED: "已找到",
    Outcome.SERVED: "已送达",
    Outcome.HANDED_OVER: "已移交",
    Outcome.RELEASED: "已放行",
    Outcome.NOT_FOUND: "未找到",
    Outcome.WRONG_PERSON: "非本人",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The work item: one open per subject. `entry_ids` are the entries it stands on; `correlation` is of the
    card use that its present plan comes from. A drill stands on no entry: its subject is nobody.
    """

    alert_id: AlertId
    court_id: CourtId
    subject_id: SubjectId
    state: AlertState
    paused: bool
    plan: Plan
    plan_version: int
    urgency: Urgency
    ladder: str
    raised_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    entry_ids: tuple[EntryId, ...]
    version: int
    correlation: str | None = None
    is_drill: bool = False

    @property
    def was_stood_down(self) -> bool:
        """It ended with an order to stop to everyone who was told."""
        return self.state is AlertState.RETRACTED or self.outcome is Outcome.WRONG_PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One person's "I have it"; it stands until it lapses."""

    person_id: PersonId
    taken_at: datetime
    lapsed_at: datetime | None
    side: Side = Side.WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """People sent, by name, under a leader, with a muster."""

    dispatch_id: str
    leader_id: PersonId
    member_ids: tuple[PersonId, ...]
    muster_place: str
    muster_at: datetime
    dispatched_at: datetime
    arrived_at: datetime | None

    def expected_at(self, act_at: datetime) -> datetime:
        """By when they report arrival: the act point's time, but never before they were to muster."""
        return max(act_at, self.muster_at)


def muster_problem(plan: Plan, muster_at: datetime, at: datetime) -> Problem | None:
    """Why nobody can muster then, if so: a wrong day or half of the day would send people to meet nobody."""
    if muster_at < at - MUSTERED_BEFORE:
        zh, en = "集合时间已过，请改为今后的时间", "is past: choose a time that is still to come"
        return Problem(field="muster_at", zh=zh, en=en)
    if muster_at > plan.useful_until:
        zh, en = "集合时间晚于线索有效时间，请提前", "is after the sighting is of use: choose an earlier time"
        return Problem(field="muster_at", zh=zh, en=en)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person kept by an agency for the court; ends by hand-over or release."""

    hold_id: str
    agency_id: str
    held_at: datetime
    release_at: datetime
    place: str
    unit: str
    ended_at: datetime | None
    ended_by: str | None


def stage_of(alert: Alert, taking: Taking | None, dispatch: Dispatch | None, hold: Hold | None) -> Stage:
    """The stage from what stands: a hold before a dispatch before a taking."""
    if alert.state is not AlertState.OPEN:
        return Stage(alert.state.value)
    if hold is not None and hold.ended_at is None:
        return Stage.HOLDING
    if dispatch is not None:
        return Stage.DISPATCHED
    return Stage.TAKEN if taking is not None else Stage.OPEN
