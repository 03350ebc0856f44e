"""Clocks that are set, workers that are late, two processes on one court: nothing is lost or done twice."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.machine import SystemClock
from notifications.channels.port import Channel, ChannelKind, FindResult, Outgoing, SendResult
from notifications.channels.recorder import Recorder
from tests.awaited import awaited
from tests.engines import Servers as SharedServers
from tests.faults.town import Nature, Servers, Town, eventually, everybody_told, second_court, town
from tracker.storage.tables import notices as notice_tables


class WrongClock(SystemClock):
    """The machine's clock, which somebody sets; the elapsed clock does not follow."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


class SlowAnswer:
    """A provider that has taken the message, and whose answer does not come until it is let go."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.name = channel.name
        self.kind = channel.kind
        self.taken = asyncio.Semaphore(0)
        self.answers = asyncio.Event()

    async def send(self, message: Outgoing) -> SendResult:
        taken = await self._channel.send(message)
        self.taken.release()
        await self.answers.wait()
        return taken

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        return await self._channel.find_sent(message, since=since, but=but)

    async def close(self) -> None:
        await self._channel.close()


@pytest.fixture
async def both(servers: SharedServers) -> Servers:
    return Servers(postgres=await servers.postgres(), rabbit=await servers.rabbit())


@pytest.fixture
async def at_work(tmp_path: Path, both: Servers) -> AsyncIterator[Town]:
    async with town(tmp_path, both) as at_work:
        yield at_work


async def leases_run_out(at_work: Town) -> None:
    """As if thirty seconds of the database's clock had gone by for every notice that is being sent."""
    notice = notice_tables.notice
    async with at_work.system.court.registry.transaction() as tx:
        await tx.run(sa.update(notice).where(notice.c.state == "leased").values(lease_until=1.0))


async def test_two_processes_of_the_court_share_the_work(at_work: Town) -> None:
    wanted = await at_work.lists(6)
    async with second_court(at_work):
        await at_work.use_cards(wanted)

        assert await at_work.evidence(6) == everybody_told(6)


async def test_one_of_two_processes_ends_in_the_middle_of_the_work(at_work: Town) -> None:
    wanted = await at_work.lists(6)
    async with second_court(at_work):
        await at_work.use_cards(wanted[:3])
    await at_work.use_cards(wanted[3:])

    assert await at_work.evidence(6) == everybody_told(6)


async def test_a_lease_ends_while_its_holder_still_waits_for_the_provider(
    tmp_path: Path, both: Servers
) -> None:
    recorder = Recorder()
    sms = SlowAnswer(recorder.channel(ChannelKind.SMS))
    push = recorder.channel(ChannelKind.PUSH)
    nature = Nature(recorder=recorder, channels=(sms, push))
    async with town(tmp_path, both, nature) as at_work, second_court(at_work):
        wanted = await at_work.lists(1)
        await at_work.use_cards(wanted)
        async with awaited("the provider has taken the SMS to both"):
            await sms.taken.acquire()
            await sms.taken.acquire()
        await leases_run_out(at_work)
        await eventually(at_work.has_settled_every_notice)
        sms.answers.set()

        assert await at_work.evidence(1) == everybody_told(1)


async def test_the_clock_is_set_forward_and_back(tmp_path: Path, both: Servers) -> None:
    clock = WrongClock()
    async with town(tmp_path, both, Nature(clock=clock)) as at_work:
        wanted = await at_work.lists(3)
        await at_work.use_cards(wanted[:1])
        await at_work.told_of(wanted[:1])
        # After three minutes the ladder climbs, after eight both are told again that the agency waits.
        clock.ahead = timedelta(minutes=2)
        await at_work.use_cards(wanted[1:2])
        await at_work.told_of(wanted[:2])
        clock.ahead = timedelta()
        await at_work.use_cards(wanted[2:])

        assert await at_work.evidence(3) == everybody_told(3)
