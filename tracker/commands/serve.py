"""`tracker serve`: console, webhooks, bus consumers, loops and the listener for adapters, until it is told
to stop.

What must not break: told to stop, it finishes the rounds and messages under way, frees its leases, ends
streams and is gone in under five seconds, whatever hangs; and only one process works under its name.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Final

import structlog

from adapters.machine import SystemClock
from adapters.running import Part, Running
from schemas.settings import Address
from tracker.commands.bus_line import BusLine, open_bus
from tracker.commands.channels import Channels, open_channels, probes_of
from tracker.commands.companions import AgencyWatch, NameKeeper, take_name
from tracker.commands.engines import (
    court_of,
    journal_of,
    load_admission_keys,
    load_keys,
    open_database,
    snapshot_folder,
)
from tracker.commands.folder_lines import FolderLines
from tracker.commands.journal import require_present
from tracker.commands.start import TO_SERVE, WELL, CannotRun, say
from tracker.court import Court, Ports
from tracker.domain.metering import Happening
from tracker.entropy import SystemEntropy
from tracker.loops.auditor import AuditorLoop
from tracker.loops.feed_writer import writer_of
from tracker.migrations.upgrade import newest_revision, revision_of
from tracker.services.agencies.certificates import authority_of
from tracker.settings import TrackerSettings
from tracker.storage.leases import read_database_seconds
from tracker.storage.people import find_court
from tracker.storage.transaction import Tx
from tracker.web.app import WebSettings, make_app
from tracker.web.edge.listener import edge_listener, edge_ssl_context, make_edge_app
from tracker.web.observability.health import (
    Judgement,
    Readiness,
    Signs,
    add_health,
    judge_loops,
    list_failing,
)
from tracker.web.observability.metrics import court_metrics
from tracker.web.observability.outside_watch import OutsideWatch, calling
from tracker.web.server import serving

NEEDED: Final = TO_SERVE
GONE_WITHIN_S: Final = 4.5
ROUNDS_END_WITHIN_S: Final = 2.0
ANYTHING_ELSE_ENDS_WITHIN_S: Final = 1.0

CUT_OFF: Final = 3
"""Exit code of a process that something held up on its way out."""

_log = structlog.get_logger(__name__)


async def serve(settings: TrackerSettings) -> int:
    """Serve until SIGTERM or SIGINT."""
    told_to_stop = _told_by_signals()
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        court, line, channels, name = await _open(settings, clock, opened)
        await court.start()
        running = Running(clock.now, lambda loop: court.ports.meter.counted(Happening.LOOP_FAILURES, loop))
        watch = AgencyWatch(court, clock.elapsed)
        by_folder = FolderLines(settings, court.registry, line.bus, clock)
        outside: list[OutsideWatch] = []
        signs = Signs(
            registry=court.registry,
            has_schema=_schema_of_this_program(),
            troubles=lambda: _troubles(told_to_stop, running, court, line, name),
            lesser_troubles=lambda: (*_lesser_troubles(running, court, line, outside), *by_folder.troubles),
            database_seconds=read_database_seconds,
        )
        readiness = Readiness(signs)
        outside += await _watches_outside(settings, readiness, clock, opened)
        auditor = AuditorLoop(court.registry, court.court_id, clock.elapsed)
        parts = (
            *line.parts,
            Part(loops=court.loops, on_change=court.database.on_commit),
            Part(loops=(watch, name, by_folder, auditor, *outside), on_change=lambda _wake: None),
        )
        async with _listening(settings, court, channels, readiness) as ports:
            work = asyncio.create_task(running.run(parts))
            _log.info("serving", worker=settings.worker, port=ports[0], edge_port=ports[1])
            say(f"ready: http://{settings.listen.host}:{ports[0]}, adapters at port {ports[1]}")
            await _until(told_to_stop, work)
            asyncio.get_running_loop().call_later(GONE_WITHIN_S, _leave_at_once)
            running.stop()
            await _within(ROUNDS_END_WITHIN_S, work, "loops")
        _log.info("stopping", worker=settings.worker)
    _log.info("stopped", worker=settings.worker)
    return WELL


def _told_by_signals() -> asyncio.Event:
    told_to_stop = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, told_to_stop.set)
    return told_to_stop


async def _open(
    settings: TrackerSettings, clock: SystemClock, opened: AsyncExitStack
) -> tuple[Court, BusLine, Channels, NameKeeper]:
    """Everything that is closed with the stack, in its order."""
    keys = load_keys(settings)
    database = await open_database(settings, opened)
    name = await take_name(settings, clock, opened)
    channels = open_channels(settings, opened)
    for kind in channels.missing:
        _log.warning("no-provider", channel=kind.value)
    line = await open_bus(settings, clock, opened)
    journal = journal_of(settings, keys)
    ports = Ports(
        now=clock.now,
        elapsed=clock.elapsed,
        entropy=SystemEntropy(),
        bus=line.bus,
        channels=channels.in_order,
        snapshots=snapshot_folder(settings),
        journal=journal.folder,
        worker=settings.worker,
        meter=court_metrics(),
        probes=probes_of(settings),
    )
    court = Court(database, keys, ports, court_of(settings))
    async with court.registry.reading() as tx:
        if await find_court(tx, court.court_id) is None:
            raise CannotRun(
                f"TRACKER_COURT_ID: there is no court {court.court_id} in this database: "
                "run `tracker found COURT.toml`, or mend the setting"
            )
    await require_present(court.registry, journal)
    await court.release_leases()

    async def let_go() -> None:
        await _within(ANYTHING_ELSE_ENDS_WITHIN_S, court.release_leases(), "leases")

    opened.push_async_callback(let_go)
    return court, line, channels, name


async def _watches_outside(
    settings: TrackerSettings, readiness: Readiness, clock: SystemClock, opened: AsyncExitStack
) -> tuple[OutsideWatch, ...]:
    """One, where the settings name it."""
    url = settings.heartbeat_url.get_secret_value()
    if not url:
        return ()
    call = await opened.enter_async_context(calling(url))
    return (OutsideWatch(call, readiness.judge, clock.now, clock.elapsed),)


def _schema_of_this_program() -> Callable[[Tx], Awaitable[bool]]:
    # Read once: an upgrade changes the files under a process that runs.
    newest = newest_revision()

    async def has_schema(tx: Tx) -> bool:
        return await revision_of(tx.db) == newest

    return has_schema


def _troubles(
    told_to_stop: asyncio.Event, running: Running, court: Court, line: BusLine, name: NameKeeper
) -> tuple[str, ...]:
    """What keeps the process from all its work."""
    stopping = "it was told to stop" if told_to_stop.is_set() else None
    loops = _judge_loops(running, court).hindrances
    return tuple(one for one in (stopping, line.trouble(), name.trouble, *loops) if one)


def _judge_loops(running: Running, court: Court) -> Judgement:
    failing = {**running.failing, **court.writer.failing}
    return judge_loops(failing, [writer_of(agency_id) for agency_id in court.agencies])


def _lesser_troubles(
    running: Running, court: Court, line: BusLine, outside: Iterable[OutsideWatch]
) -> tuple[str, ...]:
    journal = court.journal.trouble
    of_journal = (f"the withdrawal journal: {journal}",) if journal else ()
    failing = list_failing(court.providers.standings(court.ports.now()))
    unheard = (one.trouble for one in outside if one.trouble)
    return (*of_journal, *line.full(), *failing, *_judge_loops(running, court).troubles, *unheard)


@asynccontextmanager
async def _listening(
    settings: TrackerSettings, court: Court, channels: Channels, readiness: Readiness
) -> AsyncIterator[tuple[int, int]]:
    """Console and edge listener; gives their ports."""
    web_settings = WebSettings(
        court_id=court.court_id,
        public_url=settings.public_url,
        wake=court.database,
        twilio=channels.twilio,
        kannel=channels.kannel,
        twilio_voice=channels.twilio_voice,
        aliyun_tokens=channels.aliyun_tokens,
        providers=court.providers,
        push=channels.push,
    )
    app = make_app(court.registry, web_settings)
    add_health(app, readiness)
    admission = load_admission_keys(settings)
    context = edge_ssl_context(
        authority_of(admission.authority, court.court_id),
        settings.edge_names,
        at=court.ports.now(),
        random_bytes=court.ports.entropy.random_bytes,
    )
    edge = make_edge_app(court.registry, court.court_id, court.shelf)
    async with AsyncExitStack() as servers:
        port = await _bound("TRACKER_LISTEN", settings.listen, servers, serving(app, *settings.listen))
        edge_port = await _bound(
            "TRACKER_EDGE_LISTEN",
            settings.edge_listen,
            servers,
            edge_listener(edge, settings.edge_listen, context),
        )
        yield port, edge_port


async def _bound(
    setting: str, address: Address, servers: AsyncExitStack, server: AbstractAsyncContextManager[int]
) -> int:
    try:
        return await servers.enter_async_context(server)
    except OSError as failure:
        raise CannotRun(
            f"{setting}: cannot listen on {address.host}:{address.port} ({failure.strerror}); "
            "choose another address"
        ) from None


async def _until(told_to_stop: asyncio.Event, work: "asyncio.Task[None]") -> None:
    """Until the word to stop; loops never end by themselves, so whatever ends them earlier is raised."""
    waiting = asyncio.create_task(told_to_stop.wait())
    await asyncio.wait({waiting, work}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if work.done():
        await work


def _leave_at_once() -> None:
    """The last resort when something hangs on the way out: what counts was committed, or is done again. The
    code says that this was no orderly end.
    """
    _log.error("cut-off", what="the end", after_s=GONE_WITHIN_S)
    os._exit(CUT_OFF)


async def _within(
    longest_s: float, work: "Coroutine[Any, Any, None] | asyncio.Task[None]", what: str
) -> None:
    """Let it end, but not for ever: what is cut off is done again after the next start."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=longest_s)
    if not task.done():
        _log.warning("cut-off", what=what, after_s=longest_s)
        task.cancel()
        await asyncio.wait({task}, timeout=ANYTHING_ELSE_ENDS_WITHIN_S)
    elif error := task.exception():
        _log.warning("ended-badly", what=what, error=type(error).__name__)
