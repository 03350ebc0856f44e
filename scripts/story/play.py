"""Plays the story scene by scene, and says which promise broke if one does."""

import logging
import sys
import tempfile
from datetime import date
from pathlib import Path

import structlog

from notifications.channels.recorder import RecordedMessage
from scripts import cast
from scripts.clocks import Stopwatch
from scripts.desk import court_time
from scripts.engines.embedded import EmbeddedEngines
from scripts.engines.port import Engines
from scripts.stage import Opening, Stage
from scripts.story.props import REPLY_CODES, Props
from scripts.story.scenes_one import ordinary_evening, registration_day
from scripts.story.scenes_three import after_the_platform, the_platform
from scripts.story.scenes_two import change_of_plan, money_by_midnight
from scripts.story.timeline import PromiseBroken, Timeline
from scripts.system import Shifts

BEGINS = court_time(2, 24, 9, 12)
SHIFTS = Shifts(first=date(2026, 2, 24), last=date(2026, 12, 31), duty=(date(2026, 2, 25), date(2026, 2, 27)))
NAMES = {member.phone: member.name[0] for member in cast.MEMBERS} | {
    cast.A.phone: "佟某",
    cast.B.phone: "程某",
}
SCENES = (
    registration_day,
    ordinary_evening,
    change_of_plan,
    money_by_midnight,
    the_platform,
    after_the_platform,
)


def _quiet_logs() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


async def play_on_production(*, as_json: bool) -> int:
    """Play the story on PostgreSQL and RabbitMQ, started for it and ended after it."""
    from scripts.engines.production import ProductionEngines

    with tempfile.TemporaryDirectory(prefix="debtor-tracker-engines-") as folder:
        print("starting PostgreSQL and RabbitMQ (about fifteen seconds)", file=sys.stderr, flush=True)
        async with ProductionEngines.started(Path(folder)) as engines:
            return await play(engines, as_json=as_json)


async def play(engines: Engines | None = None, *, as_json: bool) -> int:
    """Play the whole story; 0 when every promise was kept, 1 when one broke."""
    _quiet_logs()
    watch = Stopwatch()
    with tempfile.TemporaryDirectory(prefix="debtor-tracker-story-") as folder:
        opening = Opening(
            data=Path(folder),
            begins_at=BEGINS,
            shifts=SHIFTS,
            reply_codes=REPLY_CODES,
            engines=engines or EmbeddedEngines(),
        )
        async with Stage.opened(opening) as stage:
            timeline = Timeline(stage.clock.now, as_json=as_json)
            stage.recorder.listen(lambda recorded: _tell_message(timeline, recorded))
            props = Props(stage=stage, timeline=timeline)
            try:
                for scene in SCENES:
                    await scene(props)
            except PromiseBroken as broken:
                timeline.tell("broken", "story", f"PROMISE BROKEN  {broken.promise}\n  seen: {broken.seen}")
                return 1
            timeline.tell("court", "measured", f"played in {watch.seconds:.1f} s")
            timeline.end()
    return 0


def _tell_message(timeline: Timeline, recorded: RecordedMessage) -> None:
    message = recorded.message
    who = NAMES.get(message.to, message.to.removeprefix("person-"))
    kind = recorded.kind.value
    text = message.text if message.title is None else f"{message.title} / {message.text}"
    timeline.tell(kind, f"{kind} → {who}", text)
