"""Signed webhooks (Standard Webhooks): one event, one inbox row, then `202`, hit or not.

What must not break: the answer never tells whether the person is on the list; no body is parsed before its
signature holds; what a later loop could not use is refused here, at once, with nothing stored.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import DocumentRefused, normalise_document
from schemas.submissions import CaseEventSubmission, SightingSubmission
from schemas.text import FieldProblem, field_problems
from schemas.webhooks import AsymmetricKey, BadSignature, ClockSkew, Verified, verify_webhook
from tracker.domain.ids import AgencyId
from tracker.domain.metering import Happening
from tracker.services.lines.inbox import CASE_EVENT, SIGHTING
from tracker.services.lines.refused_messages import CASE_SYSTEM
from tracker.storage.agencies import Agency, find_agency
from tracker.storage.inbox import Arrival, Incoming, receive
from tracker.storage.webhook_keys import list_webhook_keys
from tracker.web.problems import BAD_SIGNATURE, LINE_CLOSED, NO_BASIS, OTHER_BODY, TOO_LARGE, Refusal
from tracker.web.settings import EDGE

MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A post whose signature holds."""

    message_id: str
    body: bytes


async def _receive_sighting(request: web.Request) -> web.StreamResponse:
    edge = request.app[EDGE]
    agency_id = AgencyId(request.match_info["agency_id"])
    message = await _verified(request, agency_id)
    if isinstance(message, Refusal):
        return message.answer()
    async with edge.registry.reading() as tx:
        agency = await find_agency(tx, agency_id)
    if agency is None or agency.court_id != edge.settings.court_id:
        return BAD_SIGNATURE.answer()
    if agency.closing is not None:
        return LINE_CLOSED.answer()
    if not agency.channel_basis:
        return NO_BASIS.answer()
    return await _take(request, message, _sighting_of(agency, message), _sighting_problems)


def _sighting_of(agency: Agency, message: Message) -> Incoming:
    return Incoming(source=agency.agency_id, message_id=message.message_id, kind=SIGHTING, body=message.body)


async def _receive_case_event(request: web.Request) -> web.StreamResponse:
    message = await _verified(request, CASE_SYSTEM, only_asymmetric=True)
    if isinstance(message, Refusal):
        return message.answer()
    source = f"{request.app[EDGE].settings.court_id}:{CASE_SYSTEM}"
    incoming = Incoming(source=source, message_id=message.message_id, kind=CASE_EVENT, body=message.body)
    return await _take(request, message, incoming, _case_event_problems)


async def _verified(request: web.Request, sender: str, *, only_asymmetric: bool = False) -> Message | Refusal:
    """The post, if a live key of the sender signed it just now. A sender nobody knows has no keys."""
    body = await read_body(request)
    if body is None:
        return TOO_LARGE
    edge = request.app[EDGE]
    registry = edge.registry
    async with registry.reading() as tx:
        keys = await list_webhook_keys(tx, edge.settings.court_id, sender)
    if only_asymmetric:
        keys = tuple(key for key in keys if isinstance(key, AsymmetricKey))
    match verify_webhook(all_values(request), body, keys, at=registry.now()):
        case Verified(message_id=message_id):
            return Message(message_id=message_id, body=body)
        case BadSignature():
            return BAD_SIGNATURE
        case ClockSkew() as skew:
            return _clock_skew(skew)


async def read_body(request: web.Request) -> bytes | None:
    """The raw body; None as soon as it proves too large, without reading on."""
    if (request.content_length or 0) > MOST_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_chunked(MOST_BYTES):
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def all_values(request: web.Request) -> Mapping[str, Sequence[str]]:
    """Every header with all its values."""
    return {name: request.headers.getall(name) for name in request.headers}


def _clock_skew(skew: ClockSkew) -> Refusal:
    return Refusal(
        kind="clock-skew",
        status=HTTPStatus.BAD_REQUEST,
        title="The clocks differ by more than five minutes",
        detail=f"webhook-timestamp says {skew.claimed.isoformat()}, the court's clock says "
        f"{skew.ours.astimezone(UTC).isoformat()}: set your clock and sign the message anew.",
    )


async def _take(
    request: web.Request,
    message: Message,
    incoming: Incoming,
    problems_of: Callable[[bytes], Sequence[FieldProblem]],
) -> web.StreamResponse:
    problems = _json_problems(message.body) or problems_of(message.body)
    if problems:
        return Refusal.wrong_fields(problems).answer()
    async with request.app[EDGE].registry.transaction() as tx:
        received = await receive(tx, incoming)
        arrival, receipt_id = received.arrival.value, received.receipt_id
        tx.log(
            "webhook-taken",
            source=incoming.source,
            kind=incoming.kind,
            correlation=receipt_id,
            result=arrival,
        )
    if received.arrival is Arrival.ALTERED:
        return OTHER_BODY.answer()
    return web.json_response({"receipt": received.receipt_id}, status=HTTPStatus.ACCEPTED)


def _json_problems(body: bytes) -> Sequence[FieldProblem]:
    """What the models do not look at: a name given twice means two things to two readers."""
    try:
        json.loads(body.decode(), object_pairs_hook=_without_doubles, parse_constant=_no_number)
    except _NameGivenTwice:
        return [_whole("gives a name twice in one object: give each field once")]
    except (ValueError, RecursionError):
        return [_whole("is not valid JSON: send one JSON object in UTF-8")]
    return ()


class _NameGivenTwice(Exception):
    """One object has the same name twice."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NameGivenTwice
    return found


def _no_number(_constant: str) -> None:
    """JSON knows neither NaN nor Infinity."""
    raise ValueError


def _whole(message: str) -> FieldProblem:
    return FieldProblem(field="(whole message)", message=message)


def _sighting_problems(body: bytes) -> Sequence[FieldProblem]:
    try:
        posted = SightingSubmission.model_validate_json(body)
    except ValidationError as error:
        return field_problems(error)
    read = posted.document
    document = normalise_document(read.kind, read.number, issuing_state=read.issuing_state)
    if isinstance(document, DocumentRefused):
        return [FieldProblem(field="document.number", message=document.remedy("en"))]
    return ()


def _case_event_problems(body: bytes) -> Sequence[FieldProblem]:
    try:
        posted = CaseEventSubmission.model_validate_json(body)
    except ValidationError as error:
        return field_problems(error)
    number = parse_case_number(posted.case_number)
    if isinstance(number, CaseNumberRefused):
        return [FieldProblem(field="case_number", message=number.remedy("en"))]
    return ()


def _counted(kind: str, handler: Handler) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        answered = await handler(request)
        request.app[EDGE].registry.meter.counted(Happening.WEBHOOKS, kind, str(answered.status))
        return answered

    return answer


ROUTES = (
    web.post("/webhooks/sightings/{agency_id}", _counted(SIGHTING, _receive_sighting)),
    web.post("/webhooks/case-events", _counted(CASE_EVENT, _receive_case_event)),
)
