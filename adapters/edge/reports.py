"""Publishes what the edge has to say, in order, and writes its receipts.

A report leaves the store only after something durable on the bus has it. Receipts are cumulative: one tells
where the replica stands now and which withdrawals it has applied since the last, so that many changes need
but one, and a heartbeat that changes nothing needs none. No receipt is written while any process still looks
at what was there before.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.bus.backoff import is_resting
from adapters.commits import after_commit
from adapters.edge.parts import EdgeParts
from adapters.edge.posted import Post, in_runs
from adapters.edge.settings import EdgeStage
from adapters.replica.values import FeedKey
from adapters.sqlite import Tx
from adapters.store.refused import keep_refused
from adapters.store.reports import (
    forget_withdrawn,
    list_gone,
    list_reports,
    list_withdrawn,
    record_told,
    remove_gone,
    remove_reports,
)
from schemas.messages import GoneReference, Receipt
from schemas.refused import RefusedLately

AT_ONCE: Final = 50
FIRST_BACKOFF: Final = timedelta(seconds=1)
LONGEST_BACKOFF: Final = timedelta(seconds=60)
A_LOOK: Final = timedelta(milliseconds=20)
"""Longer than another process looks at the replica, unless it hangs."""

_log = structlog.get_logger(__name__)


class Reporter:
    def __init__(self, parts: EdgeParts) -> None:
        self.name = f"reports.{parts.settings.name}"
        self._parts = parts
        self._queue = f"from.{parts.settings.agency}"
        self._sender = f"agency.{parts.settings.agency}"
        # After a start the court is told where each feed stands: a receipt may have died with the process.
        self._due_receipts = set(parts.replica.states)
        self._on_the_way: int | None = None
        self._timed = frozenset[FeedKey]()
        self._seen_gone = self._seen_reports = 0
        self._failures = 0
        self._waits_for_readers = False
        self._paced_until: datetime | None = None
        self._resume_at: datetime | None = None
        parts.refusals.tell = self._owe_receipt_of_refused

    def owe_receipt(self, feed: FeedKey) -> None:
        self._due_receipts.add(feed)
        # Nothing is in the store that was not there: only who waits for the list need look.
        self._parts.changes.wake()

    def _owe_receipt_of_refused(self) -> None:
        """With what is said of the list; before there is one, it waits for that."""
        for feed in self._parts.line.feeds[:1]:
            self.owe_receipt(feed)

    def tell_on_the_way(self, feed: FeedKey, percent: int | None) -> None:
        """So much of a feed's whole list has come; None: it is on its way no more."""
        if percent != self._on_the_way:
            self._on_the_way = percent
            self.owe_receipt(feed)

    @property
    def is_resting(self) -> bool:
        """There is nothing to report since the last look, nor a receipt due that it did not know of."""
        changes = self._parts.changes
        is_known = changes.of("gone") == self._seen_gone and changes.of("reports") == self._seen_reports
        return is_known and self._due_receipts <= self._timed

    async def step(self) -> bool:
        if self._is_backing_off():
            return False
        wrote = await self._write_receipts()
        published = await self._publish_waiting()
        return wrote or published

    async def next_due(self) -> datetime | None:
        self._timed = frozenset(self._due_receipts)
        if self._is_backing_off():
            return self._resume_at
        if self._waits_for_readers:
            return self._parts.ports.now() + A_LOOK
        if self._due_receipts and not self._parts.line.is_closed:
            # The pause may have ended, or a receipt fallen due, since the step looked.
            return self._paced_until if self._is_paced() else self._parts.ports.now()
        return self._resume_at

    def _is_paced(self) -> bool:
        """Whether the last receipt went out only now, so that one more waits for what comes next."""
        return is_resting(self._paced_until, self._parts.ports.now(), self._parts.settings.receipts_every)

    def _is_backing_off(self) -> bool:
        return is_resting(self._resume_at, self._parts.ports.now(), LONGEST_BACKOFF)

    async def _write_receipts(self) -> bool:
        if self._parts.line.is_closed:
            # The court takes no more of them, and there is nothing to tell.
            return False
        # Taken before the state is read: what is applied meanwhile owes a receipt of its own.
        due, self._due_receipts = frozenset(self._due_receipts), set()
        try:
            return await self._write_receipts_for(due)
        except BaseException:
            self._due_receipts |= due
            raise

    async def _write_receipts_for(self, due: frozenset[FeedKey]) -> bool:
        if not await self._is_anybody_gone() and (not due or self._is_paced()):
            self._due_receipts |= due
            return False
        await self._parts.replica.tell_generation()
        async with self._parts.database.transaction() as tx:
            gone = await list_gone(tx)
            heads = {feed: self._parts.replica.state(feed).head() for feed in sorted(due | gone.keys())}
            # Asked last: nobody may look any more at what was there before anything of this.
            self._waits_for_readers = not self._parts.replica.is_seen_by_all()
            if self._waits_for_readers:
                self._due_receipts |= due
                return False
            for feed, head in heads.items():
                said = Receipt(
                    head=head,
                    gone=_references(gone.get(feed, ())),
                    percent=self._on_the_way,
                    # Once, whichever list it is said with.
                    refused=await self._take_refused(tx) if feed == max(heads) else (),
                )
                await self._write_receipt(tx, feed, said)
            if gone:
                await remove_gone(tx)
        self._paced_until = self._parts.ports.now() + self._parts.settings.receipts_every
        return True

    async def _is_anybody_gone(self) -> bool:
        """Whether the court was not told yet of somebody who was withdrawn."""
        version = self._parts.changes.of("gone")
        if version == self._seen_gone:
            return False
        async with self._parts.database.reading() as tx:
            is_anybody = bool(await list_gone(tx))
        if not is_anybody:
            self._seen_gone = version
        return is_anybody

    async def _take_refused(self, tx: Tx) -> tuple[RefusedLately, ...]:
        """What was refused and not told yet; told, once the transaction is committed."""
        refusals = self._parts.refusals
        untold = refusals.untold()
        if untold:
            await keep_refused(tx, refusals.counted_with(untold).values())
            after_commit(tx, lambda: refusals.told(untold))
        return untold

    async def _write_receipt(self, tx: Tx, feed: FeedKey, said: Receipt) -> None:
        withdrawn = await list_withdrawn(tx, feed)
        receipt = said.model_copy(update={"withdrawn": _references(withdrawn)})
        await self._parts.envelopes.report(tx, receipt, feed)
        await record_told(tx, feed, receipt.head.sequence)
        if withdrawn:
            await forget_withdrawn(tx, feed)

    async def _publish_waiting(self) -> bool:
        version = self._parts.changes.of("reports")
        published: list[str] = []
        try:
            waiting = await self._list_waiting()
            for run in in_runs(waiting):
                await self._publish(run, published)
        except Exception as error:
            self._parts.envelopes.posted.forget()
            self._back_off(error)
        else:
            self._failures, self._resume_at = 0, None
            if not waiting:
                self._seen_reports = version
        if published:
            await self._remove(published)
        return bool(published)

    async def _publish(self, run: Sequence[Post], published: list[str]) -> None:
        """Side by side; the first error of any once all have ended."""
        ends = await asyncio.gather(*(self._publish_one(one) for one in run), return_exceptions=True)
        published += [one.message_id for one, end in zip(run, ends, strict=True) if end is None]
        for failure in filter(None, ends):
            raise failure

    async def _publish_one(self, one: Post) -> None:
        await self._parts.bus.publish(
            self._queue, one.envelope, message_id=one.message_id, sender=self._sender
        )
        self._tell_published(one.message_id, self._parts.envelopes.waited_s(one.envelope))

    async def _list_waiting(self) -> Sequence[Post]:
        """The oldest reports; those written lately are at hand."""
        posted, unseal = self._parts.envelopes.posted, self._parts.envelopes.unseal
        at_hand = posted.first(AT_ONCE)
        if at_hand is not None:
            return at_hand
        posted.begin()
        async with self._parts.database.reading() as tx:
            stored = await list_reports(tx, AT_ONCE)
        if len(stored) < AT_ONCE:
            posted.remove({one.message_id for one in stored})
        else:
            posted.forget()
        return [
            Post(message_id=one.message_id, envelope=unseal(one.envelope, f"report:{one.message_id}"))
            for one in stored
        ]

    async def _remove(self, message_ids: Sequence[str]) -> None:
        """Something durable on the other side has them."""
        try:
            async with self._parts.database.transaction() as tx:
                await remove_reports(tx, message_ids)
        except BaseException:
            self._parts.envelopes.posted.forget()
            raise
        self._parts.envelopes.posted.remove(message_ids)

    def _tell_published(self, message_id: str, waited_s: float) -> None:
        # A sighting travels under its correlation; what else is said has a message id of its own.
        _log.info("report-published", edge=self._parts.settings.name, correlation=message_id)
        self._parts.ports.timed(EdgeStage.SPOOLED_TO_PUBLISHED, waited_s)

    def _back_off(self, error: Exception) -> None:
        wait = min(FIRST_BACKOFF * 2 ** min(self._failures, 10), LONGEST_BACKOFF)
        self._failures += 1
        self._resume_at = self._parts.ports.now() + wait
        # The kind of the error only: its text may repeat an address or what was to be said.
        _log.error("report-not-published", edge=self._parts.settings.name, error=type(error).__name__)


def _references(versions: Iterable[tuple[int, int]]) -> tuple[GoneReference, ...]:
    return tuple(GoneReference(reference=reference, version=version) for reference, version in versions)
