"""`adapter run`: one instance of an agency's adapter, until it is told to end.

What must not break: it answers its agency (also that it cannot say) from its first second; the keys of the
list live in memory only; SIGTERM ends it in order within five seconds, and nothing is lost by it.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog

from adapters.bus.rabbitmq import RabbitBus
from adapters.commands.front import Front, screening_in_front
from adapters.commands.interrupted import until_interrupted
from adapters.commands.keys import Obtained, hear_of_court, keys_kept_for, keys_typed_for, obtain_keys
from adapters.commands.lock import locked
from adapters.commands.outset import CannotRun, Outset, Transport, passphrase_in, read_outset_to_run
from adapters.commands.progress import ListProgress
from adapters.commands.transport import opened_way
from adapters.disk import DiskRefuses
from adapters.edge.disk import REMEDY
from adapters.edge.edge import Edge
from adapters.edge.settings import RECEIPTS_EVERY, EdgeKeys, EdgePorts, EdgeSettings
from adapters.logs import configure_logs
from adapters.machine import SystemChance, SystemClock, keep_out_of_dumps, program_loop
from adapters.running import Part, Running
from adapters.sealed_keys import SEALED_KEYS
from adapters.station import Station
from adapters.store.disk import in_the_store
from adapters.web.journey_book import HttpJourneyBook
from adapters.web.local_api import make_local_api
from adapters.web.metrics import measured
from adapters.web.serving import serving
from schemas.enrolment import KeyHandout

ROUNDS_END_WITHIN_S: Final = 1.5
BROKER_ENDS_WITHIN_S: Final = 1.5
LOOKS_FOR_ROOM_EVERY_S: Final = 5.0

log = structlog.get_logger(__name__)


def run(environment: Mapping[str, str], agency: str, transport: Transport, screeners: int = 0) -> None:
    """Returns when it was ended; raises CannotRun. `screeners`: how many processes screen beside this one."""
    keep_out_of_dumps()
    outset = read_outset_to_run(environment, transport)
    own = outset.identity.credential.agency
    if own != agency:
        raise CannotRun(f"the credential in ADAPTER_DATA is of the agency {own}: run it with --agency {own}")
    who = {"agency": own, "instance": outset.identity.credential.instance}
    configure_logs("adapter", outset.settings.log_format, who=who)
    if outset.settings.passphrase_file is not None:
        passphrase_in(outset.settings.passphrase_file)
    with locked(outset.settings.folder):
        typed = keys_kept_for(outset) if transport is Transport.FOLDER else keys_typed_for(outset)
        with asyncio.Runner(loop_factory=program_loop) as runner:
            runner.run(_run(outset, typed, screeners))


async def _run(outset: Outset, typed: KeyHandout | None, screeners: int) -> None:
    await until_interrupted(_serve(outset, typed, screeners), lambda: log.info("adapter-ending"))
    log.info("adapter-ended")


async def _serve(outset: Outset, typed: KeyHandout | None, screeners: int) -> None:
    who = outset.identity.credential
    station = Station(name=f"{who.agency}.{who.instance}", phone_24h=who.phone_24h)
    station.keeping = outset.settings.keeping

    def tell(why: str) -> None:
        station.waits_for = why

    async with _answering(outset, station, screeners):
        if outset.transport is Transport.FOLDER and typed is not None:
            # There is no other way to the court: what was kept counts until others are kept.
            obtained = Obtained(keys=typed, is_old=False)
        else:
            obtained = await obtain_keys(outset, typed, tell)
        while True:
            try:
                with in_the_store():
                    obtained = await _live(outset, station, obtained)
            except DiskRefuses as refused:
                await _wait_for_room(station, str(refused))


async def _wait_for_room(station: Station, why: str) -> None:
    """A full disk lets nothing be opened: that is said until there is room, and then it goes on by itself."""
    trouble = f"what lies on the disk cannot be opened ({why}): nothing is screened; {REMEDY}"
    if station.disk_trouble != trouble:
        log.error("disk-refuses", edge=station.name, what="start", why=why)
    station.disk_trouble = trouble
    await asyncio.sleep(LOOKS_FOR_ROOM_EVERY_S)


@asynccontextmanager
async def _answering(outset: Outset, station: Station, screeners: int) -> AsyncIterator[None]:
    listen, api = outset.settings.listen, measured(make_local_api(station), station)
    async with AsyncExitStack() as stack:
        try:
            if screeners:
                front = Front(wanted=screeners, folder=outset.settings.folder, listen=listen)
                port = await stack.enter_async_context(screening_in_front(api, station, front))
            else:
                port = await stack.enter_async_context(serving(api, listen))
        except OSError as failure:
            raise CannotRun(f"ADAPTER_LISTEN: cannot listen there ({failure.strerror}); change it") from None
        log.info("adapter-listening", adapter=station.name, host=listen.host, port=port)
        yield


async def _live(outset: Outset, station: Station, obtained: Obtained) -> Obtained:
    """Run with these keys. Returns once the court has others; kept keys are held against its own as soon as
    it is heard.
    """
    async with _working(outset, station, obtained.keys) as (edge, parts):
        running = Running(SystemClock().now)
        station.failing = running.failing
        loops = asyncio.create_task(running.run(parts), name="loops")
        closed = asyncio.create_task(_closed_keys(outset, edge, obtained.keys), name="closing")
        changes = [closed]
        if obtained.is_old:
            changes.append(asyncio.create_task(_other_keys(outset, obtained.keys), name="other keys"))
        try:
            await asyncio.wait([loops, *changes], return_when=asyncio.FIRST_COMPLETED)
            for change in changes:
                if change.done():
                    return change.result()
            await loops
        finally:
            running.stop()
            for change in changes:
                change.cancel()
            await asyncio.wait([loops], timeout=ROUNDS_END_WITHIN_S)
            loops.cancel()
            await asyncio.wait([loops, *changes])
    return obtained


async def _closed_keys(outset: Outset, edge: Edge, keys: KeyHandout) -> Obtained:
    """Returns once the court has closed the line, with what is left: no key of the list."""
    await edge.has_been_closed()
    (outset.settings.folder / SEALED_KEYS).unlink(missing_ok=True)
    can_ask = outset.transport is Transport.BROKER
    return Obtained(keys=keys.model_copy(update={"epochs": ()}), is_old=can_ask)


async def _other_keys(outset: Outset, kept: KeyHandout) -> Obtained:
    """Returns when the court hands out other keys than the kept ones; never, when they are the same."""
    heard = await hear_of_court(outset, waits_for_opening=not kept.epochs)
    if heard == kept:
        log.info("kept-keys-confirmed")
        await asyncio.Event().wait()
    log.warning("keys-changed")
    return Obtained(keys=heard, is_old=False)


@asynccontextmanager
async def _working(
    outset: Outset, station: Station, keys: KeyHandout
) -> AsyncIterator[tuple[Edge, Sequence[Part]]]:
    """The edge on its bus, open to the local API inside the block."""
    clock = SystemClock()
    async with opened_way(outset, station, clock) as way:
        bus = way.bus
        edge = await Edge.open(
            _edge_settings(outset, keys),
            _edge_keys(outset, keys),
            bus,
            EdgePorts(
                now=clock.now,
                elapsed=clock.elapsed,
                entropy=SystemChance(),
                log=way.log,
                journeys=_journey_book(outset, clock),
                timed=station.timed,
                worked=clock.worked,
            ),
        )
        try:
            # Before the broker: what is on the disk can be screened by, whoever else is away.
            station.open_edge(edge)
            log.info("adapter-ready", adapter=station.name, epochs=len(keys.epochs))
            if isinstance(bus, RabbitBus):
                await bus.start()
            terminal = sys.stderr if sys.stderr.isatty() else None
            progress = ListProgress(station.name, lambda: edge.list_percent, clock.now, terminal)
            own = Part(loops=(*edge.loops, progress), on_change=edge.on_change)
            yield edge, (own, *way.parts)
        finally:
            await station.leave_edge("the adapter is ending or beginning anew")
            if isinstance(bus, RabbitBus):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bus.close(), BROKER_ENDS_WITHIN_S)
            await edge.close()


def _journey_book(outset: Outset, clock: SystemClock) -> HttpJourneyBook | None:
    url, signing = outset.settings.journeys_url, outset.identity.own.signing
    if not url:
        return None
    return HttpJourneyBook(url=url, signing=signing, now=clock.now, new_id=SystemChance().new_id)


def _edge_settings(outset: Outset, keys: KeyHandout) -> EdgeSettings:
    return EdgeSettings(
        court=keys.court,
        agency=keys.agency,
        kind=keys.kind,
        instance=keys.instance,
        data=outset.settings.folder,
        phone_24h=keys.phone_24h,
        canary_every_s=keys.canary_every_s,
        receipts_every=RECEIPTS_EVERY,
        keeping=outset.settings.keeping,
    )


def _edge_keys(outset: Outset, keys: KeyHandout) -> EdgeKeys:
    own = outset.identity.own
    return EdgeKeys(
        signing=own.signing,
        sealing=own.sealing,
        court_verifying={key.key_id: key.verifying for key in keys.court_verifying},
        court_sealing_public=bytes.fromhex(keys.court_sealing_public),
        epochs=tuple(epoch.keys for epoch in keys.epochs),
    )
