"""What an officer is told about one reference: pure, from what this edge holds at one moment.

From hit to answer it says "report, do not stop", whatever the measure. A stop needs the court's own standing
word, a proven list and a court that was heard minutes ago; whatever ends any of them ends the stop. Doubt is
answered by the court's telephone, never by a guess.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from adapters.replica.values import Entry
from adapters.screening import CANNOT_SAY, FeedCondition, Trust
from adapters.store.holds import Hold, HoldState
from schemas.measures import STOPPING_MEASURES, Measure
from schemas.messages import Answer, Confirmation, NamedDetails, StandDown


class DisplayState(StrEnum):
    REPORT_ONLY = "report-only"
    HOLD_WHEN_CHECKED = "hold-when-checked"  # before any stop the officer asks `before_stop`
    HOLDING = "holding"
    RELEASE = "release"  # let the person go, now
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """`confirmation` is shown while it stands, `named` only where the court shares names with the agency."""

    reference: int
    state: DisplayState
    measure: Measure | None = None
    confirmation: Confirmation | None = None
    named: NamedDetails | None = None
    release_at: datetime | None = None
    phone_24h: str


class NoStop(StrEnum):
    """Why an officer must not stop the person."""

    NOT_IN_FORCE = "not-in-force"
    STOOD_DOWN = "stood-down"
    NOT_A_STOPPING_MEASURE = "not-a-stopping-measure"
    NOT_CONFIRMED = "not-confirmed"
    NO_HOLD_GRANTED = "no-hold-granted"
    HOLD_USED_UP = "hold-used-up"
    LIST_NOT_PROVEN = "list-not-proven"
    COURT_SILENT = "court-silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """In force now; the court was heard so many seconds ago, and the confirmation says where and how."""

    court_heard_s: float
    confirmation: Confirmation


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotStop:
    reason: NoStop
    phone_24h: str


Order: TypeAlias = Confirmation | StandDown


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the edge holds about one person; `entry` is the one in force, which lies under the reference
    `listed_as`, `order` the court's last word.
    """

    at: datetime
    entry: Entry | None = None
    listed_as: int = 0
    condition: FeedCondition = FeedCondition.UNPROVEN
    order: Order | None = None
    order_id: str | None = None
    is_used_up: bool = False
    hold: Hold | None = None


def is_a_stop(order: Order) -> bool:
    """Whether the order ends what it names, whichever of the two messages says so."""
    return isinstance(order, StandDown) or order.answer is Answer.STAND_DOWN


def is_stood_down(order: Order | None, version: int) -> bool:
    """Whether the court's last word ends everything up to this version."""
    match order:
        case StandDown(version=up_to) | Confirmation(answer=Answer.STAND_DOWN, version=up_to):
            return version <= up_to
        case _:
            return False


def standing_confirmation(facts: Facts) -> Confirmation | None:
    """The court's "still wanted" for exactly the version in force, while it lasts."""
    match facts.order:
        case Confirmation(answer=Answer.STILL_WANTED) as confirmation:
            fits = facts.entry is not None and facts.entry.version == confirmation.version
            return confirmation if fits and facts.at < confirmation.valid_until else None
        case _:
            return None


def display_state(facts: Facts) -> DisplayState:
    if facts.hold is not None:
        return DisplayState.HOLDING if _may_keep(facts.hold, facts) else DisplayState.RELEASE
    if facts.entry is None:
        return DisplayState.REPORT_ONLY if _cannot_say(facts) else DisplayState.GONE
    if is_stood_down(facts.order, facts.entry.version):
        return DisplayState.GONE
    return DisplayState.HOLD_WHEN_CHECKED if _may_stop(facts, facts.entry) else DisplayState.REPORT_ONLY


def find_obstacle(facts: Facts, trust: Trust) -> NoStop | None:
    """The first reason not to stop, or None when everything that a stop needs is there."""
    entry = facts.entry
    if entry is None:
        return NoStop.LIST_NOT_PROVEN if _cannot_say(facts) else NoStop.NOT_IN_FORCE
    obstacles = (
        (is_stood_down(facts.order, entry.version), NoStop.STOOD_DOWN),
        (entry.measure not in STOPPING_MEASURES, NoStop.NOT_A_STOPPING_MEASURE),
        (standing_confirmation(facts) is None, NoStop.NOT_CONFIRMED),
        (facts.is_used_up, NoStop.HOLD_USED_UP),
        (not _may_stop(facts, entry), NoStop.NO_HOLD_GRANTED),
        (facts.condition is not FeedCondition.PROVEN, NoStop.LIST_NOT_PROVEN),
        (trust is not Trust.FULL, NoStop.COURT_SILENT),
    )
    return next((reason for applies, reason in obstacles if applies), None)


def _may_stop(facts: Facts, entry: Entry) -> bool:
    """A border stop needs the court's standing word; a hold needs the time it may last as well."""
    confirmation = standing_confirmation(facts)
    if confirmation is None or facts.is_used_up or entry.measure not in STOPPING_MEASURES:
        return False
    return entry.measure is Measure.STOP_AT_BORDER or confirmation.hold_for_s is not None


def _cannot_say(facts: Facts) -> bool:
    """Whether nobody has said that the person is gone: the list is in doubt, or fetched anew, and the court
    has not called it off.
    """
    is_called_off = facts.order is not None and is_a_stop(facts.order)
    return facts.condition in CANNOT_SAY and not is_called_off


def _may_keep(hold: Hold, facts: Facts) -> bool:
    is_listed = _cannot_say(facts) if facts.entry is None else facts.entry.measure in STOPPING_MEASURES
    return (
        is_listed
        and hold.state is HoldState.HOLDING
        and facts.at < hold.release_at
        and not is_stood_down(facts.order, hold.version)
    )
