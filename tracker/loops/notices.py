"""Sends notices: claim, send outside any transaction, record. The channels are asked for nothing while one is
open.

While the loop is open as a context, a slow channel delays no other notice: sends go on between its rounds,
and what several channels answered meanwhile is written together.
"""

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from datetime import datetime
from types import TracebackType
from typing import TypeVar

import structlog

from notifications.channels.port import FindResult, Unknown
from notifications.providers import Providers
from tracker.domain.ids import AlertId, LeaseToken
from tracker.domain.metering import Happening, Stage
from tracker.loops.answers import Answers
from tracker.loops.side_by_side import SideBySide
from tracker.services.delivery.claims import CLAIM_AT_ONCE, claim_sendings
from tracker.services.delivery.departures import Departures
from tracker.services.delivery.results import Answered, record_looked_up
from tracker.services.delivery.sendings import Errand, Sending, looked_for_since
from tracker.storage.notices import Notice, next_notice_due
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

# Each shorter than a lease: whoever has looked up or sent is still the one who works on it.
LONGEST_LOOK_UP_S = 8.0
LONGEST_SEND_S = 20.0
MOST_UNDER_WAY = 200
"""Requests without an answer, and answers that are not written, each."""
LOOKED_UP_AT_ONCE = 4
"""What look-ups found is written one by one, by so many connections at most: others need them too."""
LONGEST_CLAIM_S = 0.2
FEWEST_CLAIMED = 25
T = TypeVar("T")
_log = structlog.get_logger(__name__)


class NoticeLoop(SideBySide):
    """Several may run; each claims its own notices."""

    name = "notices"

    def __init__(self, registry: Registry, providers: Providers) -> None:
        self._registry = registry
        self._providers = providers
        self._watch = registry.watch("notice")
        self._departures = Departures(providers=providers, sender=self, new_lease=registry.new_lease)
        self._handed_over: list[tuple[Sequence[Sending], LeaseToken]] = []
        self._is_over = False
        self._answers = Answers(registry, self.name)
        self._under_way: set[asyncio.Task[None]] = set()
        self._looked_up = asyncio.Semaphore(LOOKED_UP_AT_ONCE)
        self._has_room = asyncio.Event()
        self._at_most = CLAIM_AT_ONCE

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        try:
            await super().__aexit__(kind, error, trace)
        finally:
            await self._answers.settle()

    @property
    def is_resting(self) -> bool:
        """Nothing can have come up since the last look."""
        return self._watch.is_resting and not self._handed_over

    async def write(self, tx: Tx, written: Sequence[Notice], imminent: Collection[AlertId]) -> None:
        """Put the first notices of alerts into the books; those for which there is room go out with the
        commit of their alerts. `imminent`: those of the alerts that are.
        """
        await self._departures.write(tx, written, imminent)

    def room(self) -> int:
        """For how many notices that nobody has claimed. None while others wait, which may be more urgent."""
        if self._is_over or not self._watch.is_quiet:
            return 0
        return max(0, MOST_UNDER_WAY - max(len(self._under_way), len(self._answers)))

    def take_over(self, sendings: Sequence[Sending], token: LeaseToken) -> None:
        """Begin to send at once, or in the next round of a loop that is no context."""
        if self._group is None:
            self._handed_over.append((sendings, token))
        else:
            self._begin(self._group, sendings, token)

    async def step(self) -> bool:
        """Send one claim of due notices, side by side."""
        if self._handed_over:
            await self._start(*self._handed_over.pop(0))
            return True
        if self.is_resting:
            return False
        ticket, token, at_most = self._watch.ticket, self._registry.new_lease(), self._at_most
        # Without a look first: whoever is woken by a commit finds something nearly always.
        async with self._registry.transaction() as tx:
            sendings = await claim_sendings(tx, token, self._providers, at_most)
            # After a full claim there is hardly ever nothing left.
            due_at = tx.at if len(sendings) == at_most else await next_notice_due(tx)
        self._at_most = claimed_next(at_most, (self._registry.now() - tx.at).total_seconds())
        await self._start(sendings, token)
        is_more_due = due_at is not None and due_at <= self._registry.now()
        if not is_more_due:
            self._watch.rest(ticket, due_at)
        return is_more_due or bool(sendings)

    async def _start(self, sendings: Sequence[Sending], token: LeaseToken) -> None:
        if self._group is None:
            async with asyncio.TaskGroup() as group:
                for sending in sendings:
                    group.create_task(self._run(sending, token))
            await self._answers.settle()
            return
        self._begin(self._group, sendings, token)
        while len(self._under_way) > MOST_UNDER_WAY - CLAIM_AT_ONCE:
            self._has_room.clear()
            await self._has_room.wait()
        await self._answers.until_at_most(MOST_UNDER_WAY)

    def _begin(self, group: asyncio.TaskGroup, sendings: Sequence[Sending], token: LeaseToken) -> None:
        for sending in sendings:
            task = group.create_task(self._run(sending, token))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if len(self._under_way) <= MOST_UNDER_WAY - CLAIM_AT_ONCE:
            self._has_room.set()

    async def _run(self, sending: Sending, token: LeaseToken) -> None:
        try:
            if sending.errand is Errand.SEND:
                await self._send(sending, token)
            else:
                await self._look_up(sending, token)
        except Exception as error:
            # One sending must not end those beside it; its lease runs out, and then it is looked up.
            _log.error("sending-failed", notice=sending.notice.notice_id, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)

    async def _look_up(self, sending: Sending, token: LeaseToken) -> None:
        found = await self._find(sending)
        async with self._looked_up, self._registry.transaction() as tx:
            await record_looked_up(tx, sending, found, token)

    async def _find(self, sending: Sending) -> FindResult:
        channel = self._providers.find(sending.notice.channel, sending.attempt.provider)
        if channel is None:
            return Unknown(reason="nobody is left to ask")
        since = looked_for_since(sending.attempt)
        looking = channel.find_sent(sending.outgoing, since=since, but=sending.others)
        return await _answer(looking, LONGEST_LOOK_UP_S)

    async def _send(self, sending: Sending, token: LeaseToken) -> None:
        channel = self._providers.find(sending.notice.channel, sending.attempt.provider)
        assert channel is not None, "a way was chosen that is not there"
        handed_at = self._registry.now()
        self._time_to_wire(sending, handed_at)
        result = await _answer(channel.send(sending.outgoing), LONGEST_SEND_S)
        answered_at = self._registry.now()
        answered_s = (answered_at - handed_at).total_seconds()
        try:
            self._providers.answered(channel, sending.notice.notice_id, result, answered_at)
        finally:
            # Whatever is made of it: an answer that is not written is a message sent twice.
            self._answers.add(Answered(sending=sending, result=result, token=token))
        by, to = channel.name, sending.route.country
        self._registry.meter.timed(Stage.WIRE_TO_ANSWERED, max(0.0, answered_s), by, to)

    def _time_to_wire(self, sending: Sending, handed_at: datetime) -> None:
        """From the commit that made the notice, where it was due at once, and from the claim."""
        notice, channel = sending.notice, sending.notice.channel.value
        timed = self._registry.meter.timed
        claimed_s = (handed_at - sending.attempt.submitted_at).total_seconds()
        timed(Stage.NOTICE_CLAIMED_TO_WIRE, max(0.0, claimed_s), channel)
        if notice.due_at == notice.created_at:
            committed_s = (handed_at - notice.created_at).total_seconds()
            timed(Stage.NOTICE_COMMITTED_TO_WIRE, max(0.0, committed_s), channel)

    async def next_due(self) -> datetime | None:
        """When the earliest waiting notice is due."""
        return self._watch.until if self._watch.is_resting else await self._look()

    async def _look(self) -> datetime | None:
        async with self._registry.reading() as tx:
            return await next_notice_due(tx)


def claimed_next(at_most: int, took_s: float) -> int:
    """How many to claim after a claim of at most so many took so long: on a machine that does not keep up the
    look whether a notice is still wanted must not grow old before its request.
    """
    return max(FEWEST_CLAIMED, at_most // 2) if took_s > LONGEST_CLAIM_S else min(CLAIM_AT_ONCE, 2 * at_most)


async def _answer(asked: Awaitable[T], longest_s: float) -> T | Unknown:
    """What the channel answered; without an answer, for whatever reason, nobody knows what it did."""
    try:
        async with asyncio.timeout(longest_s):
            return await asked
    except TimeoutError:
        return Unknown(reason="no answer in time")
    except Exception as error:
        _log.error("channel-failed", error=type(error).__name__)
        return Unknown(reason="the channel failed")
