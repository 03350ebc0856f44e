"""How a burst gets through: many hits in one moment, each of another person, three people told of each by two
channels; half of them of somebody who is there now, which goes before what can be planned.

The channels are the bench's own. What must not break: each alert has exactly its six requests.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from notifications.channels.port import ChannelKind
from scripts import cast
from scripts.benches.arrivals import percentile
from scripts.benches.court import BenchCourt
from scripts.benches.floor import ServerFloor
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.servers import ServerEngines, Servers
from scripts.benches.timing import seconds
from scripts.benches.wire import sendings_of
from tracker.domain.court_time import court_day
from tracker.domain.people import Days, Duty
from tracker.domain.rosters import RosterRule
from tracker.storage import rosters

FIRST_SMS_WITHIN_S: Final = 10.0
ALL_WITHIN_S: Final = 30.0
NOTICES_OF_AN_ALERT: Final = 6
"""Judge and two duty officers, by SMS and by push."""
ALL_WIRED_WITHIN_S: Final = 600.0
ANSWERS_AFTER_S: Final = 0.1


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size, and how long a channel takes."""
    parser.add_argument("--hits", type=int, help="of one run (default 1000, quick 20)")
    parser.add_argument("--runs", type=int, help="of ours and of the floor in turn (default 3, quick 1)")
    parser.add_argument(
        "--answer-ms",
        type=float,
        default=1000 * ANSWERS_AFTER_S,
        help="how long a channel takes to answer a request (default 100)",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Seconds from the moment of the hits: of each alert until its first SMS and its last request were handed
    over, of those that are urgent now and of all.
    """

    first_sms: Sequence[float]
    urgent: Sequence[float]
    every: Sequence[float]


@dataclass(slots=True, kw_only=True)
class Runs:
    ours: list[Burst] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


async def measure(run: Run) -> Outcome:
    """Ours and the bare hops in turn, on the same servers."""
    asked = run.asked
    hits = asked.hits or (20 if asked.is_quick else 1000)
    runs, done = asked.runs or (1 if asked.is_quick else 3), Runs()
    async with run.servers(run.folder) as servers:
        engines = ServerEngines(servers, run.folder.name)
        async with BenchCourt.running(run.folder / "court", engines, asked.answer_ms / 1000) as court:
            await _second_officer(court)
            for number in range(1, runs + 1):
                run.say(f"listing {hits} people")
                await court.lists(hits)
                done.ours.append(await _ours(court, hits, done.broken))
                done.bare.append(await _bare(run, servers, number, hits))
                run.say(f"run {number} of {runs}: all after {max(done.ours[-1].every):.1f} s")
            if court.log.troubles:
                run.say(f"logged {dict(court.log.troubles)}")
        versions = await servers.versions()
    return Outcome(figures=_figures(done), versions=versions, broken="; ".join(done.broken) or None)


async def _second_officer(court: BenchCourt) -> None:
    async with court.registry.transaction() as tx:
        today: date = court_day(tx.at)
        rule = RosterRule(
            court_id=cast.COURT.court_id,
            duty=Duty.DUTY_OFFICER,
            people=(cast.ASSISTANT.person_id,),
            days=Days.EVERY_DAY,
            first_day=today - timedelta(days=1),
            last_day=today + timedelta(days=30),
        )
        await rosters.add_rule(tx, rule)


async def _ours(court: BenchCourt, hits: int, broken: list[str]) -> Burst:
    before, began = len(court.wire.handed), seconds()
    # Every second one is there now.
    event_ids = await asyncio.gather(*(court.hit(is_there=position % 2 == 0) for position in range(hits)))
    async with asyncio.timeout(ALL_WIRED_WITHIN_S):
        await court.wire.reach(before + NOTICES_OF_AN_ALERT * hits)
    sent = await sendings_of(court.registry)
    of_alert = {event_id: [court.wire.handed[one] for one in sent[event_id][1]] for event_id in event_ids}
    wrong = sum(len(moments) != NOTICES_OF_AN_ALERT for moments in of_alert.values())
    if wrong:
        broken.append(f"{wrong} of {hits} alerts have other than {NOTICES_OF_AN_ALERT} requests")
    last = {event_id: max(moments) - began for event_id, moments in of_alert.items()}
    return Burst(
        first_sms=[_first_sms(court, sent[event_id][1]) - began for event_id in event_ids],
        urgent=[last[event_id] for event_id in event_ids[::2]],
        every=list(last.values()),
    )


def _first_sms(court: BenchCourt, attempts: Sequence[str]) -> float:
    kinds: Mapping[str, ChannelKind] = court.wire.kinds
    return min(court.wire.handed[one] for one in attempts if kinds[one] is ChannelKind.SMS)


async def _bare(run: Run, servers: Servers, number: int, hits: int) -> float:
    async with ServerFloor.opened(servers, run.folder / f"floor-{number}") as floor:
        began = seconds()
        async with asyncio.timeout(ALL_WIRED_WITHIN_S):
            await asyncio.gather(*(floor.hit(position) for position in range(hits)))
            await floor.reach(hits)
        return seconds() - began


def _figures(done: Runs) -> list[Figure]:
    bare = Reference(name="bare hops", value=percentile(done.bare, 0.5))

    def of(name: str, runs: list[float]) -> Figure:
        return Figure(name=name, unit="s", runs=runs, reference=bare)

    return [
        at_most(FIRST_SMS_WITHIN_S, of("first SMS of each", [max(one.first_sms) for one in done.ours])),
        at_most(ALL_WITHIN_S, of("all requests", [max(one.every) for one in done.ours])),
        of("half of the urgent ones", [percentile(one.urgent, 0.5) for one in done.ours]),
        of("half of all", [percentile(one.every, 0.5) for one in done.ours]),
    ]
