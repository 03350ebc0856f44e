"""Reads a ladder from its form, and writes one into it. Rows left empty below the last filled one are no
steps.
"""

from collections.abc import Sequence
from datetime import time
from enum import StrEnum
from typing import Final, TypeVar

from notifications.channels.port import ChannelKind
from notifications.ladders import Ladder, QuietHours, Step, TakingsNeeded, ToWhom, Urgency
from tracker.domain.errors import Problem
from tracker.domain.ladder_rules import called_by
from tracker.web.fields import Fields

ROWS: Final = 8
HOUR_S: Final = 3600
UNITS: Final = {"min": 60, "s": 1}
LONGEST_NUMBER: Final = 6

Member = TypeVar("Member", bound=StrEnum)


def read_ladder(fields: Fields, urgency: Urgency, version: int) -> Ladder:
    """What was typed; what cannot be read is among the problems of `fields`."""
    filled = [number for number in range(1, ROWS + 1) if _is_filled(fields, f"step.{number}")]
    last = max(filled, default=0)
    return Ladder(
        urgency=urgency,
        version=version,
        steps=tuple(_step(fields, f"step.{number}", called_by(urgency)) for number in range(1, last + 1)),
        quiet_hours=_quiet_hours(fields),
        takings_needed=fields.choice("takings_needed", tuple(TakingsNeeded)),
    )


def _is_filled(fields: Fields, name: str) -> bool:
    parts = ("after", "whom", "channels", "repeat")
    return any(one.strip() for part in parts for one in fields.all(f"{name}.{part}"))


def _step(fields: Fields, name: str, called: Sequence[ToWhom]) -> Step:
    unit = UNITS.get(fields.raw(f"{name}.unit"), UNITS["min"])
    repeat = _number(fields, f"{name}.repeat")
    return Step(
        after_s=(_number(fields, f"{name}.after") or 0) * unit,
        to_whom=_ticked(fields, f"{name}.whom", called),
        channels=_ticked(fields, f"{name}.channels", tuple(ChannelKind)),
        repeat_every_s=None if repeat is None else repeat * unit,
    )


def _number(fields: Fields, name: str) -> int | None:
    """A whole number; None when nothing was typed."""
    typed = fields.raw(name).strip()
    if typed and not (typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_NUMBER):
        _note(fields, name, "请填写整数", "enter a whole number")
        return None
    return int(typed) if typed else None


def _ticked(fields: Fields, name: str, known: Sequence[Member]) -> tuple[Member, ...]:
    if not set(fields.all(name)) <= {one.value for one in known}:
        _note(fields, name, "含有未知的选项，请重新选择", "names unknown people: choose among those shown")
    return fields.choices(name, known)


def _quiet_hours(fields: Fields) -> QuietHours | None:
    names = ("quiet.begins", "quiet.ends")
    if not any(fields.raw(name).strip() for name in names):
        return None
    begins, ends = (_clock(fields, name) for name in names)
    unless = _number(fields, "unless")
    return QuietHours(
        begins=begins, ends=ends, unless_act_from_within_s=None if unless is None else unless * HOUR_S
    )


def _clock(fields: Fields, name: str) -> time:
    try:
        read = time.fromisoformat(fields.raw(name).strip())
    except ValueError:
        _note(fields, "quiet", "请填写时间，例如22:00", "enter a time, for example 22:00")
        return time()
    return read.replace(second=0, microsecond=0, tzinfo=None)


def _note(fields: Fields, field: str, chinese: str, english: str) -> None:
    fields.problems.append(Problem(field=field, zh=chinese, en=english))


def fill_form(ladder: Ladder) -> dict[str, tuple[str, ...]]:
    """The fields of a ladder as they would have been typed."""
    typed: dict[str, tuple[str, ...]] = {"takings_needed": (ladder.takings_needed.value,)}
    for number, step in enumerate(ladder.steps, start=1):
        unit = "min" if not (step.after_s % 60 or (step.repeat_every_s or 0) % 60) else "s"
        typed |= {
            f"step.{number}.after": (str(step.after_s // UNITS[unit]),),
            f"step.{number}.unit": (unit,),
            f"step.{number}.whom": tuple(one.value for one in step.to_whom),
            f"step.{number}.channels": tuple(one.value for one in step.channels),
        }
        if step.repeat_every_s is not None:
            typed[f"step.{number}.repeat"] = (str(step.repeat_every_s // UNITS[unit]),)
    quiet = ladder.quiet_hours
    if quiet is not None:
        typed |= {"quiet.begins": (f"{quiet.begins:%H:%M}",), "quiet.ends": (f"{quiet.ends:%H:%M}",)}
        if quiet.unless_act_from_within_s is not None:
            typed["unless"] = (str(quiet.unless_act_from_within_s // HOUR_S),)
    return typed
