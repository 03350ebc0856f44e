"""What webhooks brought: sightings and case events, checked again and taken through the same services as the
bus.
"""

import structlog
from pydantic import ValidationError

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import DocumentRefused, normalise_document
from schemas.messages import Itinerary, Place
from schemas.submissions import CaseEventSubmission, SightingSubmission
from schemas.text import field_problems
from tracker.domain.errors import ChangeTheRequest
from tracker.domain.ids import AgencyId, CourtId, LeaseToken
from tracker.domain.matching import Likeness
from tracker.domain.people import system_actor
from tracker.domain.plans import Seen
from tracker.services.alerts.sightings import ReportedUse, Trace, take_sighting
from tracker.services.entries.money import record_money
from tracker.services.lines.refused_messages import ring_for_refused
from tracker.services.notices.telling import Writing, write_as_due
from tracker.storage.cases import CaseReceipt
from tracker.storage.inbox import InboxState, Waiting, holds_lease, postpone, record_done
from tracker.storage.transaction import Tx

SIGHTING = "sighting"
CASE_EVENT = "case-event"
# Half an hour of tries: longer than a fault that passes by itself, short enough to be told of the others.
MOST_TRIES = 12
CALL_US = "we could not take this message: call us"
_log = structlog.get_logger(__name__)


class NotUsable(Exception):
    """The body cannot be used as it is; the text names the field and the remedy."""


async def work_on(tx: Tx, waiting: Waiting, token: LeaseToken, write: Writing = write_as_due) -> None:
    """Take one message; what cannot be used is refused with its reason and stays as a row. Who was taken over
    does nothing: the new holder works on it. `write`: puts the first notices of a new alert into the books.
    """
    if not await holds_lease(tx, waiting.row_id, token):
        return
    try:
        async with tx.savepoint():
            await _take(tx, waiting, write)
    except (NotUsable, ChangeTheRequest) as refusal:
        tx.log("message-refused", source=waiting.source, kind=waiting.kind, correlation=waiting.row_id)
        await _refuse(tx, waiting, token, str(refusal)[:200])
        return
    await record_done(tx, waiting.row_id, token)


async def put_off(tx: Tx, waiting: Waiting, token: LeaseToken) -> None:
    """Work on a message failed unforeseen: it is tried again later, after many tries no more."""
    if waiting.tries + 1 < MOST_TRIES:
        await postpone(tx, waiting, token)
        return
    _log.error("inbox-row-given-up", row=waiting.row_id, tries=MOST_TRIES)
    await _refuse(tx, waiting, token, CALL_US)


async def _refuse(tx: Tx, waiting: Waiting, token: LeaseToken, reason: str) -> None:
    if waiting.kind == SIGHTING and await holds_lease(tx, waiting.row_id, token):
        await ring_for_refused(tx, AgencyId(waiting.source))
    await record_done(tx, waiting.row_id, token, InboxState.REFUSED, reason)


async def _take(tx: Tx, waiting: Waiting, write: Writing) -> None:
    if waiting.kind == SIGHTING:
        # The receipt that the agency got is the correlation: one word for both sides.
        trace = Trace(correlation=waiting.row_id, received_at=waiting.received_at)
        await take_sighting(tx, reported_use(AgencyId(waiting.source), waiting.body, trace), write)
        return
    court_id, _, _ = waiting.source.partition(":")
    event = read_case_event(waiting.body)
    number = parse_case_number(event.case_number)
    if isinstance(number, CaseNumberRefused):
        raise NotUsable(f"case_number: {number.remedy('en')}")
    receipt = CaseReceipt(
        receipt_number=event.receipt_number,
        amount_fen=event.amount_fen,
        at=event.occurred_at,
        reverses=event.reverses,
    )
    await record_money(tx, system_actor(CourtId(court_id)), number, receipt)


def read_case_event(body: bytes) -> CaseEventSubmission:
    """A case event; raises `NotUsable`."""
    try:
        return CaseEventSubmission.model_validate_json(body)
    except ValidationError as error:
        raise NotUsable(_named(error)) from None


def _named(error: ValidationError) -> str:
    return "; ".join(f"{one.field}: {one.message}" for one in field_problems(error))


def read_sighting(body: bytes) -> SightingSubmission:
    """A sighting as posted; raises `NotUsable`."""
    try:
        return SightingSubmission.model_validate_json(body)
    except ValidationError as error:
        raise NotUsable(_named(error)) from None


def reported_use(agency_id: AgencyId, body: bytes, trace: Trace) -> ReportedUse:
    """A posted sighting as the court takes it; raises `NotUsable`."""
    posted = read_sighting(body)
    read = posted.document
    document = normalise_document(read.kind, read.number, issuing_state=read.issuing_state)
    if isinstance(document, DocumentRefused):
        raise NotUsable(f"document.number: {document.remedy('en')}")
    journey = posted.itinerary
    seen = Seen(
        kind=posted.kind,
        occurred_at=posted.occurred_at,
        place=Place(**posted.place.model_dump()),
        itinerary=Itinerary(**journey.model_dump()) if journey else None,
    )
    likeness = Likeness(name=read.name, birth_date=read.birth_date, sex=read.sex)
    return ReportedUse(
        agency_id=agency_id,
        event_id=posted.event_id,
        seen=seen,
        document=document,
        read=likeness,
        trace=trace,
    )
