"""Reads what one agency sent: sender, signature, schema, and the document of a sighting.

Whatever is wrong with a message itself is found here, before anything is stored of it.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from adapters.bus.port import Delivery, Refused
from schemas.documents import DocumentRefused, IdentityDocument, normalise_document
from schemas.envelope import EnvelopeRefused, Opened, open_envelope, read_body
from schemas.messages import (
    DocumentRead,
    HandOverReport,
    HoldReport,
    JourneysKept,
    LineEmptied,
    ListWanted,
    Receipt,
    ReleaseReport,
    SightingReport,
    StandDownAnswer,
)
from schemas.sealing import SealingKey, UnsealFailed, open_sealed
from tracker.domain.ids import AgencyId, CourtId
from tracker.domain.matching import Likeness
from tracker.storage.agencies import Instance

Report = (
    Receipt
    | HoldReport
    | HandOverReport
    | ReleaseReport
    | StandDownAnswer
    | LineEmptied
    | ListWanted
    | JourneysKept
)

MODELS: dict[str, type[SightingReport | Report]] = {
    SightingReport.TYPE: SightingReport,
    Receipt.TYPE: Receipt,
    HoldReport.TYPE: HoldReport,
    HandOverReport.TYPE: HandOverReport,
    ReleaseReport.TYPE: ReleaseReport,
    StandDownAnswer.TYPE: StandDownAnswer,
    LineEmptied.TYPE: LineEmptied,
    ListWanted.TYPE: ListWanted,
    JourneysKept.TYPE: JourneysKept,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """A message that any agency may send of what became of what it was asked."""

    opened: Opened
    raw: bytes
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSighting:
    """A reported use of a document, opened."""

    opened: Opened
    raw: bytes
    report: SightingReport
    document: IdentityDocument
    likeness: Likeness


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyReader:
    """Reads the messages of one agency by the keys of its instances."""

    court_id: CourtId
    agency_id: AgencyId
    instances: Sequence[Instance]
    sealing: SealingKey

    def read(self, delivery: Delivery) -> ReadSighting | ReadReport | Refused:
        """One message; refused when a definite fault is its own."""
        if delivery.sender != f"agency.{self.agency_id}":
            return Refused("sent by another user than the agency of this queue")
        keys = {one.verifying.key_id: one.verifying for one in self.instances}
        opened = open_envelope(delivery.body, keys, court=self.court_id, agency=self.agency_id)
        if isinstance(opened, EnvelopeRefused):
            return Refused(f"{opened.fault.value}: {opened.remedy}")
        if not self._is_own_key(opened):
            return Refused("signed by another instance: sign with the key of the instance named")
        if self._is_closed(opened) and opened.type != LineEmptied.TYPE:
            return Refused(
                "line closed: the court takes nothing of this adapter but that its list is removed"
            )
        model = MODELS.get(opened.type)
        if model is None:
            return Refused("unknown message type: upgrade the tracker or mend the adapter")
        body = read_body(opened, model)
        if isinstance(body, EnvelopeRefused):
            return Refused(f"{body.fault.value}: {body.remedy}")
        if isinstance(body, SightingReport):
            return self._read_sighting(opened, delivery.body, body)
        return ReadReport(opened=opened, raw=delivery.body, report=body)

    def _is_own_key(self, opened: Opened) -> bool:
        """Whether the instance that a message names is the one whose key signed it."""
        own = {one.name: one.verifying.key_id for one in self.instances}
        return own.get(opened.address.instance) == opened.key_id

    def _is_closed(self, opened: Opened) -> bool:
        return any(one.closed_at for one in self.instances if one.name == opened.address.instance)

    def _read_sighting(self, opened: Opened, raw: bytes, report: SightingReport) -> ReadSighting | Refused:
        read = self._read_document(report)
        if isinstance(read, Refused):
            return read
        document = normalise_document(read.kind, read.number, issuing_state=read.issuing_state)
        if isinstance(document, DocumentRefused):
            return Refused(f"document: {document.remedy('en')}")
        likeness = Likeness(name=read.name, birth_date=read.birth_date, sex=read.sex)
        return ReadSighting(opened=opened, raw=raw, report=report, document=document, likeness=likeness)

    def _read_document(self, report: SightingReport) -> DocumentRead | Refused:
        try:
            sealed = base64.b64decode(report.document, validate=True)
            plain = open_sealed(self.sealing, sealed, context=f"sighting:{report.event_id}")
            return DocumentRead.model_validate_json(plain)
        except (binascii.Error, UnsealFailed):
            return Refused("document: cannot be opened; seal it for the court's present key")
        except ValidationError:
            return Refused("document: fields are missing or wrong; see schemas/messages.py")
