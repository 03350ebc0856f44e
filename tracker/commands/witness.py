"""What adapters have kept of the audit chain: heartbeats as the court signed them, one a line."""

import json
from collections.abc import Mapping, Sequence

from schemas.envelope import EnvelopeRefused, open_envelope, read_body
from schemas.messages import Heartbeat
from schemas.signing import VerifyingKey
from tracker.commands.start import CannotRun
from tracker.domain.ids import AgencyId, CourtId
from tracker.services.audit import WitnessedHead

NOT_WRITTEN = "no adapter wrote it: let the agency run `adapter witness` and bring the file as it is"


def read_witness(
    content: bytes, keys: Mapping[str, VerifyingKey], court_id: CourtId
) -> Sequence[WitnessedHead]:
    """The heads in a file, each proven by the court's own signature. Raises CannotRun."""
    lines = [line for line in content.splitlines() if line.strip()]
    if not lines:
        raise CannotRun(f"the witness file is empty: {NOT_WRITTEN}")
    return [_head(number, line, keys, court_id) for number, line in enumerate(lines, start=1)]


def _head(number: int, line: bytes, keys: Mapping[str, VerifyingKey], court_id: CourtId) -> WitnessedHead:
    opened = open_envelope(line, keys, court=court_id, agency=_agency_in(line))
    if isinstance(opened, EnvelopeRefused):
        raise CannotRun(
            f"line {number} of the witness file is nothing that this court has signed ({opened.fault}): "
            f"{NOT_WRITTEN}"
        )
    body = read_body(opened, Heartbeat)
    if isinstance(body, EnvelopeRefused) or body.audit_head is None:
        raise CannotRun(f"line {number} of the witness file holds no head of an audit chain: {NOT_WRITTEN}")
    return WitnessedHead(
        position=body.audit_sequence,
        link=body.audit_head,
        said_at=opened.sent_at,
        kept_by=AgencyId(opened.address.agency),
    )


def _agency_in(line: bytes) -> str:
    """Whom it was said to; whether the court said that is for its signature to show."""
    try:
        return str(json.loads(line)["agency"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
