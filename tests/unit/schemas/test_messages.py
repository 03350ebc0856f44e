"""Messages are strict where outsiders post them, and open to additions between our own programs."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.messages import (
    LIVE_SIGHTINGS,
    MESSAGES,
    Confirmation,
    Discretion,
    DocumentRead,
    FeedPacket,
    NamedDetails,
    Place,
    Put,
    SightingKind,
    StandDownReason,
)
from schemas.submissions import CaseEventSubmission, SightingSubmission
from schemas.text import FieldProblem, field_problems
from tests.unit.schemas.examples import CONFIRMATION, HEAD, PACKET, SIGHTING

UNKNOWN = "is not a field of this message: leave it out or correct its name"

SIGHTING_POST: dict[str, Any] = {
    "event_id": "hotel-7",
    "kind": "hotel-check-in",
    "occurred_at": "2026-02-27T02:50:00+08:00",
    "place": {"name": "如归旅店", "city": "北京", "detail": "西直门"},
    "document": {
        "kind": "resident-id",
        "number": "９９０１２３ 19880709 207x",
        "name": "佟某",
        "sex": "male",
        "birth_date": "1988-07-09",
    },
}
JOURNEY: dict[str, Any] = {
    "service": "Z38",
    "origin": "武昌",
    "destination": "北京西",
    "departs_at": "2026-02-27T21:03:00+08:00",
    "arrives_at": "2026-02-28T06:59:00+08:00",
}
HALT = {"name": "郑州", "arrives_at": "2026-02-28T02:04:00+08:00"}
PAYMENT: dict[str, Any] = {
    "event": "payment.received",
    "case_number": "（2026）京0199执1402号",
    "receipt_number": "R-1",
    "amount_fen": 8_640_000,
    "occurred_at": "2026-02-26T23:40:00+08:00",
}


def sighting(**changes: Any) -> SightingSubmission:
    return SightingSubmission.model_validate_json(json.dumps({**SIGHTING_POST, **changes}))


def payment(**changes: Any) -> CaseEventSubmission:
    return CaseEventSubmission.model_validate_json(json.dumps({**PAYMENT, **changes}))


def problem_of_payment(**changes: Any) -> FieldProblem:
    with pytest.raises(ValidationError) as refused:
        payment(**changes)
    (problem,) = field_problems(refused.value)
    return problem


def problem_of_sighting(**changes: Any) -> FieldProblem:
    with pytest.raises(ValidationError) as refused:
        sighting(**changes)
    (problem,) = field_problems(refused.value)
    return problem


def test_a_posted_sighting_is_read() -> None:
    posted = sighting(itinerary=JOURNEY)

    assert posted.kind is SightingKind.HOTEL_CHECK_IN
    assert posted.occurred_at.isoformat() == "2026-02-26T18:50:00+00:00"
    assert posted.document.number == "990123 19880709 207x"
    assert posted.itinerary is not None
    assert posted.itinerary.arrives_at.isoformat() == "2026-02-27T22:59:00+00:00"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": "3"}, "platform"),
        ({"place": {**SIGHTING_POST["place"], "room": "302"}}, "place.room"),
        ({"document": {**SIGHTING_POST["document"], "photo": "x"}}, "document.photo"),
        ({"itinerary": {**JOURNEY, "class": "hard"}}, "itinerary.class"),
        ({"itinerary": {**JOURNEY, "stops": [{**HALT, "track": "3"}]}}, "itinerary.stops[0].track"),
    ],
)
def test_a_field_that_a_sender_misspelt_is_told_at_any_depth(changes: dict[str, Any], field: str) -> None:
    assert problem_of_sighting(**changes) == FieldProblem(field=field, message=UNKNOWN)


def test_a_time_of_a_journey_needs_its_offset() -> None:
    journey = {**JOURNEY, "departs_at": "2026-02-27T21:03:00"}

    assert problem_of_sighting(itinerary=journey) == FieldProblem(
        field="itinerary.departs_at",
        message="has no offset: times carry an offset, for example 2026-02-25T19:42:07+08:00",
    )


def test_a_posted_payment_is_read() -> None:
    posted = payment()

    assert (posted.amount_fen, posted.reverses) == (8_640_000, None)


def test_a_reversal_names_the_receipt_it_reverses() -> None:
    assert payment(event="payment.reversed", reverses="R-0").reverses == "R-0"
    assert problem_of_payment(event="payment.reversed") == FieldProblem(
        field="reverses", message="is missing: give the number of the receipt that is reversed"
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"reverses": "R-0"},
            FieldProblem(
                field="reverses",
                message="belongs to payment.reversed only: leave it out or correct the event",
            ),
        ),
        ({"amount_fen": 0}, FieldProblem(field="amount_fen", message="is too small: send more than 0")),
        (
            {"amount_fen": 86400.5},
            FieldProblem(
                field="amount_fen", message="is not a whole number: send a JSON number without fraction"
            ),
        ),
        (
            {"event": "payment.lost", "reverses": "R-0"},
            FieldProblem(
                field="event",
                message="is not one of the known values: send 'payment.received' or 'payment.reversed'",
            ),
        ),
        (
            {"receipt_number": "R\x00"},
            FieldProblem(
                field="receipt_number",
                message="holds control, direction or invisible characters: send plain text on one line",
            ),
        ),
    ],
)
def test_a_wrong_payment_is_told_with_field_and_remedy(
    changes: dict[str, Any], problem: FieldProblem
) -> None:
    assert problem_of_payment(**changes) == problem


def test_a_message_between_programs_ignores_what_it_does_not_know() -> None:
    raw = '{"name": "武昌", "city": "武汉", "added_later": 1}'

    assert Place.model_validate_json(raw) == Place(name="武昌", city="武汉")


@pytest.mark.parametrize("sealed", ["", "not base64", "AAAA\x00", "AAAA\n", "A" * 65_537])
def test_a_sealed_field_is_base64_of_bounded_length(sealed: str) -> None:
    raw = SIGHTING.model_dump(mode="json")

    with pytest.raises(ValidationError, match="document"):
        type(SIGHTING).model_validate_json(json.dumps({**raw, "document": sealed}))


def test_a_packet_holds_at_most_500_changes() -> None:
    with pytest.raises(ValidationError, match="changes"):
        FeedPacket(changes=(PACKET.changes[0],) * 501, head=HEAD)


@pytest.mark.parametrize(
    ("kind", "live"),
    [
        (SightingKind.TICKET_BOUGHT, False),
        (SightingKind.TICKET_CHANGED, False),
        (SightingKind.TICKET_REFUNDED, False),
        (SightingKind.GATE_PASSED, True),
        (SightingKind.HOTEL_CHECK_IN, True),
        (SightingKind.HOTEL_CHECK_OUT, True),
        (SightingKind.INTERNET_CAFE, True),
        (SightingKind.CHECKPOINT, True),
        (SightingKind.BORDER_CROSSING, True),
        (SightingKind.EXIT_DOCUMENT_APPLICATION, False),
        (SightingKind.OFFICE_VISIT, True),
    ],
)
def test_a_sighting_is_live_when_the_person_was_there(kind: SightingKind, live: bool) -> None:
    assert (kind in LIVE_SIGHTINGS) is live


def test_words_on_the_wire_stay() -> None:
    assert list(SightingKind) == [
        "ticket-bought",
        "ticket-changed",
        "ticket-refunded",
        "gate-passed",
        "hotel-check-in",
        "hotel-check-out",
        "internet-cafe",
        "checkpoint",
        "border-crossing",
        "exit-document-application",
        "office-visit",
    ]
    assert list(StandDownReason) == [
        "performed",
        "withdrawn",
        "suspended",
        "expired",
        "wrong-person",
        "paper-revoked",
    ]
    assert list(Discretion) == ["report-only-until", "must-not-tell", "may-tell"]
    assert list(MESSAGES) == [
        "court.feed.packet",
        "court.feed.heartbeat",
        "court.express.tombstone",
        "court.express.close-line",
        "court.order.confirmation",
        "court.order.stand-down",
        "agency.sighting",
        "agency.receipt",
        "agency.hold",
        "agency.hand-over",
        "agency.release",
        "agency.stand-down-answer",
        "agency.line-emptied",
        "agency.list-wanted",
        "agency.journeys-kept",
    ]


def test_a_repr_never_shows_who_it_is_about() -> None:
    read = DocumentRead.model_validate_json(json.dumps(SIGHTING_POST["document"]))
    details = NamedDetails(
        name="佟某",
        sex=None,
        birth_year=1988,
        masked_number="990*************7X",
        case_number="（2026）京0199执1357号",
        instructions="协助控制、等待移交（拘传）",
        phone_24h="+86 100 0000 0010",
    )

    assert "佟" not in repr(read) + repr(details)
    assert "1988" not in repr(read) + repr(details)
    assert "990" not in repr(details)
    assert "990123" not in repr(sighting())


def test_a_put_does_not_print_its_tokens() -> None:
    put = PACKET.changes[0]

    assert isinstance(put, Put)
    assert put.tokens[0] not in repr(PACKET)


@pytest.mark.parametrize("hold_for_s", [0, 86_401])
def test_a_hold_lasts_a_day_at_most(hold_for_s: int) -> None:
    posted = {**json.loads(CONFIRMATION.model_dump_json()), "hold_for_s": hold_for_s}

    with pytest.raises(ValidationError):
        Confirmation.model_validate_json(json.dumps(posted))
    day = Confirmation.model_validate_json(json.dumps({**posted, "hold_for_s": 86_400}))

    assert day.hold_for_s == 86_400
