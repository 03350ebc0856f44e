"""How many notices a second go out through Twilio's client to a server of this machine, claimed, checked once
more, attempted and recorded; beside the client alone, with as many requests at the same time, as the library
comes and in our engine.

The provider is a process of its own, so that only the court's side is measured.
"""

import argparse
import asyncio
import statistics
import warnings
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self, TypeAlias

import sqlalchemy as sa

from adapters.machine import SystemClock
from notifications.channels.port import Channel, ChannelKind, FindResult, Outgoing, SendResult, Submitted
from notifications.channels.twilio import TwilioSettings, TwilioSms
from notifications.delivery import NoticeState
from scripts.benches.alarmed import AlarmedCourt
from scripts.benches.bare_twilio import BareTwilio
from scripts.benches.port import Run
from scripts.benches.processes import running
from scripts.benches.report import Figure, Outcome, Reference, at_most
from scripts.benches.servers import ServerEngines
from scripts.benches.throughput_ends import NUMBERS, PROVIDER, TEXT
from scripts.benches.timing import processor_seconds, seconds
from scripts.engines.processes import LOCAL
from scripts.town.twilio_server import ACCOUNT, TOKEN
from tracker.loops.notices import MOST_UNDER_WAY
from tracker.storage.tables import notices
from tracker.storage.tables.court import person

SHARE: Final = 0.55
CHECKED_WITHIN_S: Final = 1.0
SMS_OF_AN_ALERT: Final = 2
ALL_OUT_WITHIN_S: Final = 600.0
FLOOD: Final = 8000
"""Some four seconds: of three thousand, a twentieth of the time was the beginning and the end."""
LOOK_EVERY_S: Final = 0.005
SETTINGS: Final = TwilioSettings(
    account_sid=ACCOUNT,
    auth_token=TOKEN,
    sender="+12025550100",
    callback_url="https://court.example/callbacks/twilio/status",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Size."""
    parser.add_argument("--notices", type=int, help="of one run (default 8000, quick 40)")
    parser.add_argument("--runs", type=int, help="of ours and of the client alone (default 5, quick 1)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many a second, and what each costs this process of the processor."""

    a_second: float
    cost_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something began, by the clock and by this process's use of the processor."""

    at_s: float
    used_s: float

    @classmethod
    def now(cls) -> Self:
        return cls(at_s=seconds(), used_s=processor_seconds())

    def pace_of(self, count: int) -> Pace:
        """Of so many since then."""
        used_s = processor_seconds() - self.used_s
        return Pace(a_second=count / (seconds() - self.at_s), cost_ms=1000 * used_s / count)


class Stamped:
    """The client, and when each message was handed to it."""

    def __init__(self, client: TwilioSms) -> None:
        self._client = client
        self.name = client.name
        self.kind = client.kind
        self.handed: dict[str, datetime] = {}

    async def send(self, message: Outgoing) -> SendResult:
        self.handed[message.attempt_id] = SystemClock().now()
        return await self._client.send(message)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        return await self._client.find_sent(message, since=since, but=but)

    async def close(self) -> None:
        await self._client.close()


async def measure(run: Run) -> Outcome:
    """Ours and the client alone in turn, to the same provider."""
    asked = run.asked
    count = asked.notices or (40 if asked.is_quick else FLOOD)
    runs = asked.runs or (1 if asked.is_quick else 5)
    ours: list[Pace] = []
    engine: list[Pace] = []
    bare: list[Pace] = []
    async with (
        run.servers(run.folder) as servers,
        running("scripts.benches.throughput_ends", PROVIDER) as said,
    ):
        address = f"http://{LOCAL}:{said['port']:.0f}"
        settings = replace(SETTINGS, base_url=address)
        channel, client = Stamped(TwilioSms(settings)), BareTwilio(settings)
        engines = ServerEngines(servers, run.folder.name)
        async with AlarmedCourt.opened(run.folder / "court", engines, [channel]) as court:
            await _give_numbers(court)
            for number in range(1, runs + 1):
                ours.append(await _ours(court, channel, count))
                engine.append(await _pace(_by_engine(channel), count))
                bare.append(await _pace(_by_library(client), count))
                run.say(
                    f"run {number} of {runs}: {ours[-1].a_second:.0f}/s (alone {bare[-1].a_second:.0f}/s)"
                )
            checked_s = await _checked_before(court, channel)
        await channel.close()
        await client.close()
        versions = await servers.versions()
    return Outcome(figures=_figures(ours, engine, bare, checked_s), versions=versions)


async def _give_numbers(court: AlarmedCourt) -> None:
    """No provider sends to the numbers of invented people."""
    async with court.registry.transaction() as tx:
        for person_id, number in NUMBERS.items():
            sealed = tx.seal(number, f"person.phone:{person_id}")
            theirs = sa.update(person).where(person.c.id == person_id)
            await tx.run(theirs.values(phone=sealed, phone_index=tx.index("phone", number)))


async def _ours(court: AlarmedCourt, channel: Stamped, count: int) -> Pace:
    """So many SMS are due at once; how fast they were sent and recorded."""
    await court.raise_alerts(count // SMS_OF_AN_ALERT)
    column = notices.notice.c
    others = sa.update(notices.notice).where(column.state == NoticeState.DUE)
    async with court.registry.transaction() as tx:
        await tx.run(others.where(column.channel != ChannelKind.SMS).values(state=NoticeState.CANCELLED))
    handed = len(channel.handed) + count
    began = Moment.now()
    async with asyncio.timeout(ALL_OUT_WITHIN_S), court.at_work("notices"):
        while len(channel.handed) < handed:  # noqa: ASYNC110 - not in the books, which are at work
            await asyncio.sleep(LOOK_EVERY_S)
        while await _waiting(court):  # noqa: ASYNC110 - asked in the books, as nobody tells
            await asyncio.sleep(LOOK_EVERY_S)
        return began.pace_of(count)


async def _waiting(court: AlarmedCourt) -> int:
    waits = notices.notice.c.state.in_([NoticeState.DUE, NoticeState.LEASED])
    async with court.registry.reading() as tx:
        row = await tx.row(sa.select(sa.func.count()).select_from(notices.notice).where(waits))
    return 0 if row is None else int(row[0])


Send: TypeAlias = Callable[[str, str], Awaitable[object]]
"""Of one message: to whom, and our id of it."""


def _by_engine(channel: Channel) -> Send:
    async def send(to: str, attempt_id: str) -> None:
        sent = await channel.send(Outgoing(attempt_id=attempt_id, to=to, text=TEXT))
        assert isinstance(sent, Submitted), sent

    return send


def _by_library(client: BareTwilio) -> Send:
    return lambda to, attempt_id: client.send(to, TEXT, attempt_id)


async def _pace(send: Send, count: int) -> Pace:
    """So many messages, as many at the same time as the court has under way."""
    turn = asyncio.Semaphore(MOST_UNDER_WAY)
    number = next(iter(NUMBERS.values()))

    async def send_in_turn(position: int) -> None:
        async with turn:
            await send(number, f"alone-{position}")

    with warnings.catch_warnings():
        # The library builds its requests by what aiohttp deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        began = Moment.now()
        await asyncio.gather(*(send_in_turn(position) for position in range(count)))
        return began.pace_of(count)


async def _checked_before(court: AlarmedCourt, channel: Stamped) -> Sequence[float]:
    """How old the last look at its alert was when each message was handed over."""
    attempt = notices.attempt.c
    async with court.registry.reading() as tx:
        rows = await tx.rows(sa.select(attempt.id, attempt.submitted_at))
    return [(channel.handed[row.id] - row.submitted_at).total_seconds() for row in rows]


def _figures(
    ours: Sequence[Pace], engine: Sequence[Pace], bare: Sequence[Pace], checked_s: Sequence[float]
) -> list[Figure]:
    def beside_bare(name: str, unit: str, told: Callable[[Pace], float], runs: Sequence[Pace]) -> Figure:
        reference = Reference(name="the client alone", value=statistics.median(told(one) for one in bare))
        return Figure(name=name, unit=unit, runs=[told(one) for one in runs], reference=reference)

    rate = beside_bare("notices", "notices/s", lambda one: one.a_second, ours)
    is_met = rate.ratio is not None and rate.ratio >= SHARE
    oldest = Figure(name="last look at its alert, oldest", unit="s", runs=[max(checked_s)])
    return [
        replace(rate, target=f">= {SHARE:g} of it", is_met=is_met),
        beside_bare("processor time of a notice", "ms", lambda one: one.cost_ms, ours),
        beside_bare("our engine alone", "messages/s", lambda one: one.a_second, engine),
        beside_bare("processor time of a message of the engine", "ms", lambda one: one.cost_ms, engine),
        at_most(CHECKED_WITHIN_S, oldest),
    ]
