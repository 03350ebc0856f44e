"""Takings that race the sends of their alerts: how long after a taking its alert still rings anybody.

Every alert has its four notices due when the race begins: judge and duty officer, by two channels. The desk
takes them, which needs not to be told first. What still asks somebody to take an alert may not go out any
more a second after the taking was committed.
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from scripts import cast
from scripts.benches.alarmed import AlarmedCourt
from scripts.benches.arrivals import percentile
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, at_most
from scripts.benches.servers import ServerEngines
from scripts.benches.timing import seconds
from scripts.benches.wire import Wire
from tracker.domain.ids import AlertId
from tracker.services.answers.takings import Way, take_alert
from tracker.services.delivery.claims import UNTIL_TAKEN
from tracker.storage import alerts, people
from tracker.storage.tables import notices

BOUND_S: Final = 1.0
ANSWERS_AFTER_S: Final = 0.1
TAKERS: Final = 8
SEED: Final = 1
RACES_WITHIN_S: Final = 1800.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size, and how long a channel takes."""
    parser.add_argument("--takings", type=int, help="how many (default 10,000, quick 40)")
    parser.add_argument(
        "--answer-ms",
        type=float,
        default=1000 * ANSWERS_AFTER_S,
        help="how long a channel takes to answer a request (default 100)",
    )


async def measure(run: Run) -> Outcome:
    """One race: each taking is a run of its own."""
    asked = run.asked
    count = asked.takings or (40 if asked.is_quick else 10_000)
    wire = Wire(asked.answer_ms / 1000)
    async with run.servers(run.folder) as servers:
        engines = ServerEngines(servers, run.folder.name)
        async with AlarmedCourt.opened(run.folder / "court", engines, wire.channels) as court:
            run.say(f"raising {count} alerts")
            alert_ids = list(await court.raise_alerts(count))
            random.Random(SEED).shuffle(alert_ids)  # noqa: S311 - the same order each time
            async with asyncio.timeout(RACES_WITHIN_S), court.at_work("notices"):
                taken = await _take_all(court, alert_ids)
                run.say(f"all {count} are taken")
                await asyncio.sleep(2 * BOUND_S)
            late = await _late_by(court, wire, taken)
        versions = await servers.versions()
    return Outcome(figures=_figures(count, late, wire), versions=versions)


async def _take_all(court: AlarmedCourt, alert_ids: Sequence[AlertId]) -> dict[AlertId, float]:
    """When each taking was committed."""
    taken: dict[AlertId, float] = {}
    waiting = iter(alert_ids)

    async def take() -> None:
        for alert_id in waiting:
            async with court.registry.transaction() as tx:
                desk = await people.get_actor(tx, cast.DESK.person_id)
                await take_alert(tx, desk, await alerts.lock_alert(tx, alert_id), Way.CONSOLE)
            taken[alert_id] = seconds()

    async with asyncio.TaskGroup() as group:
        for _ in range(TAKERS):
            group.create_task(take())
    return taken


async def _late_by(court: AlarmedCourt, wire: Wire, taken: dict[AlertId, float]) -> list[float]:
    """Of each request that asks for a taking, by how much it was begun after that was committed."""
    attempt, notice = notices.attempt.c, notices.notice.c
    query = (
        sa.select(attempt.id, notice.alert_id)
        .join(notices.notice, notice.id == attempt.notice_id)
        .where(notice.text_id.in_(UNTIL_TAKEN))
    )
    async with court.registry.reading() as tx:
        rows = await tx.rows(query)
    begun = [(wire.handed[row.id], taken[AlertId(row.alert_id)]) for row in rows if row.id in wire.handed]
    return [max(0.0, handed - committed) for handed, committed in begun]


def _figures(count: int, late: Sequence[float], wire: Wire) -> list[Figure]:
    def told(name: str, unit: str, value: float) -> Figure:
        return Figure(name=name, unit=unit, runs=[value])

    raced = [one for one in late if one > 0]
    return [
        at_most(BOUND_S, told("begun after the taking, longest", "s", max(late, default=0.0))),
        told("begun after the taking, p99 of those", "s", percentile(raced, 0.99) if raced else 0.0),
        told("begun after the taking", "requests", len(raced)),
        told("begun before", "requests", len(late) - len(raced)),
        told("not begun any more", "requests", 4 * count - len(late)),
        told("handed over in all", "requests", len(wire.handed)),
    ]
