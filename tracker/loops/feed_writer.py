"""The feed writer of a process: numbers what has committed for all agencies together, publishes it, moves
each feed's `published_up_to`.

What must not break: no packet is signed at an earlier moment than a heartbeat or packet with an older head;
the packets of a feed are published in their order; and an agency that cannot be reached, or whose changes
cannot be numbered, keeps no other agency waiting.

While the loop is open as a context, a slow publish is waited for beside the rounds. A feed is apart as long
as anything of it is under way there, and no round takes it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from traceback import format_tb
from typing import Final

import structlog

from adapters.bus.port import Bus, NoQueue
from tracker.domain.ids import AgencyId
from tracker.domain.metering import Happening, Stage
from tracker.loops.side_by_side import SideBySide
from tracker.services.feeds.writer import ToPublish, number_changes, read_round
from tracker.storage import feed_writing
from tracker.storage.feeds import Feed
from tracker.storage.registry import Registry, is_of_rows

TOGETHER_S: Final = 0.25
"""How long a round waits for the slowest publish: the marks are moved in one transaction."""
PAUSE_AFTER_ERROR: Final = timedelta(seconds=1)
SOON: Final = timedelta(milliseconds=50)
"""When to look again for what nobody tells of, and how long a mark waits for the next round."""
_log = structlog.get_logger(__name__)


def writer_of(agency_id: AgencyId) -> str:
    """What is said to fail when the feed of one agency alone does not go on."""
    return f"feed writer {agency_id}"


class FeedWriterLoop(SideBySide):
    """Leased by feed: of several processes one at a time writes it. `agencies` may grow. `failing` holds the
    kind of error of each agency's last try that went wrong, by `writer_of`.
    """

    name = "feed writer"

    def __init__(self, registry: Registry, bus: Bus, agencies: Collection[AgencyId]) -> None:
        self._registry = registry
        self._bus = bus
        self._agencies = agencies
        self._token = registry.new_lease()
        self._watch = registry.watch("feed_change", "feed")
        self._apart: set[AgencyId] = set()
        self._unmarked: dict[str, int] = {}
        self._published_at = registry.now()
        self._has_missed = False
        self._has_left_out = False
        self.failing: dict[str, str] = {}

    @property
    def is_resting(self) -> bool:
        """Nothing can have come up since the last look."""
        return self._watch.is_resting and not self._has_missed

    async def step(self) -> bool:
        """Number one packet of each epoch in force and publish what is numbered; False when nothing waits or
        others write. Without a context it raises what went wrong for one agency, once the others are done.
        """
        if self.is_resting:
            await self._mark_what_waits()
            return False
        ticket = self._watch.ticket
        # Taken before it is seen who is apart: who comes back during the round is passed over by it.
        missed, self._has_missed = self._has_missed, False
        self._has_left_out = False
        asked = sorted(one for one in self._agencies if one not in self._apart)
        try:
            written = await self._number(asked)
        except Exception:
            self._has_missed |= missed
            raise
        for agency_id in {*asked} - self._apart - {one.feed.agency_id for one in written}:
            # Nothing of it waits, or another process writes it.
            self.failing.pop(writer_of(agency_id), None)
        if written:
            await self._publish(written)
        if not any(one.has_more for one in written):
            self._watch.rest(ticket, until=self._registry.now() + SOON if self._has_left_out else None)
        return bool(written)

    async def next_due(self) -> datetime | None:
        """Woken by commits, and soon where a feed does not go on."""
        now = self._registry.now()
        if self._has_missed:
            return now
        if self._apart:
            # Who comes back wakes nobody.
            return now + SOON
        if self._unmarked:
            return min(self._published_at + SOON, self._watch.until or now + SOON)
        return self._watch.until or (now + PAUSE_AFTER_ERROR if self.failing else None)

    async def _number(self, agency_ids: Sequence[AgencyId]) -> Sequence[ToPublish]:
        try:
            return await self._number_together(agency_ids)
        except Exception as error:
            if self._group is None or len(agency_ids) < 2 or not is_of_rows(error):
                raise
        # What cannot be numbered for one agency is found by asking for each alone.
        written: list[ToPublish] = []
        failures: dict[AgencyId, Exception] = {}
        for agency_id in agency_ids:
            try:
                written += await self._number_together([agency_id])
            except Exception as error:
                if not is_of_rows(error):
                    raise
                failures[agency_id] = error
        if len(failures) == len(agency_ids):
            raise failures[agency_ids[0]]
        for agency_id, failure in failures.items():
            self._set_apart(self._group, agency_id, self._rest(agency_id, failure))
        return written

    async def _number_together(self, agency_ids: Sequence[AgencyId]) -> Sequence[ToPublish]:
        async with self._registry.transaction() as tx:
            found = await feed_writing.claim_feeds(tx, agency_ids, self._token)
            claimed = [self._as_published(feed) for feed in found]
            read = await read_round(tx, claimed, agency_ids) if claimed else None
            if read is None or not read.is_all:
                # Whoever holds a feed without writing it tells nobody when it is done.
                self._has_left_out |= await feed_writing.is_any_left_out(tx, agency_ids, self._token, claimed)
            # Not `tx.at`, which is from before the claim has waited for whoever signed for a feed last.
            written = () if read is None else await number_changes(tx, read, self._registry.now())
            done = {one.feed.feed_id: one.up_to for one in written if self._is_only_to_be_marked(one)}
            if done:
                await feed_writing.mark_published(tx, done, self._token)
        for feed in claimed:
            self._unmarked.pop(feed.feed_id, None)
        return [one for one in written if one.feed.feed_id not in done]

    def _as_published(self, feed: Feed) -> Feed:
        """A feed whose mark waited for this round is out further than its row says; a packet writes it."""
        return replace(feed, published_up_to=max(feed.published_up_to, self._unmarked.get(feed.feed_id, 0)))

    def _is_only_to_be_marked(self, one: ToPublish) -> bool:
        """Whether nothing but its mark, which has waited for this round, was left to do for a feed."""
        return one.feed.feed_id in self._unmarked and not one.packets and not one.committed

    async def _publish(self, written: Sequence[ToPublish]) -> None:
        """Each agency's beside the others'. What takes long, or fails, is seen to apart. The next round marks
        what this one has published, or, where none follows soon, a step that has nothing else to do: who dies
        in between publishes it again.
        """
        feeds_of: defaultdict[AgencyId, list[ToPublish]] = defaultdict(list)
        for one in written:
            feeds_of[one.feed.agency_id].append(one)
        if self._group is None:
            await self._publish_in_turn(feeds_of)
            return
        sending = {agency_id: self._group.create_task(self._send(its)) for agency_id, its in feeds_of.items()}
        await asyncio.wait(sending.values(), timeout=TOGETHER_S)
        for agency_id, sent in sending.items():
            if sent.done() and sent.result() is None:
                self.failing.pop(writer_of(agency_id), None)
                self._unmarked |= {one.feed.feed_id: one.up_to for one in feeds_of[agency_id]}
            else:
                finishing = self._finish(agency_id, feeds_of[agency_id], sent)
                self._set_apart(self._group, agency_id, finishing)
        self._published_at = self._registry.now()

    async def _mark_what_waits(self) -> None:
        """No round has come soon enough to do it in a transaction that is needed anyhow."""
        if self._unmarked and self._registry.now() >= self._published_at + SOON:
            await self._mark(self._unmarked)
            self._unmarked = {}

    async def _mark(self, up_to: Mapping[str, int]) -> None:
        async with self._registry.transaction() as tx:
            await feed_writing.mark_published(tx, up_to, self._token)

    async def _publish_in_turn(self, feeds_of: Mapping[AgencyId, Sequence[ToPublish]]) -> None:
        failures = {agency_id: await self._send(its) for agency_id, its in feeds_of.items()}
        published = [one for agency_id, its in feeds_of.items() if failures[agency_id] is None for one in its]
        await self._mark({one.feed.feed_id: one.up_to for one in published})
        for failure in failures.values():
            if failure is not None:
                raise failure

    async def _send(self, its: Sequence[ToPublish]) -> Exception | None:
        """Publish what one agency is to be told, in order; what kept us from it."""
        try:
            for one in its:
                for instance in one.instances:
                    await self._tell(one, instance)
        except Exception as error:
            return error
        self._note_published(its)
        return None

    async def _tell(self, one: ToPublish, instance: str) -> None:
        queue = f"feed.{one.feed.agency_id}.{instance}"
        try:
            for packet in one.packets:
                message_id = f"{one.feed.feed_id}.{packet.first_sequence}"
                await self._bus.publish(queue, packet.envelope, message_id=message_id, sender="court")
        except NoQueue as error:
            # An adapter that has none yet catches up when it comes; its siblings go on.
            _log.error("publish-failed", queue=queue, error=type(error).__name__)
            self._registry.meter.counted(Happening.LOOP_FAILURES, self.name)

    def _note_published(self, its: Sequence[ToPublish]) -> None:
        now, meter = self._registry.now(), self._registry.meter
        for one in its:
            if one.packets:
                _log.info("packets-published", agency=one.feed.agency_id, sequence=one.up_to)
            for committed_at in one.committed:
                waited_s = max(0.0, (now - committed_at).total_seconds())
                meter.timed(Stage.CHANGE_COMMITTED_TO_PUBLISHED, waited_s, one.feed.agency_id)

    def _set_apart(
        self, group: asyncio.TaskGroup, agency_id: AgencyId, until_it_is_back: Coroutine[None, None, None]
    ) -> None:
        self._apart.add(agency_id)
        group.create_task(until_it_is_back)

    def _come_back(self, agency_id: AgencyId) -> None:
        """What was committed for the agency meanwhile has been passed over."""
        self._apart.discard(agency_id)
        self._has_missed = True

    async def _finish(
        self, agency_id: AgencyId, its: Sequence[ToPublish], sent: "asyncio.Task[Exception | None]"
    ) -> None:
        error = await sent
        if error is None:
            try:
                await self._mark({one.feed.feed_id: one.up_to for one in its})
                self.failing.pop(writer_of(agency_id), None)
                self._come_back(agency_id)
                return
            except Exception as unrecorded:
                error = unrecorded
        await self._rest(agency_id, error)

    async def _rest(self, agency_id: AgencyId, error: Exception) -> None:
        """For a moment, before it is tried again: nothing is lost, the lease and the table have it."""
        name = writer_of(agency_id)
        # Where and which kind only: the error's own text may repeat what a row says.
        where = "".join(format_tb(error.__traceback__, limit=-1)).strip()
        _log.error("loop-failed", loop=name, error=type(error).__name__, where=where)
        self._registry.meter.counted(Happening.LOOP_FAILURES, name)
        self.failing[name] = type(error).__name__
        await asyncio.sleep(PAUSE_AFTER_ERROR.total_seconds())
        self._come_back(agency_id)
