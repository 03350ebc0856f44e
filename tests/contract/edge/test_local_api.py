"""The adapter's local API, as an agency's own systems and officers' devices use it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.station import Station
from adapters.web.local_api import make_local_api
from adapters.web.serving import serving
from schemas.documents import IdentityDocument
from schemas.settings import Address
from tests.unit.adapters.world import PASSER_BY, REFERENCE, TONG, World

ANY_PORT = Address("127.0.0.1", 0)
PHONE = "010-00000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A system of the agency in front of the API."""

    session: aiohttp.ClientSession
    url: str
    station: Station
    world: World

    async def posts(self, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        async with self.session.post(self.url + path, json={} if body is None else body) as response:
            return response.status, await response.json()

    async def gets(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self.session.get(self.url + path) as response:
            return response.status, await response.json()

    async def screens(self, used: IdentityDocument, **more: object) -> tuple[int, dict[str, Any]]:
        return await self.posts("/screen", card_use(used.number) | more)


def card_use(number: str) -> dict[str, object]:
    return {
        "event_id": "rail-1",
        "kind": "gate-passed",
        "occurred_at": "2026-02-26T20:41:00+08:00",
        "place": {"name": "武昌", "city": "武汉", "detail": "进站闸机"},
        "document": {
            "kind": "resident-id",
            "number": number,
            "name": "佟某",
            "sex": "male",
            "birth_date": "1978-03-15",
        },
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World.start(tmp_path)
    yield world
    await world.stop()


@pytest.fixture
async def caller(world: World) -> AsyncIterator[Caller]:
    station = Station(name="rail.1", phone_24h=PHONE)
    station.edge = world.edge
    async with serving(make_local_api(station), ANY_PORT) as port, aiohttp.ClientSession() as session:
        yield Caller(session=session, url=f"http://127.0.0.1:{port}", station=station, world=world)


@pytest.fixture
async def listed(caller: Caller) -> Caller:
    """佟 is on the list, and the list is proven."""
    await caller.world.court.lists(REFERENCE, TONG)
    await caller.world.beat()
    return caller


@pytest.fixture
async def confirmed(listed: Caller) -> Caller:
    """The court has said: still wanted, hold for two hours."""
    await listed.world.court.confirms()
    await listed.world.settle()
    return listed


async def test_a_use_of_a_listed_document_is_a_hit(listed: Caller) -> None:
    assert await listed.screens(TONG) == (200, {"answer": "hit", "references": ["7101"], "proven": True})


async def test_a_use_of_any_other_is_clear(listed: Caller) -> None:
    assert await listed.screens(PASSER_BY) == (200, {"answer": "clear"})


async def test_of_many_numbers_those_are_named_that_must_be_screened(listed: Caller) -> None:
    numbers = [PASSER_BY.number, TONG.number, "990101197803150015"]

    assert await listed.posts("/sift", {"kind": "resident-id", "numbers": numbers}) == (
        200,
        {
            "answer": "sifted",
            "screen": [1],
            "invalid": {"2": "wrong-check-digit"},
            "others": {"answer": "clear"},
        },
    )


async def test_where_nothing_can_be_said_of_one_nothing_is_said_of_many(caller: Caller) -> None:
    batch = {"kind": "resident-id", "numbers": [TONG.number]}
    before_the_list = await caller.posts("/sift", batch)
    caller.station.edge = None

    assert before_the_list[1] == {
        "answer": "not-screened",
        "reason": "nothing-received",
        "phone_24h": PHONE,
    }
    assert (await caller.posts("/sift", batch))[1]["reason"] == "no-keys"


async def test_too_many_numbers_at_once_are_refused(listed: Caller) -> None:
    status, problem = await listed.posts("/sift", {"kind": "resident-id", "numbers": ["1"] * 1_001})

    assert (status, [error["field"] for error in problem["errors"]]) == (400, ["numbers"])


async def test_a_number_that_cannot_be_is_told_with_its_remedy(listed: Caller) -> None:
    status, answer = await listed.posts("/screen", card_use("990101197803150015"))

    assert (status, answer["answer"], answer["fault"]) == (200, "invalid", "wrong-check-digit")
    assert "type it again" in answer["remedy"]["en"]


async def test_a_name_from_a_worn_chip_does_not_cost_the_hit(listed: Caller) -> None:
    use = card_use(TONG.number)
    read = {"kind": "resident-id", "number": "９９0101 19780315 0014", "name": "佟\x00\x07某"}

    _, answer = await listed.posts("/screen", use | {"document": read})

    assert answer["answer"] == "hit"


async def test_before_a_list_has_come_nothing_is_screened(caller: Caller) -> None:
    assert await caller.screens(TONG) == (
        200,
        {"answer": "not-screened", "reason": "nothing-received", "phone_24h": PHONE},
    )


async def test_before_the_keys_have_come_nothing_is_screened_and_nobody_stopped(caller: Caller) -> None:
    caller.station.edge = None

    assert await caller.screens(TONG) == (
        200,
        {"answer": "not-screened", "reason": "no-keys", "phone_24h": PHONE},
    )
    status, problem = await caller.posts(f"/instructions/{REFERENCE}/before-stop")
    assert (status, problem["type"]) == (503, "not-started")
    assert f"Do not stop. Call the court's 24-hour phone: {PHONE}" in problem["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "seen"}, "kind"),
        ({"occurred_at": "2026-02-26T20:41:00"}, "occurred_at"),
        ({"event_id": "rail 1"}, "event_id"),
        ({"passenger": "佟某"}, "passenger"),
        ({"document": {"kind": "resident-id"}}, "document.number"),
    ],
)
async def test_a_wrong_field_is_named_and_not_repeated(
    listed: Caller, change: dict[str, object], field: str
) -> None:
    status, problem = await listed.screens(TONG, **change)

    assert (status, problem["type"]) == (400, "wrong-fields")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert TONG.number not in str(problem)
    assert "佟" not in str(problem)


async def test_what_a_web_page_could_send_by_itself_is_refused(listed: Caller) -> None:
    async with listed.session.post(f"{listed.url}/screen", data="{}") as response:
        assert (response.status, response.content_type) == (415, "application/problem+json")


async def test_too_much_is_refused(listed: Caller) -> None:
    status, problem = await listed.posts("/screen", {"event_id": "r" * 70_000})

    assert (status, problem["type"]) == (413, "too-large")


async def test_an_instruction_is_shown_with_the_courts_word(confirmed: Caller) -> None:
    status, shown = await confirmed.gets(f"/instructions/{REFERENCE}")

    assert status == 200
    assert (shown["reference"], shown["state"], shown["measure"]) == (
        "7101",
        "hold-when-checked",
        "hold-for-summons",
    )
    assert shown["confirmation"]["who_comes"] == "沈法官"
    assert shown["phone_24h"] == PHONE


async def test_a_hold_from_the_question_to_the_hand_over(confirmed: Caller) -> None:
    path = f"/instructions/{REFERENCE}"

    _, asked = await confirmed.posts(f"{path}/before-stop")
    _, held = await confirmed.posts(f"{path}/hold", {"place": "武昌站派出所", "unit": "乘警一组"})
    _, shown = await confirmed.gets(path)
    _, handed = await confirmed.posts(f"{path}/hand-over", {"to": "沈法官", "three_point_check": True})
    _, again = await confirmed.posts(f"{path}/release")

    assert (asked["answer"], asked["court_heard_s"]) == ("in-force", 0.0)
    assert held == {"answer": "held", "release_at": "2026-02-26T14:41:00+00:00"}
    assert shown["state"] == "holding"
    assert handed == {"answer": "reported"}
    assert again == {"answer": "not-held"}


async def test_without_the_courts_word_nobody_is_stopped(listed: Caller) -> None:
    path = f"/instructions/{REFERENCE}"

    _, asked = await listed.posts(f"{path}/before-stop")
    _, held = await listed.posts(f"{path}/hold", {"place": "武昌", "unit": "乘警一组"})

    assert asked == {"answer": "do-not-stop", "reason": "not-confirmed", "phone_24h": PHONE}
    assert held == {"answer": "let-go", "reason": "not-confirmed", "phone_24h": PHONE}


async def test_a_reference_nobody_knows_is_gone(listed: Caller) -> None:
    _, shown = await listed.gets("/instructions/9223372036854775807")

    assert (shown["reference"], shown["state"], shown["named"]) == ("9223372036854775807", "gone", None)


@pytest.mark.parametrize(
    "path", ["/instructions/佟", "/instructions/0", "/instructions/9" + "0" * 30, "/lists"]
)
async def test_what_is_no_address_is_a_problem(listed: Caller, path: str) -> None:
    status, problem = await listed.gets(path)

    assert (status, problem["type"]) == (404, "nothing-here")


async def test_asking_before_a_stop_is_no_mere_look(listed: Caller) -> None:
    status, problem = await listed.gets(f"/instructions/{REFERENCE}/before-stop")

    assert (status, problem["type"]) == (405, "wrong-method")


async def test_it_lives_as_soon_as_it_answers(caller: Caller) -> None:
    assert await caller.gets("/livez") == (200, {"alive": True})


async def test_it_is_ready_once_the_list_is_proven(listed: Caller) -> None:
    status, ready = await listed.gets("/readyz")

    assert (status, ready["ready"], ready["reasons"]) == (200, True, [])
    assert (ready["list"]["condition"], ready["list"]["count"]) == ("proven", 1)


async def test_what_is_wrong_is_told_while_it_lasts(listed: Caller) -> None:
    listed.station.bus_trouble = lambda: "the broker closed the connection"
    listed.world.clock.jump(minutes=6)

    status, ready = await listed.gets("/readyz")

    assert (status, ready["ready"]) == (HTTPStatus.SERVICE_UNAVAILABLE, False)
    assert ready["reasons"] == [
        {"what": "broker-away", "detail": "the broker closed the connection"},
        {
            "what": "court-silent",
            "detail": "the court was not heard for 5 minutes or more: no stop is confirmed",
        },
    ]


async def test_what_was_refused_of_the_court_is_told_and_is_no_reason_not_to_be_ready(listed: Caller) -> None:
    await listed.world.court.send_raw("feed", b"{}", sender="agency.police")
    await listed.world.settle()

    status, ready = await listed.gets("/readyz")

    assert (status, ready["ready"]) == (200, True)
    assert ready["refused"] == [
        {
            "what": "forged",
            "detail": "it does not bear the court's signature: altered on its way, or forged; nothing of it "
            "was taken: tell the court, and look at who can write to the queues",
            "times": 1,
            "last_at": "2026-02-26T12:41:00+00:00",
        }
    ]
