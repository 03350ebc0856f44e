"""Opens the bus that the settings name."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.port import Bus
from adapters.bus.rabbitmq import RabbitBus, RabbitSettings
from adapters.machine import SystemClock
from adapters.running import Part
from adapters.sqlite import SqliteDatabase
from tracker.settings import TrackerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class BusLine:
    """The bus, the loops that carry it (the embedded one has some), what is wrong with it just now, which
    agencies' dead letters are full, and which of the queues that should be there are not.
    """

    bus: Bus
    parts: tuple[Part, ...]
    trouble: Callable[[], str | None]
    full: Callable[[], Sequence[str]]
    missing_queues: Callable[[Iterable[str]], Awaitable[Sequence[str]]]


async def open_bus(
    settings: TrackerSettings, clock: SystemClock, opened: AsyncExitStack, agencies: Iterable[str] = ()
) -> BusLine:
    """The bus; RabbitMQ may be away and come later. `agencies`: whose dead letters are looked after."""
    file = settings.bus_file
    if file is not None:
        database = await SqliteDatabase.open(file)
        opened.push_async_callback(database.close)
        embedded = EmbeddedBus(database, clock.now)
        part = Part(loops=(embedded,), on_change=database.on_commit)
        return BusLine(
            bus=embedded, parts=(part,), trouble=lambda: None, full=lambda: (), missing_queues=_none_missing
        )
    rabbit = RabbitBus(
        RabbitSettings(url=settings.broker_url.get_secret_value()), now=clock.now, agencies=agencies
    )
    await rabbit.start()
    opened.push_async_callback(rabbit.close)
    return BusLine(
        bus=rabbit,
        parts=(),
        trouble=lambda: rabbit.trouble_of_all,
        full=lambda: rabbit.full,
        missing_queues=rabbit.missing_queues,
    )


async def _none_missing(_names: Iterable[str]) -> Sequence[str]:
    """The embedded bus makes a queue with its first message."""
    return ()
