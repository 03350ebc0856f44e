"""What is measured of the path of a case: the stages that are timed and the happenings that are counted.

Label values are ids and words of tables only, never anything about a person. Whoever measures is given from
outside; without one, nothing is measured.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """A stretch of the path, timed in seconds. The names before `to` and after it are its two ends."""

    OCCURRED_TO_RECEIVED = "occurred_to_received"
    SPOOLED_TO_RECEIVED = "spooled_to_received"
    RECEIVED_TO_ALERT_COMMITTED = "received_to_alert_committed"
    NOTICE_DUE_TO_CLAIMED = "notice_due_to_claimed"
    NOTICE_CLAIMED_TO_WIRE = "notice_claimed_to_wire"
    NOTICE_COMMITTED_TO_WIRE = "notice_committed_to_wire"
    WIRE_TO_ANSWERED = "wire_to_answered"
    WIRE_TO_REPORTED = "wire_to_reported"
    CHANGE_COMMITTED_TO_PUBLISHED = "change_committed_to_published"
    CHANGE_COMMITTED_TO_IN_FORCE = "change_committed_to_in_force"
    CHANGE_COMMITTED_TO_GONE = "change_committed_to_gone"
    MESSAGE_COMMITTED_TO_PUBLISHED = "message_committed_to_published"
    DRILL_RAISED_TO_TAKEN = "drill_raised_to_taken"


class Happening(StrEnum):
    """What is counted."""

    SIGHTINGS = "sightings"
    ATTEMPTS = "attempts"
    DELIVERY_REPORTS = "delivery_reports"
    REPLIES = "replies"
    WEBHOOKS = "webhooks"
    REFUSED_MESSAGES = "refused_messages"
    LOOP_FAILURES = "loop_failures"
    FAILOVERS = "failovers"
    OVER_DAILY_CAP = "over_daily_cap"
    DRILLS = "drills"


STAGE_LABELS: Mapping[Stage, tuple[str, ...]] = {
    Stage.OCCURRED_TO_RECEIVED: ("agency",),
    Stage.SPOOLED_TO_RECEIVED: ("agency",),
    Stage.RECEIVED_TO_ALERT_COMMITTED: ("agency",),
    Stage.NOTICE_DUE_TO_CLAIMED: ("channel",),
    Stage.NOTICE_CLAIMED_TO_WIRE: ("channel",),
    Stage.NOTICE_COMMITTED_TO_WIRE: ("channel",),
    Stage.WIRE_TO_ANSWERED: ("provider", "country"),
    Stage.WIRE_TO_REPORTED: ("provider", "country"),
    Stage.CHANGE_COMMITTED_TO_PUBLISHED: ("agency",),
    Stage.CHANGE_COMMITTED_TO_IN_FORCE: ("agency",),
    Stage.CHANGE_COMMITTED_TO_GONE: ("agency",),
    Stage.MESSAGE_COMMITTED_TO_PUBLISHED: ("lane",),
    Stage.DRILL_RAISED_TO_TAKEN: ("agency",),
}
HAPPENING_LABELS: Mapping[Happening, tuple[str, ...]] = {
    Happening.SIGHTINGS: ("agency", "taken"),
    Happening.ATTEMPTS: ("provider", "country", "result"),
    Happening.DELIVERY_REPORTS: ("provider", "country", "result"),
    Happening.REPLIES: ("meaning",),
    Happening.WEBHOOKS: ("kind", "answer"),
    Happening.REFUSED_MESSAGES: ("agency",),
    Happening.LOOP_FAILURES: ("loop",),
    Happening.FAILOVERS: ("provider", "next_provider"),
    Happening.OVER_DAILY_CAP: ("provider", "country"),
    Happening.DRILLS: ("agency", "result"),
}


class Meter(Protocol):
    """Takes measurements; returns at once and does not raise. Labels come in the order of their table."""

    def timed(self, stage: str, seconds: float, *labels: str) -> None: ...

    def counted(self, happening: str, *labels: str) -> None: ...


class Unmeasured:
    """Nobody measures."""

    def timed(self, stage: str, seconds: float, *labels: str) -> None:
        """Nothing."""

    def counted(self, happening: str, *labels: str) -> None:
        """Nothing."""


UNMEASURED = Unmeasured()
