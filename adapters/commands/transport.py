"""Opens the way to the court that an adapter is started for: the broker, the embedded bus of a trial, or two
folders; and what follows from it for the list that must be fetched.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.folder import FolderBus, Folders, FolderSettings
from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.bus.topology import COURT, user_of
from adapters.commands.outset import Outset, Transport
from adapters.edge.carried_log import CarriedLog
from adapters.edge.settings import CourtLog
from adapters.machine import SystemChance, SystemClock
from adapters.running import Part
from adapters.settings import AdapterSettings
from adapters.sqlite import SqliteDatabase
from adapters.station import Station
from adapters.web.court_log import HttpCourtLog

STORE: Final = "line.sqlite"
CARRIED: Final = "carried"
AnyBus: TypeAlias = RabbitBus | EmbeddedBus | FolderBus


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The bus, the loops that carry it with the store that feeds them, and where the list is fetched."""

    bus: AnyBus
    parts: tuple[Part, ...]
    log: CourtLog


@asynccontextmanager
async def opened_way(outset: Outset, station: Station, clock: SystemClock) -> AsyncIterator[Way]:
    """Open inside the block. RabbitMQ is started by the caller, once the edge has subscribed."""
    settings, who = outset.settings, outset.identity.credential
    if outset.transport is Transport.FOLDER:
        async with _by_folder(outset, clock) as folder:
            station.bus_trouble = lambda: folder.trouble
            station.carryings = lambda: folder.carryings
            parts = (Part(loops=folder.loops, on_change=folder.on_change),)
            yield Way(bus=folder, parts=parts, log=CarriedLog(settings.folder / CARRIED))
        return
    log = HttpCourtLog(settings.court_url, outset.identity)
    if settings.bus_file is None:
        url = settings.broker_url_for(who.broker_user, who.broker_password)
        rabbit = RabbitBus(RabbitSettings(url=url), now=clock.now)
        station.bus_trouble = lambda: rabbit.trouble
        yield Way(bus=rabbit, parts=(), log=log)
        return
    database = await SqliteDatabase.open(settings.bus_file)
    try:
        embedded = EmbeddedBus(database, clock.now)
        part = Part(loops=(embedded,), on_change=database.on_commit)
        yield Way(bus=embedded, parts=(part,), log=log)
    finally:
        await database.close()


@asynccontextmanager
async def _by_folder(outset: Outset, clock: SystemClock) -> AsyncIterator[FolderBus]:
    who = outset.identity.credential
    settings = FolderSettings(
        name=f"{who.agency}.{who.instance}",
        user=user_of(who.agency),
        peer=COURT,
        folders=folders_of(outset.settings),
    )
    database = await SqliteDatabase.open(outset.settings.folder / STORE)
    try:
        yield await FolderBus.open(database, settings, clock.now, SystemChance().random_bytes)
    finally:
        await database.close()


def folders_of(settings: AdapterSettings) -> Folders:
    """A command that uses them must need both."""
    assert settings.folder_out is not None
    assert settings.folder_in is not None
    return Folders(outgoing=settings.folder_out, incoming=settings.folder_in)
