"""One agency's messages to the court: verified and taken once. Sightings that follow one another share a
transaction, any other message has its own.

Only a definite fault of the message (signature, schema, version) is refused to the dead letters; the court's
own trouble makes the consumer stop, back off and resume, and the message waits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

import structlog

from adapters.bus.port import Accepted, Delivery, Refused
from schemas.canary import CANARY
from schemas.messages import (
    HandOverReport,
    HoldReport,
    JourneysKept,
    LineEmptied,
    ListWanted,
    Receipt,
    ReleaseReport,
    StandDownAnswer,
)
from tracker.consumers.reading import AgencyReader, ReadReport, ReadSighting
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.metering import Happening
from tracker.domain.plans import Seen
from tracker.services.alerts import holds
from tracker.services.alerts.sightings import ReportedUse, Trace, look_up, take_sightings
from tracker.services.lines import carried_lists, closing, reports
from tracker.services.lines.canaries import CANARIES_KEPT, hear_canaries
from tracker.services.lines.refused_messages import ring_for_refused
from tracker.services.lines.reports import Teller
from tracker.services.notices.telling import Writing, write_as_due
from tracker.storage import agencies, waiting_notices
from tracker.storage.agencies import Instance
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.inbox import CANARY_KIND, Arrival, Incoming, list_received, record_taken, sort_out
from tracker.storage.refusals import count_refusals
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

# Only what looks like an adapter's own draw gets into our log lines: no agency writes of its own there.
DRAWN: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ALTERED: Final = Refused("the same message id came before with another body: use a new id")
_log = structlog.get_logger(__name__)

Message = ReadSighting | ReadReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """The answer to each message, and whether notices may have waited for what one of them says."""

    answers: Sequence[Accepted | Refused]
    is_anybody_gone: bool


@dataclass(slots=True)
class _Keys:
    """The adapters of the agency as they were last seen."""

    instances: Sequence[Instance] = ()

    def are_those_of(self, instances: Sequence[Instance]) -> bool:
        """Whether a message is read by them as it is by these."""
        return _believed(self.instances) == _believed(instances)


def _believed(instances: Sequence[Instance]) -> list[tuple[object, ...]]:
    return [(one.name, one.verifying, one.closed_at) for one in instances]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyConsumer:
    """Takes what one agency sends. `write`: puts the first notices of a new alert into the books."""

    registry: Registry
    court_id: CourtId
    agency_id: AgencyId
    write: Writing = write_as_due
    _keys: _Keys = field(default_factory=_Keys, init=False, repr=False, compare=False)

    @property
    def queue(self) -> str:
        return f"from.{self.agency_id}"

    async def take(self, deliveries: Sequence[Delivery]) -> Sequence[Accepted | Refused]:
        """Verify and take the first of the messages; they are acknowledged after the commit."""
        async with self.registry.transaction() as tx:
            first = await self._read_first(tx, deliveries)
            taken = await self._take_together(tx, first)
            faults = [one.reason.partition(":")[0] for one in taken.answers if isinstance(one, Refused)]
            if faults:
                await ring_for_refused(tx, self.agency_id)
                await count_refusals(tx, self.agency_id, faults)
        for fault in faults:
            _log.warning("message-refused", source=self.agency_id, reason=fault)
            self.registry.meter.counted(Happening.REFUSED_MESSAGES, self.agency_id)
        if taken.is_anybody_gone:
            await self._send_what_awaited_it()
        return taken.answers

    async def _read_first(self, tx: Tx, deliveries: Sequence[Delivery]) -> list[Message | Refused]:
        """What goes into one transaction. It is read by the keys last seen, which are asked for again with
        what is known of the messages, and once more where they have changed.
        """
        first = self._read(tx, deliveries, self._keys.instances)
        instances, _ = await in_one_trip(
            tx, agencies.list_instances(tx, self.agency_id), self._look_up(tx, _messages(first))
        )
        if self._keys.are_those_of(instances):
            return first
        self._keys.instances = instances
        return self._read(tx, deliveries, instances)

    def _read(
        self, tx: Tx, deliveries: Sequence[Delivery], instances: Sequence[Instance]
    ) -> list[Message | Refused]:
        """Sightings that follow one another, or one other message."""
        reader = AgencyReader(
            court_id=self.court_id, agency_id=self.agency_id, instances=instances, sealing=tx.keys.sealing
        )
        first: list[Message | Refused] = []
        for delivery in deliveries:
            read = reader.read(delivery)
            if isinstance(read, ReadReport):
                return first or [read]
            first.append(read)
        return first

    async def _look_up(self, tx: Tx, messages: Sequence[Message]) -> None:
        """Read what all of them ask first."""
        uses = [one for one in messages if isinstance(one, ReadSighting) and one.document != CANARY]
        event_ids = {one.report.event_id for one in uses}
        if messages:
            await in_one_trip(
                tx,
                list_received(tx, self.agency_id, [one.opened.id for one in messages]),
                look_up(tx, self.agency_id, event_ids, {one.document for one in uses}),
            )

    async def _take_together(self, tx: Tx, first: Sequence[Message | Refused]) -> _Taken:
        messages = _messages(first)
        incoming = [self._incoming(one) for one in messages]
        received = await sort_out(tx, incoming)
        new = [
            (message, one.receipt_id)
            for message, one in zip(messages, received, strict=True)
            if one.arrival is Arrival.NEW
        ]
        is_anybody_gone = await self._take_new(tx, new)
        await record_taken(tx, incoming, received)
        answers = iter([ALTERED if one.arrival is Arrival.ALTERED else Accepted() for one in received])
        return _Taken(
            answers=[one if isinstance(one, Refused) else next(answers) for one in first],
            # What came before may have been taken by somebody who died before the next step.
            is_anybody_gone=is_anybody_gone or len(new) < len(messages),
        )

    async def _take_new(self, tx: Tx, new: Sequence[tuple[Message, str]]) -> bool:
        """Each message with its receipt; whether one says of anybody that the agency shows them no more."""
        uses, canaries, is_anybody_gone = [], set[str](), False
        for message, receipt_id in new:
            if isinstance(message, ReadReport):
                is_anybody_gone |= await self._take_report(tx, message)
            elif message.document == CANARY:
                # Whether an old one came before is forgotten: it proves nothing of the line of today.
                if tx.at - message.opened.sent_at < CANARIES_KEPT:
                    canaries.add(message.opened.address.instance)
            else:
                uses.append(self._use(tx, message, receipt_id))
        # Lines are locked before anybody's entries.
        if canaries:
            await hear_canaries(tx, self.agency_id, frozenset(canaries))
        if uses:
            await take_sightings(tx, uses, self.write)
        return is_anybody_gone

    def _incoming(self, message: Message) -> Incoming:
        opened = message.opened
        is_canary = isinstance(message, ReadSighting) and message.document == CANARY
        kind = CANARY_KIND if is_canary else opened.type
        return Incoming(source=self.agency_id, message_id=opened.id, kind=kind, body=message.raw)

    def _use(self, tx: Tx, message: ReadSighting, receipt_id: str) -> ReportedUse:
        report = message.report
        return ReportedUse(
            agency_id=self.agency_id,
            event_id=report.event_id,
            seen=Seen(
                kind=report.kind,
                occurred_at=report.occurred_at,
                place=report.place,
                itinerary=report.itinerary,
            ),
            document=message.document,
            read=message.likeness,
            trace=Trace(
                correlation=_drawn(report.correlation) or receipt_id,
                received_at=tx.at,
                spooled_at=message.opened.sent_at,
            ),
        )

    async def _take_report(self, tx: Tx, message: ReadReport) -> bool:
        """Whether it says of anybody that the agency shows them no more."""
        report = message.report
        match report:
            case Receipt():
                return await reports.record_receipt(tx, self._teller(message), report)
            case HoldReport():
                await holds.record_hold(tx, self.agency_id, report)
            case HandOverReport():
                await holds.end_by_hand_over(tx, self.agency_id, report)
            case ReleaseReport():
                await holds.end_by_release(tx, self.agency_id, report)
            case StandDownAnswer():
                await reports.record_stand_down_answer(tx, self.court_id, self.agency_id, report)
            case LineEmptied() | ListWanted() | JourneysKept():
                await self._hear_adapter(tx, self._teller(message), report)
            case _:
                assert_never(report)
        return False

    async def _hear_adapter(
        self, tx: Tx, teller: Teller, report: LineEmptied | ListWanted | JourneysKept
    ) -> None:
        """What an adapter says of itself."""
        match report:
            case LineEmptied():
                agency = await agencies.get_agency(tx, self.agency_id)
                await closing.record_emptied(tx, agency, teller, report)
            case ListWanted():
                await carried_lists.answer(tx, teller, report)
            case JourneysKept():
                await reports.record_journeys_kept(tx, self.court_id, teller, report)
            case _:
                assert_never(report)

    def _teller(self, message: ReadReport) -> Teller:
        address = message.opened.address
        return Teller(
            agency_id=self.agency_id,
            instance=address.instance,
            epoch=address.epoch,
            incarnation=address.incarnation,
        )

    async def _send_what_awaited_it(self) -> None:
        async with self.registry.reading() as tx:
            is_awaited = bool(await waiting_notices.list_subjects_awaiting_receipts(tx))
        if is_awaited:
            async with self.registry.transaction() as tx:
                await reports.send_what_awaited_receipts(tx)


def _messages(first: Sequence[Message | Refused]) -> list[Message]:
    return [one for one in first if not isinstance(one, Refused)]


def _drawn(correlation: str | None) -> str | None:
    return correlation if correlation is not None and DRAWN.fullmatch(correlation) else None
