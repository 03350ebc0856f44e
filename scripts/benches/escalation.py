"""How ladders climb when very many wait: their steps due evenly over a minute, all due at once, and none due;
and how late some are after twenty steps in a row.

Counted is from the moment a step is due until the notices of its people are committed; the channels then take
them from there. What must not break: every step is taken exactly once.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.delivery import NoticeState
from notifications.ladders import DEFAULT_LADDERS, Ladder, Step, ToWhom, Urgency, ladder_to_json
from scripts.benches.alarmed import AlarmedCourt
from scripts.benches.arrivals import percentile
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, at_most
from scripts.benches.servers import ServerEngines
from scripts.benches.timing import processor_seconds, seconds
from scripts.benches.wire import Wire
from tracker.domain.due import DueKind
from tracker.domain.ids import AlertId
from tracker.storage.tables import alerts, notices

SPREAD_OVER_S: Final = 60.0
QUICK_SPREAD_S: Final = 2.0
LATE_BY_S: Final = 1.0
ALL_WITHIN_S: Final = 30.0
DRIFTING: Final = 100
DRIFTS_FOR: Final = 20
QUICK_DRIFTS_FOR: Final = 3
"""Steps, a second apart: nobody's ladder is as steep, so that whatever each step adds shows."""
DRIFTS_BY_S: Final = 1.0
IDLE_FOR_S: Final = 10.0
QUICK_IDLE_S: Final = 1.0
IDLE_SHARE: Final = 1.0
"""Percent of a core."""
BEGINS_IN_S: Final = 2.0
ANSWERS_AFTER_S: Final = 0.1
CLIMBS_WITHIN_S: Final = 1800.0
LOOK_EVERY_S: Final = 0.2
AT_WORK: Final = ("due work", "notices")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size."""
    parser.add_argument("--ladders", type=int, help="how many wait (default 10,000, quick 40)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbed:
    """Seconds from when each step was due until it was taken, of those who are there now and of others."""

    urgent: Sequence[float]
    planned: Sequence[float]

    @property
    def every(self) -> Sequence[float]:
        return [*self.urgent, *self.planned]


async def measure(run: Run) -> Outcome:
    """The same ladders, one step further each time."""
    is_quick = run.asked.is_quick
    count = run.asked.ladders or (40 if is_quick else 10_000)
    wire = Wire(ANSWERS_AFTER_S)
    async with run.servers(run.folder) as servers:
        engines = ServerEngines(servers, run.folder.name)
        async with AlarmedCourt.opened(run.folder / "court", engines, wire.channels) as court:
            run.say(f"raising {count} alerts")
            urgent = await court.raise_alerts(count // 2, are_there=True)
            planned = await court.raise_alerts(count - count // 2)
            ladders = _Ladders(court, urgent, planned)
            idle = await ladders.wait(QUICK_IDLE_S if is_quick else IDLE_FOR_S)
            run.say("spread over a minute")
            spread = await ladders.climb(QUICK_SPREAD_S if is_quick else SPREAD_OVER_S)
            run.say("all at once")
            at_once = await ladders.climb(0.0)
            run.say("step after step")
            drift = await ladders.drift(QUICK_DRIFTS_FOR if is_quick else DRIFTS_FOR)
        versions = await servers.versions()
    return Outcome(figures=[*_figures(idle, spread, at_once), drift], versions=versions)


class _Ladders:
    def __init__(self, court: AlarmedCourt, urgent: Sequence[AlertId], planned: Sequence[AlertId]) -> None:
        self._court = court
        self._urgent = urgent
        self._is_urgent = frozenset(urgent)
        self._planned = planned

    async def wait(self, lasting_s: float) -> float:
        """Percent of a core that ladders cost of which no step is due."""
        await self._due_in([timedelta(hours=1)] * len(self._everybody))
        async with self._court.at_work(*AT_WORK):
            await asyncio.sleep(1)
            began, cost = seconds(), processor_seconds()
            await asyncio.sleep(lasting_s)
            return 100 * (processor_seconds() - cost) / (seconds() - began)

    async def climb(self, over_s: float) -> Climbed:
        """Their next steps fall due evenly over so many seconds, in turn of the urgent and the others."""
        count = len(self._everybody)
        due = await self._due_in(
            [timedelta(seconds=BEGINS_IN_S + over_s * position / count) for position in range(count)]
        )
        since = self._court.registry.now()
        async with asyncio.timeout(CLIMBS_WITHIN_S), self._court.at_work(*AT_WORK):
            taken = await self._taken(since)
            while len(taken) < count:
                await asyncio.sleep(LOOK_EVERY_S)
                taken = await self._taken(since)
        late = {one: (taken[one] - due[one]).total_seconds() for one in due}
        return Climbed(
            urgent=[late[one] for one in self._urgent], planned=[late[one] for one in self._planned]
        )

    async def drift(self, steps: int) -> Figure:
        """How late the last of so many steps is, counted from the beginning, on the worst of some ladders."""
        few = self._urgent[:DRIFTING]
        begins = await self._begin_anew(few, steps)
        async with asyncio.timeout(CLIMBS_WITHIN_S), self._court.at_work(*AT_WORK):
            taken = await self._all_taken(few, begins)
            while min(len(moments) for moments in taken.values()) < steps:
                await asyncio.sleep(LOOK_EVERY_S)
                taken = await self._all_taken(few, begins)
        ends = begins + timedelta(seconds=steps - 1)
        late = max((max(moments) - ends).total_seconds() for moments in taken.values())
        return at_most(DRIFTS_BY_S, Figure(name=f"late after {steps} steps", unit="s", runs=[late]))

    async def _begin_anew(self, few: Sequence[AlertId], steps: int) -> datetime:
        """These climb a ladder of so many steps; when the first is due. The others wait."""
        await self._due_in([timedelta(hours=1)] * len(self._everybody))
        first = Step(after_s=0, to_whom=(ToWhom.JUDGE,), channels=(ChannelKind.SMS, ChannelKind.PUSH))
        each = tuple(replace(first, after_s=number) for number in range(steps))
        steep, work = Ladder(urgency=Urgency.IMMINENT, version=2, steps=each), alerts.due_work
        async with self._court.registry.transaction() as tx:
            begins = tx.at + timedelta(seconds=BEGINS_IN_S)
            begun = {"started_at": begins.isoformat(), "step": 0, "repeat": 0}
            theirs = sa.update(alerts.alert).where(alerts.alert.c.id.in_(few))
            await tx.run(theirs.values(ladder=ladder_to_json(steep)))
            moved = sa.update(work).where(work.c.about.in_(few), work.c.kind == DueKind.LADDER_STEP)
            await tx.run(moved.values(due_at=begins, detail=begun))
        return begins

    async def _all_taken(self, few: Sequence[AlertId], since: datetime) -> dict[AlertId, set[datetime]]:
        """When the notices of each step of each of these alerts were committed."""
        column = notices.notice.c
        query = sa.select(column.alert_id, column.created_at)
        query = query.where(column.created_at >= since, column.alert_id.in_(few))
        taken: dict[AlertId, set[datetime]] = {one: set() for one in few}
        async with self._court.registry.reading() as tx:
            for row in await tx.rows(query):
                taken[row.alert_id].add(row.created_at)
        return taken

    @property
    def _everybody(self) -> Sequence[AlertId]:
        pairs = zip(self._urgent, self._planned, strict=False)
        mixed = [one for pair in pairs for one in pair]
        return [*mixed, *self._planned[len(self._urgent) :]]

    async def _due_in(self, waits: Sequence[timedelta]) -> dict[AlertId, datetime]:
        """What was told before is over, and the next step of each ladder falls due so."""
        waiting = notices.notice.c.state.in_([NoticeState.DUE, NoticeState.LEASED])
        work = alerts.due_work
        is_a_step = work.c.kind == DueKind.LADDER_STEP
        async with self._court.registry.transaction() as tx:
            await tx.run(sa.update(notices.notice).where(waiting).values(state=NoticeState.CANCELLED))
            await tx.run(sa.delete(work).where(sa.not_(is_a_step)))
            due = {one: tx.at + wait for one, wait in zip(self._everybody, waits, strict=True)}
            steps = await tx.rows(sa.select(work.c.about, work.c.detail).where(is_a_step))
            began = sa.bindparam("began", type_=work.c.detail.type)
            moved = sa.update(work).where(work.c.about == sa.bindparam("alert"), is_a_step)
            moved = moved.values(due_at=sa.bindparam("moment"), detail=began)
            rows = [
                {"alert": one.about, "moment": due[one.about], "began": self._begun(one, due[one.about])}
                for one in steps
            ]
            await tx.run_many(moved, rows)
        return due

    def _begun(self, step: Any, due_at: datetime) -> dict[str, Any]:
        """The detail of a step that is due then, since its ladder began as much earlier as it says."""
        urgency = Urgency.IMMINENT if step.about in self._is_urgent else Urgency.PLANNED
        after_s = DEFAULT_LADDERS[urgency].steps[step.detail["step"]].after_s
        return {**step.detail, "started_at": (due_at - timedelta(seconds=after_s)).isoformat()}

    async def _taken(self, since: datetime) -> dict[AlertId, datetime]:
        """When the notices of each alert's step were committed."""
        column = notices.notice.c
        query = sa.select(column.alert_id, sa.func.min(column.created_at).label("at"))
        query = query.where(column.created_at >= since, column.alert_id.is_not(None)).group_by(
            column.alert_id
        )
        async with self._court.registry.reading() as tx:
            return {AlertId(row.alert_id): row.at for row in await tx.rows(query)}


def _figures(idle: float, spread: Climbed, at_once: Climbed) -> list[Figure]:
    def told(name: str, unit: str, value: float) -> Figure:
        return Figure(name=name, unit=unit, runs=[value])

    return [
        at_most(LATE_BY_S, told("spread over a minute, late p99", "s", percentile(spread.every, 0.99))),
        told("spread over a minute, earliest", "s", min(spread.every)),
        at_most(ALL_WITHIN_S, told("all at once, last of all", "s", max(at_once.every))),
        told("all at once, last of the urgent", "s", max(at_once.urgent)),
        at_most(IDLE_SHARE, told("none due, share of a core", "%", idle)),
    ]
