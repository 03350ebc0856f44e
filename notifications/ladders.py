"""Ladders: who is rung when nobody answers, as data with a version.

An alert keeps a snapshot of the ladder it opened with, so that a changed default never moves a step that
people already count on. The next step is due at the previous due time plus its gap, never at now plus the
gap: a slow worker delays one step, not those after it. A rung that finds nobody is no step at all: the next
one stands in its place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from notifications.channels.port import ChannelKind
from notifications.court_time import COURT_ZONE


class Urgency(StrEnum):
    IMMINENT = "imminent"
    PLANNED = "planned"
    TRACE = "trace"
    STAND_DOWN = "stand-down"


class ToWhom(StrEnum):
    JUDGE = "judge"
    """The judges of every entry in force on the alert."""
    DUTY_OFFICER = "duty-officer"
    TEAM = "team"
    """Members of the case's team on shift, less those told."""
    DESK = "desk"
    LEADER_ON_DUTY = "leader-on-duty"
    TOLD = "told"
    """Everyone who was told of the alert and has not answered this order."""


class TakingsNeeded(StrEnum):
    """Who must have taken an alert before its ladder stops."""

    ONE = "one"
    JUDGE_AND_OFFICER = "judge-and-officer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    after_s: int
    """Seconds after the start of the ladder."""
    to_whom: tuple[ToWhom, ...]
    channels: tuple[ChannelKind, ...]
    repeat_every_s: int | None = None
    """Repeated until somebody takes it. Only the last step may repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    begins: time
    ends: time
    unless_act_from_within_s: int | None
    """People are rung all the same when act-from is nearer than this. None: they are never rung at night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    urgency: Urgency
    version: int
    steps: tuple[Step, ...]
    quiet_hours: QuietHours | None = None
    takings_needed: TakingsNeeded = TakingsNeeded.ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A place on a ladder: which step, and which of its repeats (0 is the first time)."""

    step: int
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody stands on a ladder that began at `started_at`, the nights it waited for left out."""

    ladder: Ladder
    rung: Rung
    started_at: datetime

    @property
    def step(self) -> Step:
        return self.ladder.steps[self.rung.step]

    @property
    def due_at(self) -> datetime:
        return due_at(self.ladder, self.rung.step, self.rung.repeat, self.started_at)

    @property
    def is_last(self) -> bool:
        """Nobody further is on the ladder: it ends here, or rings the same people again."""
        return self.rung.step + 1 == len(self.ladder.steps)


_BY_TEXT = (ChannelKind.SMS, ChannelKind.PUSH)
_BY_ALL = (ChannelKind.SMS, ChannelKind.PUSH, ChannelKind.VOICE)
_FIRST_TOLD = (ToWhom.JUDGE, ToWhom.DUTY_OFFICER)
_MINUTE_S = 60
_HOUR_S = 3600
_NIGHT = (time(22), time(7))

DEFAULT_LADDERS: Mapping[Urgency, Ladder] = MappingProxyType(
    {
        Urgency.IMMINENT: Ladder(
            urgency=Urgency.IMMINENT,
            version=1,
            steps=(
                Step(after_s=0, to_whom=_FIRST_TOLD, channels=_BY_TEXT),
                Step(after_s=1 * _MINUTE_S, to_whom=_FIRST_TOLD, channels=(ChannelKind.VOICE,)),
                Step(after_s=3 * _MINUTE_S, to_whom=(ToWhom.TEAM,), channels=_BY_ALL),
                Step(after_s=5 * _MINUTE_S, to_whom=(ToWhom.DESK,), channels=_BY_TEXT),
                Step(
                    after_s=10 * _MINUTE_S,
                    to_whom=(ToWhom.LEADER_ON_DUTY,),
                    channels=_BY_ALL,
                    repeat_every_s=5 * _MINUTE_S,
                ),
            ),
        ),
        Urgency.PLANNED: Ladder(
            urgency=Urgency.PLANNED,
            version=1,
            steps=(
                Step(after_s=0, to_whom=_FIRST_TOLD, channels=_BY_TEXT),
                Step(after_s=15 * _MINUTE_S, to_whom=(ToWhom.TEAM,), channels=_BY_TEXT),
                Step(after_s=30 * _MINUTE_S, to_whom=(ToWhom.DESK,), channels=_BY_TEXT),
                Step(after_s=60 * _MINUTE_S, to_whom=(ToWhom.LEADER_ON_DUTY,), channels=_BY_TEXT),
            ),
            quiet_hours=QuietHours(begins=_NIGHT[0], ends=_NIGHT[1], unless_act_from_within_s=10 * _HOUR_S),
        ),
        Urgency.TRACE: Ladder(
            urgency=Urgency.TRACE,
            version=1,
            steps=(Step(after_s=0, to_whom=(ToWhom.JUDGE,), channels=_BY_TEXT),),
            quiet_hours=QuietHours(begins=_NIGHT[0], ends=_NIGHT[1], unless_act_from_within_s=None),
        ),
        Urgency.STAND_DOWN: Ladder(
            urgency=Urgency.STAND_DOWN,
            version=1,
            steps=(
                Step(after_s=0, to_whom=(ToWhom.TOLD,), channels=_BY_TEXT),
                Step(after_s=2 * _MINUTE_S, to_whom=(ToWhom.TOLD,), channels=(ChannelKind.VOICE,)),
                Step(after_s=4 * _MINUTE_S, to_whom=(ToWhom.DESK,), channels=_BY_TEXT),
            ),
        ),
    }
)


def ladder_for(urgency: Urgency) -> Ladder:
    return DEFAULT_LADDERS[urgency]


def due_at(ladder: Ladder, step_index: int, repeat: int, started_at: datetime) -> datetime:
    """When a rung is due, counted from the start of the ladder."""
    step = ladder.steps[step_index]
    return started_at + timedelta(seconds=step.after_s + repeat * (step.repeat_every_s or 0))


def next_rung(ladder: Ladder, rung: Rung) -> Rung | None:
    """The rung after this one; None when the ladder ends here."""
    if ladder.steps[rung.step].repeat_every_s is not None:
        return Rung(step=rung.step, repeat=rung.repeat + 1)
    if rung.step + 1 < len(ladder.steps):
        return Rung(step=rung.step + 1)
    return None


def beginning_at(ladder: Ladder, rung: Rung) -> Rung | None:
    """A rung to begin at. Where the ladder has no such step, the next repeat of its last one; None when that
    does not repeat.
    """
    if rung.step < len(ladder.steps):
        return rung
    last = len(ladder.steps) - 1
    return None if ladder.steps[last].repeat_every_s is None else Rung(step=last, repeat=1)


def place_on(ladder: Ladder, rung: Rung, started_at: datetime, act_from: datetime | None) -> Place:
    """The place of a rung. What the night postpones moves the whole ladder, or the morning would ring every
    rung at once.
    """
    planned_at = due_at(ladder, rung.step, rung.repeat, started_at)
    night = after_quiet_hours(planned_at, act_from, ladder) - planned_at
    return Place(ladder=ladder, rung=rung, started_at=started_at + night)


def place_after(place: Place, act_from: datetime | None, *, found: bool) -> Place | None:
    """The next place; None when the ladder ends here. `found`: this rung found somebody, so that the next one
    waits for its time. A repeat always does.
    """
    following = next_rung(place.ladder, place.rung)
    if following is None:
        return None
    started_at = place.started_at
    if not found and following.repeat == 0:
        started_at -= due_at(place.ladder, following.step, 0, started_at) - place.due_at
    return place_on(place.ladder, following, started_at, act_from)


def goes_beyond_after_s(ladder: Ladder) -> int | None:
    """When it calls others than those who are called first; None when it never does."""
    first = set(ladder.steps[0].to_whom)
    return next((step.after_s for step in ladder.steps if not first.issuperset(step.to_whom)), None)


def after_quiet_hours(due_at: datetime, act_from: datetime | None, ladder: Ladder) -> datetime:
    """`due_at`, or the end of the night it falls into when the ladder may wait that long.

    Without an act-from nobody knows that it can wait, so it does not.
    """
    quiet = ladder.quiet_hours
    if quiet is None or not _may_wait(quiet, due_at, act_from):
        return due_at
    local = due_at.astimezone(COURT_ZONE)
    if quiet.ends <= local.time() < quiet.begins:
        return due_at
    morning = local.replace(hour=quiet.ends.hour, minute=quiet.ends.minute, second=0, microsecond=0)
    if local.time() >= quiet.begins:
        morning += timedelta(days=1)
    return morning.astimezone(due_at.tzinfo)


def ladder_to_json(ladder: Ladder) -> str:
    """The snapshot that stays with the alert."""
    quiet = ladder.quiet_hours
    return json.dumps(
        {
            "urgency": ladder.urgency,
            "version": ladder.version,
            "steps": [
                {
                    "after_s": step.after_s,
                    "to_whom": step.to_whom,
                    "channels": step.channels,
                    "repeat_every_s": step.repeat_every_s,
                }
                for step in ladder.steps
            ],
            "quiet_hours": quiet
            and {
                "begins": quiet.begins.isoformat("minutes"),
                "ends": quiet.ends.isoformat("minutes"),
                "unless_act_from_within_s": quiet.unless_act_from_within_s,
            },
            "takings_needed": ladder.takings_needed,
        }
    )


@lru_cache(maxsize=64)
def ladder_from_json(text: str) -> Ladder:
    """Remembered: thousands of alerts keep the same few snapshots."""
    snapshot = json.loads(text)
    quiet = snapshot["quiet_hours"]
    return Ladder(
        urgency=Urgency(snapshot["urgency"]),
        version=snapshot["version"],
        steps=tuple(_step_from(step) for step in snapshot["steps"]),
        quiet_hours=quiet
        and QuietHours(
            begins=time.fromisoformat(quiet["begins"]),
            ends=time.fromisoformat(quiet["ends"]),
            unless_act_from_within_s=quiet["unless_act_from_within_s"],
        ),
        takings_needed=TakingsNeeded(snapshot.get("takings_needed", TakingsNeeded.ONE)),
    )


def _step_from(step: Mapping[str, Any]) -> Step:
    return Step(
        after_s=step["after_s"],
        to_whom=tuple(ToWhom(whom) for whom in step["to_whom"]),
        channels=tuple(ChannelKind(channel) for channel in step["channels"]),
        repeat_every_s=step["repeat_every_s"],
    )


def _may_wait(quiet: QuietHours, due_at: datetime, act_from: datetime | None) -> bool:
    if quiet.unless_act_from_within_s is None:
        return True
    if act_from is None:
        return False
    return act_from - due_at >= timedelta(seconds=quiet.unless_act_from_within_s)
