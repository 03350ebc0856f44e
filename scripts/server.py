"""The demonstration as a server: the whole system, its loops and its pages, until somebody ends it.

What must not break: an interrupt ends streams, loops, adapters and databases in this order, without a
traceback and within two seconds, and the next start goes on with the same data.
"""

import asyncio
import contextlib
import errno
import logging
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from aiohttp import web

from adapters.logs import configure_logs
from adapters.machine import SystemClock, program_loop
from adapters.running import Part, run_until_cancelled
from notifications.channels.recorder import Recorder
from schemas.measures import AgencyKind
from scripts.data_folder import KEYS, CannotStart, clear, locked
from scripts.demo.listed import list_demo_people
from scripts.demo.mount import add_demonstration
from scripts.demo.pages import Demonstration
from scripts.demo.phones import Phones
from scripts.demo.windows import Window
from scripts.greeting import Welcome, welcome
from scripts.partners import PARTNERS
from scripts.pump import is_periodic, settle
from scripts.simulate import Outings, Traffic
from scripts.system import Shifts, System, World
from scripts.tickets import TicketBook
from scripts.webhook_keys import write_key_files
from tracker.domain.court_time import court_day
from tracker.entropy import SystemEntropy
from tracker.key_files import KeyFileUnusable
from tracker.web.app import make_app
from tracker.web.settings import Language, WebSettings

HOST = "127.0.0.1"
LONGEST_ANSWER_S = 1.0
"""How long a request that is under way may still take when the server is ended."""
ROSTER_REACHES = timedelta(days=366)
KEYS_LOST = CannotStart(
    "密钥文件已损坏或缺少密钥：请放回备份，或用 --fresh 重新开始",
    "the key file is damaged or lacks keys: put your copy back, or start anew with --fresh",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for. `rate`: simulated card uses per second."""

    data: Path
    port: int
    language: Language
    is_fresh: bool
    rate: float


def run_server(options: Options) -> int:
    """Serve until interrupted; the exit code."""
    configure_logs("demonstration", "plain", level=logging.WARNING)
    try:
        with locked(options.data), _listening(options.port) as listener:
            if options.is_fresh:
                clear(options.data)
            with asyncio.Runner(loop_factory=program_loop) as runner:
                runner.run(_serve(options, listener))
    except CannotStart as reason:
        return _complain(options.language, reason)
    except KeyFileUnusable:
        return _complain(options.language, KEYS_LOST)
    return 0


def _complain(language: Language, reason: CannotStart) -> int:
    print(f"error: {reason.zh if language == 'zh' else reason.en}", file=sys.stderr)
    return 1


def _listening(port: int) -> socket.socket:
    """Bound before anything is opened, so that a busy port is known at once."""
    try:
        return socket.create_server((HOST, port))
    except OSError as failure:
        if failure.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"端口 {port} 已被其他程序占用，请用 --port 另选一个，例如 --port {port + 1}",
                f"port {port} is taken by another program: choose another, such as --port {port + 1}",
            ) from failure
        raise CannotStart(
            f"无法在端口 {port} 上监听（{failure.strerror}），请用 --port 另选一个",
            f"cannot listen on port {port} ({failure.strerror}): choose another with --port",
        ) from failure


async def _serve(options: Options, listener: socket.socket) -> None:
    interrupted = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, interrupted.set)
    clock, recorder = SystemClock(), Recorder()
    async with _opened(options, clock, recorder) as system:
        phones = Phones(recorder, clock.now)
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        windows = {
            partner.kind: Window(partner, system.edges[partner.kind], _tickets_of(system, partner.kind))
            for partner in PARTNERS
        }
        demonstration = Demonstration(
            registry=system.court.registry,
            phones=phones,
            windows=windows,
            rate=options.rate,
            started_at=clock.now(),
        )
        settings = WebSettings(
            court_id=system.court.court_id,
            public_url=url,
            language=options.language,
            wake=system.court.database,
            providers=system.court.providers,
        )
        app = make_app(system.court.registry, settings)
        add_demonstration(app, demonstration)
        system.on_change(demonstration.live.wake)
        phones.listen(demonstration.live.wake)
        parts = (*system.parts, *_simulated(options.rate, windows, clock))
        async with _running(app, listener, parts, clock):
            keys = write_key_files(options.data / KEYS, system.webhook_keys)
            print(welcome(Welcome(url=url, keys=keys, rate=options.rate), options.language), flush=True)
            await interrupted.wait()


@asynccontextmanager
async def _opened(options: Options, clock: SystemClock, recorder: Recorder) -> AsyncIterator[System]:
    world = World(
        data=options.data,
        clock=clock,
        entropy=SystemEntropy(),
        shifts=_shifts_around(court_day(clock.now())),
        recorder=recorder,
        language=options.language,
        tickets=TicketBook(clock.now),
    )
    system = await System.open(world)
    try:
        await list_demo_people(system.court.registry)
        # The list is in force at every agency, and proven by a heartbeat, before anybody is invited to try.
        await settle([loop for loop in system.loops if not is_periodic(loop)])
        await settle(system.loops)
        yield system
    finally:
        await system.close()


def _shifts_around(today: date) -> Shifts:
    first, last = today - timedelta(days=1), today + ROSTER_REACHES
    return Shifts(first=first, last=last, duty=(first, last))


def _tickets_of(system: System, kind: AgencyKind) -> TicketBook | None:
    return system.world.tickets if kind is AgencyKind.RAIL else None


def _simulated(rate: float, windows: dict[AgencyKind, Window], clock: SystemClock) -> tuple[Part, ...]:
    """Traffic asks nothing of any store, so nothing wakes it but time."""
    if rate == 0:
        return ()
    chance = random.SystemRandom()
    traffic = Traffic(windows, rate, chance, clock.now)
    outings = Outings(windows, chance, clock.now)
    return (Part(loops=(traffic, outings), on_change=lambda _wake: None),)


@asynccontextmanager
async def _running(
    app: web.Application, listener: socket.socket, parts: Sequence[Part], clock: SystemClock
) -> AsyncIterator[None]:
    """The pages answer and the loops run; at the end the streams end first, then the loops."""
    loops = asyncio.create_task(run_until_cancelled(parts, clock.now))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LONGEST_ANSWER_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
        loops.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loops
