"""Takes what the court says on a feed, whichever way it came: applies packets, judges by heartbeats."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import structlog

from adapters.bus.port import Accepted
from adapters.edge.carried_log import CarriedLog
from adapters.edge.envelopes import Incoming
from adapters.edge.epochs import drop_ended
from adapters.edge.parts import EdgeParts
from adapters.edge.reports import Reporter
from adapters.edge.settings import EdgeStage
from adapters.edge.witness import Witness
from adapters.replica.packets import SignedPacket
from adapters.replica.values import AlreadyApplied, Applied, Diverged, FeedKey, FeedState, PacketOutcome
from adapters.screening import CLOCKS_DIFFER_S, STOPS_END_AFTER_S, FeedCondition
from schemas.messages import FeedPacket, Heartbeat
from schemas.refused import RefusedKind

ON_THE_FEED: Final[Sequence[type[FeedPacket | Heartbeat]]] = (FeedPacket, Heartbeat)
OnTheFeed: TypeAlias = Incoming[FeedPacket | Heartbeat]
_log = structlog.get_logger(__name__)


class FeedTaker:
    def __init__(self, parts: EdgeParts, reporter: Reporter) -> None:
        self._parts = parts
        self._reporter = reporter
        self._witness = Witness(parts.settings.name, parts.database)

    async def take(self, read: OnTheFeed) -> Accepted:
        """Durable when it is accepted."""
        parts, epoch = self._parts, read.feed.epoch
        if parts.line.is_closed:
            return Accepted()
        drop_ended(parts, read.body.in_force_from)
        if parts.epochs.has_ended(epoch):
            # Of a list that the court has ended.
            return Accepted()
        if epoch not in parts.epochs.tokens:
            # The other epoch goes on; what is missed of this one is fetched, once its keys are here.
            parts.epochs.is_one_missing = True
            parts.changes.tell()
            return Accepted()
        if parts.line.is_overtaken(read.feed):
            # The court began anew since; what its former life still says changes nothing.
            parts.refusals.note(RefusedKind.REPEATED)
            return Accepted()
        match read.body:
            case FeedPacket() as packet:
                await self._apply(read, packet)
            case Heartbeat() as heartbeat:
                self._hear(read, heartbeat)
                if heartbeat.audit_head is not None:
                    await self._witness.hear(read.said_at, read.raw)
        await self._keep_proof(read.feed)
        return Accepted()

    async def take_over(self, feed: FeedKey, state: FeedState, *, is_doubted: bool) -> None:
        """A whole list has taken the place of the feed's own; `is_doubted`: that was not the court's."""
        if is_doubted:
            self._parts.line.begin_anew(feed)
        self._parts.line.hear_packet(feed, Applied(state=state))
        await self._keep_proof(feed)
        self._parts.newcomers.hear_whole_list(feed)
        self._reporter.owe_receipt(feed)

    async def _apply(self, read: OnTheFeed, packet: FeedPacket) -> None:
        feed = read.feed
        signed = SignedPacket(
            feed=feed,
            packet=packet,
            signed_at=read.said_at,
            digest_key=self._parts.epochs.digest_keys[feed.epoch],
        )
        before = self._parts.line.condition(feed)
        outcome = await self._parts.replica.apply_packet(signed)
        self._parts.line.hear_packet(feed, outcome)
        self._note(outcome)
        _log.info(
            "packet-taken",
            edge=self._parts.settings.name,
            epoch=feed.epoch,
            incarnation=feed.incarnation,
            sequence=packet.head.sequence,
            outcome=type(outcome).__name__,
        )
        if isinstance(outcome, Applied):
            self._parts.ports.timed_since(EdgeStage.PACKET_SIGNED_TO_APPLIED, read.said_at)
            self._parts.newcomers.hear_packet(feed, packet)
        is_held = isinstance(outcome, Applied | AlreadyApplied)
        if is_held or self._parts.line.condition(feed) is not before:
            self._reporter.owe_receipt(feed)

    def _note(self, outcome: PacketOutcome) -> None:
        if isinstance(outcome, Diverged):
            self._parts.refusals.note(RefusedKind.NOT_THE_LIST)
        elif isinstance(outcome, AlreadyApplied):
            self._parts.refusals.note(RefusedKind.REPEATED)

    def _hear(self, read: OnTheFeed, heartbeat: Heartbeat) -> None:
        line, feed = self._parts.line, read.feed
        before = line.condition(feed)
        line.hear_heartbeat(feed, heartbeat.head, self._parts.replica.state(feed), read.said_at)
        if heartbeat.canary_every_s is not None and read.said_at == line.heard_at:
            # By none that was overtaken: it may tell of what was agreed before.
            self._parts.pace.agree(heartbeat.canary_every_s)
        if self._is_of_another_time(line.age_at_arrival_s or 0.0):
            self._parts.refusals.note(RefusedKind.CLOCK)
        after = line.condition(feed)
        # Said again with every heartbeat while changes are missing: the court must see who stands still.
        if after is not before or after in (FeedCondition.BEHIND, FeedCondition.FILLING):
            self._reporter.owe_receipt(feed)

    def _is_of_another_time(self, age_s: float) -> bool:
        """By folder every word is as old as the carrying that brought it."""
        is_old = age_s > STOPS_END_AFTER_S and not isinstance(self._parts.ports.log, CarriedLog)
        return is_old or age_s < -CLOCKS_DIFFER_S

    async def _keep_proof(self, feed: FeedKey) -> None:
        replica = self._parts.replica
        if self._parts.line.condition(feed) is FeedCondition.PROVEN and not replica.was_proven(feed):
            await replica.record_proof(feed)
