"""The soak: a whole town under traffic while everything in it is killed at random; in the end nothing is
lost, and nothing doubled where the answer was definite.

What must not break: it prints its seed, and when something was lost or doubled it keeps the logs.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import structlog

from notifications.channels.port import ChannelKind
from scripts.benches.port import Run
from scripts.benches.report import Figure, Outcome
from scripts.benches.soak_evidence import Evidence, Listed, chain_is_whole, take_evidence, what_waits
from scripts.benches.soak_traffic import Traffic, courses_of
from scripts.cast import JUDGE
from scripts.clocks import Stopwatch
from scripts.engines.postgresql import PostgresServer
from scripts.engines.rabbitmq import RabbitServer
from scripts.invented_people import found_in_logs
from scripts.town.court import Ground
from scripts.town.listing import list_debtors
from scripts.town.nursery import Nursery
from scripts.town.program import AWAY
from scripts.town.starting import start_anew
from scripts.town.town import Town
from scripts.town.troubles import Troubles
from scripts.town.waiting import NeverCame, until
from tracker.domain.ids import EntryId
from tracker.storage import contacts
from tracker.storage.contacts import Contact, ContactId
from tracker.storage.registry import Registry

ALERTS: Final = 10_000
QUICK_ALERTS: Final = 300
MINUTES: Final = 30.0
QUICK_MINUTES: Final = 0.6
SEEDS: Final = range(10_000)
"""No longer than what a figure shows in full."""
LISTED_AT_ONCE: Final = 25
LISTED_WITHIN_S: Final = 600.0
SETTLES_WITHIN_S: Final = 1800.0
ASK_EVERY_S: Final = 2.0
"""To ask takes all programs and the database a tenth of a second of work."""
SAY_EVERY: Final = 5
NOTHING: Final = "0"
TOWN: Final = "town"
"""The folder in which the programs log."""
NO_DEAD_LETTERS: Final = "no dead letters"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minutes", type=float, help=f"how long traffic flows (default {MINUTES:g}; quick {QUICK_MINUTES:g})"
    )
    parser.add_argument("--alerts", type=int, help=f"how many (default {ALERTS}; quick {QUICK_ALERTS})")
    parser.add_argument(
        "--warm",
        dest="is_warm",
        action="store_true",
        help="start programs out of one that has loaded them: cheaper than as an operator does, not the same",
    )
    parser.add_argument(
        "--seed",
        type=int,
        choices=SEEDS,
        metavar=f"0..{SEEDS[-1]}",
        help="of the troubles and of who does what (default: a new one)",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, or the defaults."""

    minutes: float
    alerts: int
    seed: int

    @classmethod
    def of(cls, given: argparse.Namespace) -> "Asked":
        usual = (QUICK_MINUTES, QUICK_ALERTS) if given.is_quick else (MINUTES, ALERTS)
        return cls(
            minutes=usual[0] if given.minutes is None else given.minutes,
            alerts=usual[1] if given.alerts is None else given.alerts,
            seed=random.SystemRandom().choice(SEEDS) if given.seed is None else given.seed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: evidence, what was struck how often, how providers treated messages how often, and what
    else may not be.
    """

    evidence: Evidence
    struck: Mapping[str, int]
    played: Mapping[str, int]
    settled_s: float
    let_through: Sequence[str]
    dead_letters: Sequence[str]
    named: Sequence[str]
    is_chain_whole: bool
    waits: str | None


async def measure(run: Run) -> Outcome:
    asked = Asked.of(run.asked)
    run.say(f"soak --minutes {asked.minutes:g} --alerts {asked.alerts} --seed {asked.seed}")
    # What the programs log stands in their files; the services that list are of this process.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    async with AsyncExitStack() as stack:
        ground = await _ground(run, stack)
        versions = {
            "postgresql": await ground.postgres.version(),
            "rabbitmq": await ground.rabbit.version(),
        }
        town = await stack.enter_async_context(Town.built(ground))
        registry = await stack.enter_async_context(town.books())
        ended = await _Soak(run, asked, town, registry).ends()
    broken = _broken(ended)
    if broken is not None:
        broken = f"{broken}; seed {asked.seed}; logs are kept in {_keep(run.folder, ended)}"
    return Outcome(figures=_figures(asked, ended), versions=versions, broken=broken)


async def _ground(run: Run, stack: AsyncExitStack) -> Ground:
    folder = run.folder
    (folder / TOWN).mkdir()
    starter = stack.enter_context(closing(Nursery())).start if run.asked.is_warm else start_anew
    postgres, rabbit = await asyncio.gather(
        stack.enter_async_context(PostgresServer.started(folder / "postgresql")),
        stack.enter_async_context(RabbitServer.started(folder / "rabbitmq")),
    )
    return Ground(postgres=postgres, rabbit=rabbit, name="town", folder=folder / TOWN, starter=starter)


class _Soak:
    def __init__(self, run: Run, asked: Asked, town: Town, registry: Registry) -> None:
        self._run = run
        self._asked = asked
        self._town = town
        self._registry = registry
        self._chance = random.Random(asked.seed)  # noqa: S311 - it must be the same again
        self._courses = courses_of(asked.alerts, self._chance)
        self._traffic = Traffic(town, self._courses, self._chance)
        self._looks = 0
        self._troubles = Troubles(town, random.Random(asked.seed), run.say)  # noqa: S311
        town.provider.has_whims(random.Random(asked.seed))  # noqa: S311

    async def ends(self) -> Ended:
        entry_ids = await self._list_everybody()
        async with _going_on(self._traffic):
            await self._soak()
            watch = Stopwatch()
            waits = await self._settle()
        self._run.say(f"settled after {watch.seconds:.0f} s" if waits is None else f"still waits: {waits}")
        listed = [
            Listed(entry_id=entry_id, is_paid=course.debtor.case in self._traffic.paid)
            for entry_id, course in zip(entry_ids, self._courses, strict=True)
        ]
        # What falls due later is done by nobody: books and provider are read at one standstill.
        await self._town.ends(signal.SIGTERM)
        told = await self._town.office.runs("dead-letters", "list")
        return Ended(
            evidence=await take_evidence(self._registry, listed, self._town),
            struck=dict(self._troubles.struck),
            played=dict(self._town.provider.whims.played),
            settled_s=watch.seconds,
            let_through=self._traffic.clear,
            dead_letters=[line for line in told.splitlines() if line != NO_DEAD_LETTERS],
            named=list(found_in_logs(self._run.folder / TOWN)),
            is_chain_whole=await chain_is_whole(self._registry),
            waits=waits,
        )

    async def _list_everybody(self) -> list[EntryId]:
        """Everybody is in force at all agencies before the first card is used."""
        await _give_app(self._registry)
        # The programs run by then: of thousands listed without them, they would be late for minutes.
        await self._town.starts()
        listed: list[EntryId] = []
        for first in range(0, len(self._courses), LISTED_AT_ONCE):
            together = [course.debtor for course in self._courses[first : first + LISTED_AT_ONCE]]
            listed += await list_debtors(self._registry, together)
        await until(self._waits, within_s=LISTED_WITHIN_S, every_s=ASK_EVERY_S)
        self._run.say(f"{len(listed)} debtors are in force everywhere")
        return listed

    async def _soak(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._troubles.go_on())
            await self._traffic.flow(60 * self._asked.minutes)
            self._troubles.call_off()
        self._town.provider.catches_up()
        self._run.say("all cards are used, and all troubles are over")

    async def _settle(self) -> str | None:
        try:
            await until(self._waits, within_s=SETTLES_WITHIN_S, every_s=ASK_EVERY_S)
        except NeverCame as waits:
            return str(waits)
        return None

    async def _waits(self) -> str | None:
        waits = await self._look()
        self._looks += 1
        if waits and self._looks % SAY_EVERY == 0:
            self._run.say(f"waits for {waits}")
        return waits

    async def _look(self) -> str | None:
        if self._traffic.has_begun and self._traffic.open_ends:
            return f"{self._traffic.open_ends} open ends"
        try:
            return await what_waits(self._registry, self._town)
        except AWAY as away:
            return f"a program that does not answer ({type(away).__name__})"


async def _give_app(registry: Registry) -> None:
    """The judge has the court's own app, and has seen a test there."""
    async with registry.transaction() as tx:
        device = Contact(
            contact_id=ContactId(tx.entropy.new_id()),
            person_id=JUDGE.person_id,
            channel=ChannelKind.PUSH,
            provider="app-webhook",
            label="手机",
            address="judge",
            created_at=tx.at,
        )
        await contacts.put_contact(tx, device)
        await contacts.record_seen(tx, device.contact_id)


@asynccontextmanager
async def _going_on(traffic: Traffic) -> AsyncIterator[None]:
    answering = asyncio.create_task(traffic.answer_phones())
    try:
        yield
    finally:
        answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering


def _figures(asked: Asked, ended: Ended) -> list[Figure]:
    found = ended.evidence
    return [
        _counted("seed", "", asked.seed),
        _counted("alerts", "alerts", found.alerts),
        _counted("texts", "messages", found.texts),
        *(_counted(f"struck: {name}", "times", count) for name, count in sorted(ended.struck.items())),
        *(_counted(f"played: {name}", "times", count) for name, count in sorted(ended.played.items())),
        _none("lost", "things", len(found.lost) + len(ended.let_through)),
        _none("doubled where definite", "things", len(found.doubled)),
        _none("unsettled", "attempts", len(found.unsettled)),
        _none("dead letters", "messages", len(ended.dead_letters)),
        _none("names in logs", "finds", len(ended.named)),
        _none("broken audit chains", "chains", int(not ended.is_chain_whole)),
        _counted("came twice, marked", "texts", len(found.repeated)),
        _counted("given up after two tries", "texts", len(found.given_up)),
        _counted("settled after", "s", ended.settled_s),
    ]


def _counted(name: str, unit: str, value: float) -> Figure:
    return Figure(name=name, unit=unit, runs=(value,))


def _none(name: str, unit: str, value: int) -> Figure:
    return Figure(name=name, unit=unit, runs=(value,), target=NOTHING, is_met=value == 0)


def _broken(ended: Ended) -> str | None:
    problems: Mapping[str, object] = {
        "lost": ended.evidence.lost,
        "let through": ended.let_through,
        "doubled": ended.evidence.doubled,
        "unsettled": ended.evidence.unsettled,
        "dead letters": ended.dead_letters,
        "names in logs": ended.named,
        "audit chain": () if ended.is_chain_whole else ("broken",),
        "waits": (ended.waits,) if ended.waits else (),
    }
    return "; ".join(f"{name}: {found}" for name, found in problems.items() if found) or None


def _keep(folder: Path, ended: Ended) -> Path:
    kept = Path(tempfile.mkdtemp(prefix="soak-"))
    for log in folder.rglob("*.log"):
        shutil.copy(log, kept)
    (kept / "evidence.json").write_text(json.dumps(asdict(ended), indent=1, default=str))
    return kept
