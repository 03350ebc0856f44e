"""What outsiders post: a signed sighting reaches the judge; what is wrong is answered and leaves nothing."""

import json
from typing import Any

from scripts.cast import DUTY_OFFICER, JUDGE, A
from scripts.web_line import WebhookAnswer
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import books_of, inbox_of
from tracker.domain.ids import EntryId

PATH = "/webhooks/sightings/police"
SEEN_NOW = "【云河法院】紧急预警：26执1357佟某，25日12:00入住西直门如归旅店，人在店内。接手请回"


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


def signed(stage: CourtStage, raw: bytes, message_id: str = "m-1") -> dict[str, str]:
    return stage.line.headers(message_id, raw, stage.system.webhook_keys.of_agency("police"))


async def posts(stage: CourtStage, raw: bytes, headers: dict[str, str]) -> WebhookAnswer:
    answer = await stage.line.post_raw(PATH, raw, headers)
    await stage.settles()
    return answer


async def refusal(stage: CourtStage, raw: bytes, headers: dict[str, str]) -> WebhookAnswer:
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
