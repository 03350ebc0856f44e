"""A channel that is slow with one notice keeps no other notice waiting."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from notifications.channels.port import ChannelKind, FindResult, NotFound, Outgoing, SendResult, Submitted
from notifications.delivery import AttemptState, NoticeState
from notifications.providers import Providers
from tests.awaited import awaited
from tests.contract.storage.books import Books
from tests.contract.storage.test_leases import NOTICE
from tracker.domain.ids import NoticeId
from tracker.loops.notices import NoticeLoop
from tracker.services.delivery.claims import CLAIM_AT_ONCE
from tracker.storage import notices

SECOND = replace(NOTICE, notice_id=NoticeId("notice-2"))


class HeldUp:
    """An SMS channel that answers nothing before it is let go."""

    name = "recorder"
    kind = ChannelKind.SMS

    def __init__(self) -> None:
        self.asked = asyncio.Semaphore(0)
        self.goes_on = asyncio.Event()

    async def send(self, message: Outgoing) -> SendResult:
        self.asked.release()
        await self.goes_on.wait()
        return Submitted(provider_id=message.attempt_id, state=AttemptState.DELIVERED)

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        return NotFound()

    async def close(self) -> None:
        """Nothing is held open."""


async def add(books: Books, notice: notices.Notice) -> None:
    async with books.registry.transaction() as tx:
        await notices.add_notice(tx, notice)


async def states(books: Books) -> list[NoticeState]:
    async with books.registry.reading() as tx:
        found = [await notices.get_notice(tx, one.notice_id) for one in (NOTICE, SECOND)]
    return [one.state for one in found]


async def test_a_second_notice_goes_out_while_the_first_is_held_up(books: Books) -> None:
    channel = HeldUp()
    loop = NoticeLoop(books.registry, Providers([channel]))

    async with loop:
        await add(books, NOTICE)
        await loop.step()
        await add(books, SECOND)
        await loop.step()
        async with awaited("both were handed to the channel"):
            await channel.asked.acquire()
            await channel.asked.acquire()
        while_held_up = await states(books)
        channel.goes_on.set()

    assert while_held_up == [NoticeState.LEASED, NoticeState.LEASED]
    assert await states(books) == [NoticeState.DONE, NoticeState.DONE]


async def test_a_round_by_itself_waits_for_its_sends(books: Books) -> None:
    channel = HeldUp()
    channel.goes_on.set()
    await add(books, NOTICE)
    await add(books, SECOND)

    await NoticeLoop(books.registry, Providers([channel])).step()

    assert await states(books) == [NoticeState.DONE, NoticeState.DONE]


async def test_what_is_more_than_one_claim_goes_out_by_the_next(books: Books) -> None:
    channel = HeldUp()
    channel.goes_on.set()
    many = [replace(NOTICE, notice_id=NoticeId(f"notice-{number}")) for number in range(CLAIM_AT_ONCE + 1)]
    async with books.registry.transaction() as tx:
        await notices.add_notices(tx, many)
    loop = NoticeLoop(books.registry, Providers([channel]))

    rounds = [await loop.step(), await loop.step(), await loop.step()]

    assert rounds == [True, True, False]
    async with books.registry.reading() as tx:
        assert await notices.next_notice_due(tx) is None
