"""What outsiders post: a signed sighting reaches the judge; what is wrong is answered and leaves nothing."""

import json
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from schemas.webhooks import sign_webhook
from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.web_line import WebhookAnswer
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import books_of, inbox_of
from tracker.domain.ids import EntryId

PATH = "/webhooks/sightings/police"
SEEN_NOW = "【云河法院】紧急预警：26执1357佟某，25日12:00入住西直门如归旅店，人在店内。接手请回"


NOT_VALID = "is not valid JSON: send one JSON object in UTF-8"
NO_JSON = {
    b"": NOT_VALID,
    b"{": NOT_VALID,
    b"\xff\xfe": NOT_VALID,
    b'{"event_id": NaN}': NOT_VALID,
    b"[" * 5000: NOT_VALID,
    b'{"event_id": "a", "event_id": "b"}': "gives a name twice in one object: give each field once",
}
WRONG_FIELDS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"occurred_at": "2026-02-25T12:00:00"}, "occurred_at", "times carry an offset"),
    ({"occurred_at": "noon"}, "occurred_at", "is not a time"),
    ({"hotel_room": "301"}, "hotel_room", "is not a field of this message"),
    ({"event_id": "hotel\u0000-1"}, "event_id", "holds control"),
    ({"event_id": ""}, "event_id", "is empty"),
    ({"event_id": 7}, "event_id", "is not a text"),
    ({"kind": "hotel"}, "kind", "is not one of the known values"),
    ({"place": {"name": "如归旅店"}}, "place.city", "is missing"),
    ({"place": {"name": "\u202e店旅归如", "city": "北京"}}, "place.name", "direction"),
    ({"document": {"kind": "resident-id"}}, "document.number", "is missing"),
    (
        {"document": {"kind": "resident-id", "number": f"{A.number[:-1]}0"}},
        "document.number",
        "the check character does not fit",
    ),
    ({"document": {"kind": "resident-id", "number": "99"}}, "document.number", "the wrong length"),
)
"""What is changed in a right body, the field that is named, and a part of the remedy."""


def check_in(stage: CourtStage, **changes: Any) -> dict[str, Any]:
    """A hotel's check-in, as the police post it."""
    body: dict[str, Any] = {
        "event_id": "hotel-1",
        "kind": "hotel-check-in",
        "occurred_at": stage.clock.now().isoformat(),
        "place": {"name": "西直门如归旅店", "city": "北京"},
        "document": {
            "kind": "resident-id",
            "number": A.number,
            "name": A.name,
            "sex": "male",
            "birth_date": "1979-03-12",
        },
    }
    return {**body, **changes}


def as_sent(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def of_agency(stage: CourtStage, agency_id: str, raw: bytes, message_id: str = "m-1") -> dict[str, str]:
    return stage.line.headers(message_id, raw, stage.system.webhook_keys.of_agency(agency_id))


def signed(stage: CourtStage, raw: bytes, message_id: str = "m-1") -> dict[str, str]:
    return of_agency(stage, "police", raw, message_id)


def without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


def doubled(headers: dict[str, str], name: str) -> CIMultiDict[str]:
    return CIMultiDict([*headers.items(), (name, headers[name])])


async def posts(stage: CourtStage, raw: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
    """Past our own client, which is too polite to send a header twice."""
    url = f"{await stage.line.open()}{PATH}"
    async with aiohttp.ClientSession() as client, client.post(url, data=BytesIO(raw), headers=headers) as got:
        answer = WebhookAnswer(status=got.status, body=json.loads(await got.text()))
    await stage.settles()
    return answer


async def refusal(stage: CourtStage, raw: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
    """The answer to what is wrong; the court's books are as before, and nobody was told."""
    before = await books_of(stage)
    answer = await posts(stage, raw, headers)
    assert await books_of(stage) == before
    assert A.number not in str(answer.body)
    assert A.name not in str(answer.body)
    return answer


async def test_a_signed_sighting_of_a_listed_person_raises_the_alert(
    stage: CourtStage, entry_a: EntryId
) -> None:
    raw = as_sent(check_in(stage))

    answer = await posts(stage, raw, signed(stage, raw))

    assert (answer.status, set(answer.body)) == (202, {"receipt"})
    assert stage.sms(JUDGE) == [f"{SEEN_NOW}40718，12:03起逐级上报"]
    assert stage.sms(DUTY_OFFICER) == [f"{SEEN_NOW}58263，12:03起逐级上报"]
    assert await inbox_of(stage) == [("m-1", "done", None)]


async def test_the_answer_is_the_same_for_somebody_nobody_seeks(stage: CourtStage) -> None:
    raw = as_sent(check_in(stage))

    answer = await posts(stage, raw, signed(stage, raw))

    assert (answer.status, set(answer.body)) == (202, {"receipt"})
    assert await inbox_of(stage) == [("m-1", "done", None)]


async def test_of_somebody_nobody_seeks_only_id_and_keyed_hash_stay(
    stage: CourtStage,
) -> None:
    before = await books_of(stage)
    raw = as_sent(check_in(stage))
    await posts(stage, raw, signed(stage, raw))

    after = await books_of(stage)

    assert {name for name in after if after[name] != before[name]} == {"inbox"}
    assert A.number not in str(after["inbox"])
    assert [row[5] for row in after["inbox"] if row[2] == "m-1"] == [None]


async def test_the_same_message_again_gets_the_same_answer_and_tells_nobody_twice(
    stage: CourtStage, entry_a: EntryId
) -> None:
    raw = as_sent(check_in(stage))
    first = await posts(stage, raw, signed(stage, raw))
    stage.reads_everything()

    again = await refusal(stage, raw, signed(stage, raw))

    assert again == first


async def test_the_same_event_under_a_new_id_tells_nobody_twice(stage: CourtStage, entry_a: EntryId) -> None:
    raw = as_sent(check_in(stage))
    await posts(stage, raw, signed(stage, raw))
    stage.reads_everything()

    await posts(stage, raw, signed(stage, raw, "m-2"))

    assert await inbox_of(stage) == [("m-1", "done", None), ("m-2", "done", None)]


async def test_the_same_id_with_another_body_is_a_conflict(stage: CourtStage, entry_a: EntryId) -> None:
    raw, other = as_sent(check_in(stage)), as_sent(check_in(stage, event_id="hotel-2"))
    await posts(stage, raw, signed(stage, raw))
    stage.reads_everything()

    answer = await refusal(stage, other, signed(stage, other))

    assert (answer.status, answer.body["type"]) == (409, "other-body")
    assert "Give every new message an id of its own" in answer.body["detail"]


async def test_whatever_is_wrong_with_a_signature_looks_alike(stage: CourtStage, entry_a: EntryId) -> None:
    raw = as_sent(check_in(stage))
    right = signed(stage, raw)

    answers = [
        await refusal(stage, raw, {**right, "webhook-signature": f"v1,{'A' * 43}="}),
        await refusal(stage, raw, {**right, "webhook-signature": "v9,zzz"}),
        await refusal(stage, raw, {**right, "webhook-signature": ""}),
        await refusal(stage, raw, {**right, "webhook-id": "m-2"}),
        await refusal(stage, raw, {**right, "webhook-timestamp": "1771992001"}),
        await refusal(stage, raw, {**right, "webhook-timestamp": "yesterday"}),
        await refusal(stage, raw, without(right, "webhook-id")),
        await refusal(stage, raw, without(right, "webhook-timestamp")),
        await refusal(stage, raw, without(right, "webhook-signature")),
        await refusal(stage, raw, doubled(right, "webhook-id")),
        await refusal(stage, raw, doubled(right, "webhook-timestamp")),
        await refusal(stage, raw, doubled(right, "webhook-signature")),
        await refusal(stage, raw.replace("如归".encode(), "如意".encode()), right),
        await refusal(stage, raw, of_agency(stage, "rail", raw)),
    ]

    assert answers == [answers[0]] * 14
    assert (answers[0].status, answers[0].body["type"]) == (401, "bad-signature")
    assert "once each, " in answers[0].body["detail"]


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_valid_signature_of_another_time_is_told_both_times(
    stage: CourtStage, entry_a: EntryId, minutes: int
) -> None:
    raw = as_sent(check_in(stage))
    at = stage.clock.now() + timedelta(minutes=minutes)
    key = stage.system.webhook_keys.of_agency("police")
    headers = {
        **signed(stage, raw),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign_webhook("m-1", at, raw, key),
    }

    answer = await refusal(stage, raw, headers)

    assert (answer.status, answer.body["type"]) == (400, "clock-skew")
    assert "2026-02-25T04:00:00+00:00" in answer.body["detail"]
    assert "set your clock and sign the message anew" in answer.body["detail"]


async def test_what_is_no_json(stage: CourtStage, entry_a: EntryId) -> None:
    answers = [await refusal(stage, raw, signed(stage, raw)) for raw in NO_JSON]

    assert {answer.status for answer in answers} == {400}
    assert [answer.body["errors"] for answer in answers] == [
        [{"field": "(whole message)", "message": message}] for message in NO_JSON.values()
    ]


async def test_a_wrong_field_is_named_with_its_remedy(stage: CourtStage, entry_a: EntryId) -> None:
    bodies = [as_sent(check_in(stage, **changes)) for changes, _, _ in WRONG_FIELDS]

    answers = [await refusal(stage, raw, signed(stage, raw)) for raw in bodies]

    assert {answer.status for answer in answers} == {400}
    assert [[error["field"] for error in answer.body["errors"]] for answer in answers] == [
        [field] for _, field, _ in WRONG_FIELDS
    ]
    said = [answer.body["errors"][0]["message"] for answer in answers]
    expected = [remedy for _, _, remedy in WRONG_FIELDS]
    assert [remedy for remedy, message in zip(expected, said, strict=True) if remedy not in message] == []


async def test_a_megabyte_is_not_read(stage: CourtStage, entry_a: EntryId) -> None:
    raw = as_sent(check_in(stage, padding="x" * 1024 * 1024))

    answer = await refusal(stage, raw, signed(stage, raw))

    assert (answer.status, answer.body["type"]) == (413, "too-large")
    assert answer.body["detail"] == "One event per message, at most 64 KiB."


async def test_a_sender_nobody_knows(stage: CourtStage, entry_a: EntryId) -> None:
    raw = as_sent(check_in(stage))
    before = await books_of(stage)

    answer = await stage.line.post_raw("/webhooks/sightings/airline", raw, signed(stage, raw))

    assert (answer.status, answer.body["type"]) == (401, "bad-signature")
    assert await books_of(stage) == before
