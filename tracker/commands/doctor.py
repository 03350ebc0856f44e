"""`tracker doctor`: what is wrong with this court, in plain words, each with what to do.

What must not break: it changes nothing, it says of everything that it looked at what it saw, and one thing
that is away never hides the others.
"""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final

from adapters.bus.broker_setup import BrokerAdmin, BrokerRefused
from adapters.bus.rabbitmq import BusAway
from adapters.bus.topology import topology_of
from adapters.findings import Finding, ok, wrong
from adapters.machine import SystemClock
from notifications.channels.port import CodeAction
from schemas.settings import SettingsRefused
from tracker.commands.bus_line import BusLine, open_bus
from tracker.commands.engines import court_of, journal_of, load_keys, open_registry
from tracker.commands.journal import AHEAD, knows_all, unwritten_for_s
from tracker.commands.start import FAILED, TO_SERVE, WELL, CannotRun, run, say
from tracker.domain.ids import CourtId
from tracker.services.audit import ChainBroken, ChainWhole, verify
from tracker.services.feeds.journal import Journal
from tracker.services.lines.reports import AHEAD_OF_THE_COURT, list_ahead
from tracker.services.notices.texts import Outgrown, in_words, list_built_in_outgrown, list_outgrown
from tracker.services.proof.lateness import Late, list_late
from tracker.settings import TrackerSettings, unknown_variables
from tracker.storage import agencies, attempts, people
from tracker.storage.agencies import Instance
from tracker.storage.leases import read_database_seconds
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

CLOCKS_DIFFER_S: Final = 2.0
LEAST_FREE_BYTES: Final = 2**30
WRITTEN_WITHIN_S: Final = 30.0
REFUSED_WITHIN: Final = timedelta(days=1)
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def examine(environment: Mapping[str, str]) -> int:
    """Print the findings; 1 where something is wrong."""
    unknown = unknown_variables(environment)
    for name in unknown:
        say(str(wrong("settings", f"{name} means nothing: mend its name or remove it")))
    try:
        TrackerSettings.from_environment(environment, TO_SERVE)
    except SettingsRefused as refused:
        for problem in refused.problems:
            say(str(wrong("settings", problem)))
        return FAILED
    say(str(ok("settings", "complete")))
    return max(run(environment, TO_SERVE, _print_findings), FAILED if unknown else WELL)


async def _print_findings(settings: TrackerSettings) -> int:
    is_wrong = False
    async for finding in examined(settings):
        say(str(finding))
        is_wrong = is_wrong or not finding.is_ok
    return FAILED if is_wrong else WELL


async def examined(settings: TrackerSettings) -> AsyncIterator[Finding]:
    """What there is to say of a court whose settings are complete, one thing after the other."""
    yield examine_key_file(settings)
    yield judge_disk(shutil.disk_usage(settings.keys_file.parent if settings.keys_file else "/").free)
    async with AsyncExitStack() as opened:
        try:
            registry = await open_registry(settings, opened)
        except CannotRun as reason:
            yield wrong("database", str(reason))
            line = await open_bus(settings, SystemClock(), opened)
            yield await _broker(line, {})
            yield await _alarms(settings)
            return
        yield ok("database", "reachable, schema the newest")
        yield await _journal(registry, journal_of(settings, registry.keys))
        async with registry.reading() as tx:
            known = await _instances(tx, court_of(settings))
        line = await open_bus(settings, SystemClock(), opened, known)
        yield await _broker(line, {agency: [one.name for one in held] for agency, held in known.items()})
        yield await _alarms(settings)
        async for finding in _books(registry, court_of(settings), known):
            yield finding
        yield await _dead_letters(line)


def examine_key_file(settings: TrackerSettings) -> Finding:
    try:
        load_keys(settings)
    except CannotRun as reason:
        return wrong("key file", str(reason))
    assert settings.keys_file is not None
    if settings.keys_file.stat().st_mode & OTHERS:
        return wrong("key file", "others than its owner may open it: chmod 600")
    return ok("key file", "there, for its owner only")


def judge_disk(free_bytes: int) -> Finding:
    free = f"{free_bytes / 2**30:.1f} GiB free"
    if free_bytes >= LEAST_FREE_BYTES:
        return ok("disk", free)
    return wrong("disk", f"only {free} on this machine: make room")


async def _journal(registry: Registry, journal: Journal) -> Finding:
    try:
        newest = await asyncio.to_thread(journal.newest_lines)
    except OSError as failure:
        return wrong("journal", f"cannot be read ({failure.strerror}): mount TRACKER_JOURNAL, for our user")
    if not os.access(journal.folder, os.W_OK):
        return wrong("journal", "cannot be written: give TRACKER_JOURNAL to our user")
    async with registry.reading() as tx:
        if not await knows_all(tx, newest):
            return wrong("journal", AHEAD)
        late_s = await unwritten_for_s(tx, journal.court_id, newest)
    if late_s > WRITTEN_WITHIN_S:
        return wrong(
            "journal",
            f"lacks what stopped {late_s:.0f} s ago: does `tracker serve` run, and what says its /readyz?",
        )
    return ok("journal", "whole")


async def _instances(tx: Tx, court_id: CourtId) -> dict[str, tuple[Instance, ...]]:
    known = await agencies.list_agencies(tx, court_id)
    return {one.agency_id: await agencies.list_instances(tx, one.agency_id) for one in known}


async def _broker(line: BusLine, instances: Mapping[str, list[str]]) -> Finding:
    if trouble := line.trouble():
        return wrong(
            "broker", f"{trouble}: check TRACKER_BROKER_URL, that RabbitMQ runs, its user and password"
        )
    wanted = [queue.name for queue in topology_of(instances).queues]
    return judge_queues(await line.missing_queues(wanted))


def judge_queues(missing: Sequence[str]) -> Finding:
    if missing:
        return wrong("broker", f"these queues are missing: {', '.join(missing)}; run `tracker broker setup`")
    return ok("broker", "reachable, every queue is there")


async def _alarms(settings: TrackerSettings) -> Finding:
    url = settings.broker_admin_url.get_secret_value()
    if not url:
        return ok("broker alarms", "not looked at: set TRACKER_BROKER_ADMIN_URL")
    try:
        async with BrokerAdmin(url, "/") as admin:
            return judge_alarms(await admin.alarms())
    except BrokerRefused as refused:
        return wrong("broker alarms", f"TRACKER_BROKER_ADMIN_URL: {refused}")


def judge_alarms(alarms: Sequence[str]) -> Finding:
    if alarms:
        return wrong(
            "broker alarms", f"short of {', '.join(alarms)}: it takes no message until there is room"
        )
    return ok("broker alarms", "none")


async def _books(
    registry: Registry, court_id: CourtId, known: Mapping[str, tuple[Instance, ...]]
) -> AsyncIterator[Finding]:
    async with registry.reading() as tx:
        yield judge_clock(tx.at.timestamp() - await read_database_seconds(tx))
        if await people.find_court(tx, court_id) is None:
            yield wrong("court", f"{court_id} is not founded: run `tracker found COURT.toml`")
            return
        yield ok("court", f"{court_id}, {len(await people.list_people(tx, court_id))} people")
        for agency, instances in known.items():
            for finding in judge_agency(agency, instances, tx.at):
                yield finding
        for agency_id in await list_ahead(tx):
            yield wrong(agency_id, AHEAD_OF_THE_COURT)
        for finding in judge_refusals(
            await attempts.list_refused(tx, CodeAction.ASK_OPERATOR, tx.at - REFUSED_WITHIN)
        ):
            yield finding
        court = await people.get_court(tx, court_id)
        for finding in judge_texts((*await list_outgrown(tx, court), *list_built_in_outgrown(court))):
            yield finding
        for finding in judge_lateness(await list_late(tx)):
            yield finding
        yield judge_chain(await verify(tx))


def judge_clock(ahead_s: float) -> Finding:
    if abs(ahead_s) <= CLOCKS_DIFFER_S:
        return ok("clock", "agrees with the database's")
    side = "ahead of" if ahead_s > 0 else "behind"
    return wrong("clock", f"{abs(ahead_s):.0f} s {side} the database's: set both machines' clocks (NTP)")


def judge_agency(agency: str, instances: tuple[Instance, ...], at: datetime) -> Iterator[Finding]:
    """Each of its adapters, by its canary, which comes back every few minutes though nothing changes."""
    if not instances:
        yield wrong(agency, "no adapter is enrolled: `tracker agency enrol`, once its enrolment has come")
    for one in instances:
        about = f"{agency}.{one.name}"
        if one.closed_at is not None:
            yield wrong(about, "the line to it is closed: `tracker agency status` says why")
        elif one.heard_at is None:
            yield wrong(about, "was never heard: start its adapter, then `adapter doctor` there")
        elif one.silent_since is not None:
            minutes = (at - one.silent_since).total_seconds() // 60
            yield wrong(
                about, f"its line is silent for {minutes:.0f} min: call the agency, `adapter doctor` there"
            )
        elif one.canary_at is None:
            yield ok(about, "was heard; its canary has not come back yet")
        else:
            yield ok(about, f"its canary came back {(at - one.canary_at).total_seconds():.0f} s ago")


def judge_refusals(refused: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    """By how many messages a provider refused for our account or settings, each with its code."""
    if not refused:
        yield ok("providers", "none has refused our account or settings within a day")
    for (provider, code), count in sorted(refused.items()):
        yield wrong(
            provider, f"refused {count} messages within a day for our account or settings: look up its {code}"
        )


def judge_texts(outgrown: Sequence[Outgrown]) -> Iterator[Finding]:
    if not outgrown:
        yield ok("texts", "all fit the court's name")
    for one in outgrown:
        yield wrong("texts", in_words(one))


def judge_lateness(late: tuple[Late, ...]) -> Iterator[Finding]:
    if not late:
        yield ok("late", "nothing is late")
    for one in late:
        yield wrong(
            "late", f"{one.what}, by {one.by_s} s: does `tracker serve` run, and what says its /readyz?"
        )


def judge_chain(chain: ChainWhole | ChainBroken) -> Finding:
    if isinstance(chain, ChainBroken):
        return wrong(
            "audit chain",
            f"does not hold from link {chain.position} on: keep a copy of the database, tell the auditor",
        )
    return ok("audit chain", f"whole, {chain.links} links")


async def _dead_letters(line: BusLine) -> Finding:
    try:
        letters = await line.bus.dead_letters()
    except (BusAway, TimeoutError):
        return wrong("dead letters", "cannot be looked at: the broker is away, or does not answer")
    return judge_dead_letters(len(letters))


def judge_dead_letters(letters: int) -> Finding:
    if letters:
        return wrong("dead letters", f"{letters}: `tracker dead-letters list` gives the reasons")
    return ok("dead letters", "none")
