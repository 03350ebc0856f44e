"""What the edge does with each message from the court: feed, express lane, orders.

What must not break: a message is accepted only after its effect is durable; a withdrawal is applied before
anything else is done about it; what is delivered twice has the effect of once.
"""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import structlog

from adapters.bus import port
from adapters.bus.port import Accepted, Delivery, Later, Refused
from adapters.disk import DiskRefuses
from adapters.edge.carried_log import OF_A_LIST, CarriedLog
from adapters.edge.disk import Written
from adapters.edge.envelopes import Incoming
from adapters.edge.facts import open_order
from adapters.edge.feed import ON_THE_FEED, FeedTaker
from adapters.edge.instruction import is_a_stop
from adapters.edge.parts import EdgeParts
from adapters.edge.settings import EdgeStage
from adapters.edge.snapshots import SnapshotTaker
from adapters.replica.disk import on_the_disk
from adapters.sqlite import Tx
from adapters.store.disk import in_the_store
from adapters.store.hits import forget_waiting_hits
from adapters.store.holds import HoldState, find_open_hold, record_hold_state
from adapters.store.orders import OrderKind, StoredOrder, find_order, record_order, record_received
from adapters.store.reports import add_gone
from schemas.messages import (
    Answer,
    CloseLine,
    Confirmation,
    GoneReference,
    LineEmptied,
    ReleaseReason,
    StandDown,
    StandDownAnswer,
    Tombstone,
)
from schemas.refused import RefusedKind

AnOrder: TypeAlias = Incoming[Confirmation | StandDown]
OnTheExpressLane: TypeAlias = Incoming[Tombstone | CloseLine]
ON_THE_EXPRESS_LANE: Final[Sequence[type[Tombstone | CloseLine]]] = (Tombstone, CloseLine)
AMONG_ORDERS: Final[Sequence[type[Confirmation | StandDown]]] = (Confirmation, StandDown)
_log = structlog.get_logger(__name__)


class FeedConsumer:
    """Packets and heartbeats; and, where nothing can be fetched, whole lists part by part."""

    def __init__(self, parts: EdgeParts, taker: FeedTaker) -> None:
        self._parts = parts
        self._taker = taker

    async def __call__(self, delivery: Delivery) -> port.Answer:
        log = self._parts.ports.log
        if isinstance(log, CarriedLog) and log.is_of_a_list(delivery.body):
            part = self._parts.envelopes.read(delivery, OF_A_LIST)
            if isinstance(part, Refused | Later):
                return part
            return await _written(self._parts, Written.LIST, log.keep(part, delivery.body))
        read = self._parts.envelopes.read(delivery, ON_THE_FEED)
        if isinstance(read, Refused | Later):
            return read
        return await _written(self._parts, Written.CHANGES, self._taker.take(read))


class ExpressConsumer:
    """Withdrawals and suspensions, past any backlog of the feed; and the order to remove the whole list."""

    def __init__(self, parts: EdgeParts, snapshots: SnapshotTaker) -> None:
        self._parts = parts
        self._snapshots = snapshots

    async def __call__(self, delivery: Delivery) -> port.Answer:
        read = self._parts.envelopes.read(delivery, ON_THE_EXPRESS_LANE)
        if isinstance(read, Refused | Later):
            return read
        return await _written(self._parts, Written.ORDERS, self._take(read))

    async def _take(self, read: OnTheExpressLane) -> port.Answer:
        match read.body:
            case Tombstone() as gone:
                # A list that is removed shows nobody.
                if not self._parts.line.is_closed:
                    await self._hide(read, gone)
            case CloseLine() as order:
                await self._close(order)
        return Accepted()

    async def _hide(self, read: OnTheExpressLane, gone: Tombstone) -> None:
        await self._parts.replica.apply_tombstone(gone.references, gone.version, self._parts.ports.now())
        async with self._parts.database.transaction() as tx:
            for reference in gone.references:
                one = GoneReference(reference=reference, version=gone.version)
                await add_gone(tx, read.feed, one, self._parts.ports.now())
            await _order_release(tx, gone.references, gone.version)
        _log.info("tombstone-applied", edge=self._parts.settings.name, message=read.opened.id)
        self._parts.ports.timed_since(EdgeStage.TOMBSTONE_SIGNED_TO_APPLIED, read.said_at)

    async def _close(self, order: CloseLine) -> None:
        parts = self._parts
        if order.up_to_epoch < parts.epochs.newest:
            # It ended a list before the one whose keys the court has handed out since.
            return
        parts.line.close()
        # The list first: from then on none that was loaded takes its place.
        await parts.replica.remove()
        await self._snapshots.end()
        if parts.kept is not None:
            await parts.kept.remove()
        if isinstance(parts.ports.log, CarriedLog):
            parts.ports.log.forget()
        async with parts.database.transaction() as tx:
            await forget_waiting_hits(tx)
            await parts.envelopes.report(tx, LineEmptied(up_to_epoch=order.up_to_epoch, at=parts.ports.now()))
        _log.warning("list-removed", edge=parts.settings.name, epoch=order.up_to_epoch)
        parts.ended.set()


class OrdersConsumer:
    """Confirmations and stand-downs: the court's last word on a reference."""

    def __init__(self, parts: EdgeParts) -> None:
        self._parts = parts

    async def __call__(self, delivery: Delivery) -> port.Answer:
        read = self._parts.envelopes.read(delivery, AMONG_ORDERS)
        if isinstance(read, Refused | Later):
            return read
        return await _written(self._parts, Written.ORDERS, self._take(read))

    async def _take(self, read: AnOrder) -> port.Answer:
        async with self._parts.database.transaction() as tx:
            if await record_received(tx, read.opened.id, self._parts.ports.now()):
                match read.body:
                    case Confirmation() as confirmation:
                        await self._confirm(tx, read, confirmation)
                    case StandDown() as stand_down:
                        await self._stand_down(tx, read, stand_down)
            else:
                self._parts.refusals.note(RefusedKind.REPEATED)
        _log.info(
            "order-taken", edge=self._parts.settings.name, message=read.opened.id, kind=read.opened.type
        )
        return Accepted()

    async def _confirm(self, tx: Tx, read: AnOrder, confirmation: Confirmation) -> None:
        await self._keep(tx, read, confirmation)
        if confirmation.answer is Answer.STAND_DOWN:
            await _order_release(tx, confirmation.references, confirmation.version)

    async def _stand_down(self, tx: Tx, read: AnOrder, stand_down: StandDown) -> None:
        await self._keep(tx, read, stand_down)
        holding = await _order_release(tx, stand_down.references, stand_down.version)
        answer = StandDownAnswer(
            reference=stand_down.reference,
            at=self._parts.ports.now(),
            holding=holding,
            order=read.opened.id,
        )
        await self._parts.envelopes.report(tx, answer)

    async def _keep(self, tx: Tx, read: AnOrder, order: Confirmation | StandDown) -> None:
        """Under all that the person is called: it grants one hold, by whichever name it is asked for."""
        for reference in order.references:
            await self._keep_under(tx, read, order, reference)

    async def _keep_under(
        self, tx: Tx, read: AnOrder, order: Confirmation | StandDown, reference: int
    ) -> None:
        stored = await find_order(tx, reference)
        last = None if stored is None else open_order(self._parts, stored)
        said_at = read.said_at
        if stored is not None and last is not None:
            if not _takes_the_place(order, said_at, last, stored.said_at):
                return
            said_at = max(said_at, stored.said_at)
        order_id = read.opened.id
        is_confirmation = isinstance(order, Confirmation)
        await record_order(
            tx,
            StoredOrder(
                reference=reference,
                order_id=order_id,
                kind=OrderKind.CONFIRMATION if is_confirmation else OrderKind.STAND_DOWN,
                said_at=said_at,
                body=self._parts.envelopes.seal(order.model_dump_json().encode(), f"order:{order_id}"),
            ),
        )


async def _written(parts: EdgeParts, what: Written, work: Awaitable[port.Answer]) -> port.Answer:
    """The answer of the work; what the disk refuses is asked again later, and said until then."""
    try:
        with on_the_disk(), in_the_store():
            answer = await work
    except DiskRefuses as refused:
        parts.disk.refuse(what, str(refused))
        return Later(f"the disk refuses: {refused}")
    parts.disk.take(what)
    return answer


def _takes_the_place(
    order: Confirmation | StandDown, said_at: datetime, last: Confirmation | StandDown, last_at: datetime
) -> bool:
    """Whether the order is the court's last word now; in doubt about two clocks, the stop is."""
    if is_a_stop(order):
        return order.version >= last.version
    if is_a_stop(last):
        return said_at > last_at or order.version > last.version
    return said_at >= last_at


async def _order_release(tx: Tx, references: Sequence[int], version: int) -> bool:
    """Let go whoever is held on this version or an older one; whether somebody is held at all."""
    open_holds = [hold for one in references if (hold := await find_open_hold(tx, one)) is not None]
    for hold in open_holds:
        if hold.state is HoldState.HOLDING and hold.version <= version:
            await record_hold_state(tx, hold.to_release(ReleaseReason.ORDERED))
    return bool(open_holds)
