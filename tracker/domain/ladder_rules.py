"""What a ladder must keep before a court may save it: whoever is to be called is called, in time. Pure."""

from collections.abc import Iterator
from datetime import time
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.ladders import Ladder, QuietHours, Step, ToWhom, Urgency
from tracker.domain.errors import Problem

SHORTEST_GAP_S: Final = 30
DAY_S: Final = 24 * 3600
LONGEST_AFTER_S: Final = DAY_S
CALLED: Final = tuple(whom for whom in ToWhom if whom is not ToWhom.TOLD)
"""For whom a step of an alert's ladder may be."""
TOLD_TO_STOP: Final = (ToWhom.TOLD, ToWhom.DESK, ToWhom.LEADER_ON_DUTY)
"""And a step of the ladder of orders to stop."""
LATEST_VOICE_S: Final = 300
LATEST_DESK_S: Final = 600
"""So long after an order to stop whoever is silent is called, and the desk is told, at the latest: somebody
is on the way to a citizen who must not be stopped.
"""


def called_by(urgency: Urgency) -> tuple[ToWhom, ...]:
    """For whom a step of such a ladder may be."""
    return TOLD_TO_STOP if urgency is Urgency.STAND_DOWN else CALLED


def faults_of(ladder: Ladder) -> tuple[Problem, ...]:
    """What is wrong, by the fields of its form; steps count from 1."""
    if not ladder.steps:
        return (_fault("steps", "没有任何步骤，不会通知任何人", "it calls nobody: give at least one step"),)
    faults = [fault for number in range(len(ladder.steps)) for fault in _faults_of_step(ladder.steps, number)]
    if ladder.urgency is Urgency.STAND_DOWN:
        faults += _faults_of_stopping(ladder)
    return (*faults, *_faults_of_night(ladder))


def _faults_of_stopping(ladder: Ladder) -> Iterator[Problem]:
    """Who was told hears it at once by text; whoever is silent is called, and then the desk takes over."""
    first = ladder.steps[0]
    if first.to_whom != (ToWhom.TOLD,) or not {ChannelKind.SMS, ChannelKind.PUSH} <= set(first.channels):
        yield _fault(
            "step.1.whom",
            "第一步须以短信和推送通知已通知的人员",
            "the first step must tell those who were told, by SMS and push",
        )
    if not _calls(ladder, ToWhom.TOLD, LATEST_VOICE_S, ChannelKind.VOICE):
        yield _fault(
            "steps",
            f"第一步之后，{LATEST_VOICE_S // 60}分钟内须有一步电话通知未答复的人员",
            f"call who has not answered by voice within {LATEST_VOICE_S // 60} minutes, after the first step",
        )
    if not _calls(ladder, ToWhom.DESK, LATEST_DESK_S):
        yield _fault(
            "steps",
            f"{LATEST_DESK_S // 60}分钟内须有一步通知指挥中心",
            f"tell the desk within {LATEST_DESK_S // 60} minutes",
        )


def _calls(ladder: Ladder, whom: ToWhom, within_s: int, by: ChannelKind | None = None) -> bool:
    """By a step after the first: that one is the order itself, which nobody climbs to."""
    return any(
        whom in step.to_whom and step.after_s <= within_s and (by is None or by in step.channels)
        for step in ladder.steps[1:]
    )


def _fault(field: str, chinese: str, english: str) -> Problem:
    return Problem(field=field, zh=chinese, en=english)


def _faults_of_step(steps: tuple[Step, ...], number: int) -> Iterator[Problem]:
    step, named = steps[number], f"step.{number + 1}"
    if not step.to_whom:
        yield _fault(f"{named}.whom", "该步骤不通知任何人，请选择人员", "it calls nobody: choose people")
    if not step.channels:
        yield _fault(
            f"{named}.channels", "该步骤没有通知方式，请选择", "nothing carries it: choose a channel"
        )
    yield from _faults_of_times(steps, number)
    if step.repeat_every_s is None:
        return
    if number + 1 < len(steps):
        yield _fault(
            f"{named}.repeat", "只有最后一步可以重复", "only the last step may repeat: leave it empty"
        )
    elif step.repeat_every_s < SHORTEST_GAP_S:
        yield _fault(
            f"{named}.repeat",
            f"重复间隔不得短于{SHORTEST_GAP_S}秒",
            f"repeat it every {SHORTEST_GAP_S} s or more seldom",
        )


def _faults_of_times(steps: tuple[Step, ...], number: int) -> Iterator[Problem]:
    after_s, field = steps[number].after_s, f"step.{number + 1}.after"
    if number == 0:
        if after_s:
            yield _fault(field, "第一步须立即通知，请填0", "the first step calls at once: enter 0")
        return
    gap_s = after_s - steps[number - 1].after_s
    if gap_s <= 0:
        yield _fault(
            field, "步骤顺序不对，须晚于上一步", "out of order: it must be later than the step above"
        )
    elif gap_s < SHORTEST_GAP_S:
        yield _fault(
            field,
            f"与上一步至少相隔{SHORTEST_GAP_S}秒",
            f"leave at least {SHORTEST_GAP_S} s after the step above",
        )
    if after_s > LONGEST_AFTER_S:
        yield _fault(field, "不得晚于24小时", "no later than 24 hours")


def _faults_of_night(ladder: Ladder) -> Iterator[Problem]:
    quiet = ladder.quiet_hours
    if quiet is None:
        return
    if ladder.urgency in (Urgency.IMMINENT, Urgency.STAND_DOWN):
        yield _fault(
            "quiet", "紧急事项不分昼夜，不设免打扰", "what is imminent knows no night: leave it empty"
        )
    elif quiet.begins <= quiet.ends:
        yield _fault(
            "quiet",
            "免打扰须晚间开始、次日早晨结束",
            "the night begins in the evening and ends in the morning after",
        )
    elif ladder.urgency is Urgency.PLANNED and _may_sleep_through(quiet):
        yield _fault(
            "unless",
            "不得短于免打扰时长，否则可能错过行动时间",
            "at least as long as the night, or act-from may pass in it",
        )


def _may_sleep_through(quiet: QuietHours) -> bool:
    """Whether somebody who is left alone at the beginning of the night is told after act-from."""
    night_s = DAY_S - _seconds(quiet.begins) + _seconds(quiet.ends)
    within_s = quiet.unless_act_from_within_s
    return within_s is None or within_s < night_s


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60
