"""One agency's messages to the court: verified, taken once, in one transaction each.

Only a definite fault of the message (signature, schema, version) is refused to the dead letters; the court's
own trouble makes the consumer stop, back off and resume, and the message waits.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

import structlog
from pydantic import ValidationError

from adapters.bus.port import Accepted, Delivery, Later, Refused
from schemas.documents import DocumentRefused, normalise_document
from schemas.envelope import EnvelopeRefused, Opened, open_envelope, read_body
from schemas.messages import (
    DocumentRead,
    HandOverReport,
    HoldReport,
    Receipt,
    ReleaseReport,
    SightingReport,
    StandDownAnswer,
)
from schemas.sealing import UnsealFailed, open_sealed
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.matching import Likeness
from tracker.domain.metering import Happening
from tracker.domain.plans import Seen
from tracker.services import agency_reports, holds
from tracker.services.sightings import ReportedUse, Trace, take_sighting
from tracker.storage import agencies, notices
from tracker.storage.agencies import Instance
from tracker.storage.inbox import Arrival, InboxState, Incoming, receive
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

# Only what looks like an adapter's own draw gets into our log lines: no agency writes of its own there.
DRAWN: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_log = structlog.get_logger(__name__)

Report = Receipt | HoldReport | HandOverReport | ReleaseReport | StandDownAnswer

MODELS: dict[str, type[SightingReport | Report]] = {
    SightingReport.TYPE: SightingReport,
    Receipt.TYPE: Receipt,
    HoldReport.TYPE: HoldReport,
    HandOverReport.TYPE: HandOverReport,
    ReleaseReport.TYPE: ReleaseReport,
    StandDownAnswer.TYPE: StandDownAnswer,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyConsumer:
    """Takes what one agency sends."""

    registry: Registry
    court_id: CourtId
    agency_id: AgencyId

    @property
    def queue(self) -> str:
        return f"from.{self.agency_id}"

    async def take(self, delivery: Delivery) -> Accepted | Refused | Later:
        """Verify and take one message; acknowledged after its commit."""
        answer = await self._take(delivery)
        if isinstance(answer, Refused):
            _log.warning("message-refused", source=self.agency_id, reason=answer.reason.partition(":")[0])
            self.registry.meter.counted(Happening.REFUSED_MESSAGES, self.agency_id)
        return answer

    async def _take(self, delivery: Delivery) -> Accepted | Refused | Later:
        if delivery.sender != f"agency.{self.agency_id}":
            return Refused(reason="sent by another user than the agency of this queue")
        async with self.registry.transaction() as tx:
            instances = await agencies.list_instances(tx, self.agency_id)
            opened = self._open(delivery.body, instances)
            if isinstance(opened, EnvelopeRefused):
                return Refused(reason=f"{opened.fault.value}: {opened.remedy}")
            if not _is_own_key(opened, instances):
                return Refused(reason="signed by another instance: sign with the key of the instance named")
            incoming = Incoming(
                source=self.agency_id, message_id=opened.id, kind=opened.type, body=delivery.body
            )
            received = await receive(tx, incoming, InboxState.DONE)
            if received.arrival is Arrival.ALTERED:
                return Refused(reason="the same message id came before with another body: use a new id")
            if received.arrival is Arrival.REPEATED:
                return Accepted()
            refused = await self._apply(tx, opened, received.receipt_id)
            if refused is not None:
                await tx.db.rollback()
                tx.afterwards.clear()
                return refused
        if opened.type == Receipt.TYPE:
            await self._send_what_awaited_it()
        return Accepted()

    async def _send_what_awaited_it(self) -> None:
        async with self.registry.reading() as tx:
            is_awaited = bool(await notices.list_subjects_awaiting_receipts(tx))
        if is_awaited:
            async with self.registry.transaction() as tx:
                await agency_reports.send_what_awaited_receipts(tx)

    def _open(self, raw: bytes, instances: Sequence[Instance]) -> Opened | EnvelopeRefused:
        keys = {one.verifying.key_id: one.verifying for one in instances}
        return open_envelope(raw, keys, court=self.court_id, agency=self.agency_id)

    async def _apply(self, tx: Tx, opened: Opened, receipt_id: str) -> Refused | None:
        model = MODELS.get(opened.type)
        if model is None:
            return Refused(reason="unknown message type: upgrade the tracker or mend the adapter")
        body = read_body(opened, model)
        if isinstance(body, EnvelopeRefused):
            return Refused(reason=f"{body.fault.value}: {body.remedy}")
        if isinstance(body, SightingReport):
            correlation = _drawn(body.correlation) or receipt_id
            trace = Trace(correlation=correlation, received_at=tx.at, spooled_at=opened.sent_at)
            return await self._take_sighting(tx, body, trace)
        await self._take_report(tx, opened.address.instance, body)
        return None

    async def _take_report(self, tx: Tx, instance: str, body: Report) -> None:
        match body:
            case Receipt():
                await agency_reports.record_receipt(tx, self.agency_id, instance, body)
            case HoldReport():
                await holds.record_hold(tx, self.agency_id, body)
            case HandOverReport():
                await holds.end_by_hand_over(tx, self.agency_id, body)
            case ReleaseReport():
                await holds.end_by_release(tx, self.agency_id, body)
            case StandDownAnswer():
                await agency_reports.record_stand_down_answer(tx, self.court_id, self.agency_id, body)
            case _:
                assert_never(body)

    async def _take_sighting(self, tx: Tx, report: SightingReport, trace: Trace) -> Refused | None:
        read = self._read_document(tx, report)
        if isinstance(read, Refused):
            return read
        document = normalise_document(read.kind, read.number, issuing_state=read.issuing_state)
        if isinstance(document, DocumentRefused):
            return Refused(reason=f"document: {document.remedy('en')}")
        seen = Seen(
            kind=report.kind,
            occurred_at=report.occurred_at,
            place=report.place,
            itinerary=report.itinerary,
        )
        likeness = Likeness(name=read.name, birth_date=read.birth_date, sex=read.sex)
        use = ReportedUse(
            agency_id=self.agency_id,
            event_id=report.event_id,
            seen=seen,
            document=document,
            read=likeness,
            trace=trace,
        )
        await take_sighting(tx, use)
        return None

    def _read_document(self, tx: Tx, report: SightingReport) -> DocumentRead | Refused:
        try:
            sealed = base64.b64decode(report.document, validate=True)
            plain = open_sealed(tx.keys.sealing, sealed, context=f"sighting:{report.event_id}")
            return DocumentRead.model_validate_json(plain)
        except (binascii.Error, UnsealFailed):
            return Refused(reason="document: cannot be opened; seal it for the court's present key")
        except ValidationError:
            return Refused(reason="document: fields are missing or wrong; see schemas/messages.py")


def _drawn(correlation: str | None) -> str | None:
    return correlation if correlation is not None and DRAWN.fullmatch(correlation) else None


def _is_own_key(opened: Opened, instances: Sequence[Instance]) -> bool:
    """Whether the instance that a message names is the one whose key signed it."""
    own = {one.name: one.verifying.key_id for one in instances}
    return own.get(opened.address.instance) == opened.key_id
