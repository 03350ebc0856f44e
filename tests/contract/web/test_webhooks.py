"""Signed webhooks: what is taken, what is refused and how, and that nothing is stored of what is refused."""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from schemas.signing import SigningKey
from schemas.webhooks import AsymmetricKey, SymmetricKey, sign_webhook
from scripts import cast
from tests.contract.web.site import Site
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage import agencies, people, webhook_keys
from tracker.storage.agencies import Agency
from tracker.storage.inbox import next_waiting_at
from tracker.storage.people import Court

SIGHTINGS = "/webhooks/sightings/rail"
CASE_EVENTS = "/webhooks/case-events"
NOBODYS = cast.resident_number(date(1990, 1, 1), 1)


def sighting(**changes: Any) -> dict[str, Any]:
    """A hotel check-in of A."""
    body: dict[str, Any] = {
        "event_id": "hotel-1",
        "kind": "hotel-check-in",
        "occurred_at": "2026-02-24T09:10:00+08:00",
        "place": {"name": "如归旅店", "city": "北京"},
        "document": {"kind": "resident-id", "number": cast.A.number},
    }
    return body | changes


def of_number(number: str, kind: str = "resident-id") -> dict[str, Any]:
    return sighting(document={"kind": kind, "number": number})


def at_place(**place: str) -> dict[str, Any]:
    return sighting(place=place)


def payment(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "event": "payment.received",
        "case_number": cast.B_CASE,
        "receipt_number": "R-1",
        "amount_fen": 100,
        "occurred_at": "2026-02-24T09:10:00+08:00",
    }
    return body | changes


class Sender:
    """An outsider with a key, who may get everything wrong."""

    def __init__(self, site: Site, path: str, key: SymmetricKey | SigningKey) -> None:
        self._site = site
        self._path = path
        self._key = key

    async def posts(self, body: Any, message_id: str = "m-1", **headers: str) -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return await self.posts_raw(raw, {**self.signs(raw, message_id), **headers})

    def signs(self, raw: bytes, message_id: str, at: datetime | None = None) -> dict[str, str]:
        sent_at = at or self._site.stage.clock.now()
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": sign_webhook(message_id, sent_at, raw, self._key),
        }

    async def posts_raw(self, raw: bytes | AsyncIterator[bytes], headers: Any) -> tuple[int, dict[str, Any]]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self._site.url}{self._path}", data=raw, headers=headers) as answer,
        ):
            return answer.status, json.loads(await answer.text())


@pytest.fixture
def railway(quiet_site: Site) -> Sender:
    return Sender(quiet_site, SIGHTINGS, quiet_site.stage.system.webhook_keys.of_agency("rail"))


@pytest.fixture
def account_system(quiet_site: Site) -> Sender:
    return Sender(quiet_site, CASE_EVENTS, quiet_site.stage.system.webhook_keys.case_system)


async def a_megabyte_in_pieces() -> AsyncIterator[bytes]:
    for _ in range(32):
        yield b"x" * 32_768


async def nothing_waits(site: Site) -> bool:
    async with site.stage.registry.reading() as tx:
        return await next_waiting_at(tx) is None


async def test_the_answer_does_not_tell_whether_the_person_is_wanted(site: Site) -> None:
    railway = Sender(site, SIGHTINGS, site.stage.system.webhook_keys.of_agency("rail"))

    hit = await railway.posts(sighting(event_id="e-1"), "m-1")
    clear = await railway.posts(of_number(NOBODYS) | {"event_id": "e-2"}, "m-2")
    await site.stage.settles()

    assert (hit[0], list(hit[1])) == (202, ["receipt"])
    assert (clear[0], list(clear[1])) == (202, ["receipt"])
    assert (await site.stage.alert_of(site.listed)).plan.act_place == "如归旅店"


async def test_a_repeated_message_gets_the_same_receipt(site: Site) -> None:
    railway = Sender(site, SIGHTINGS, site.stage.system.webhook_keys.of_agency("rail"))

    first = await railway.posts(sighting(), "m-1")
    again = await railway.posts(sighting(), "m-1")

    assert again == first


async def test_a_known_id_with_another_body_is_refused(site: Site) -> None:
    railway = Sender(site, SIGHTINGS, site.stage.system.webhook_keys.of_agency("rail"))
    await railway.posts(sighting(), "m-1")

    status, problem = await railway.posts(sighting(kind="checkpoint"), "m-1")

    assert (status, problem["type"]) == (409, "other-body")


@pytest.mark.parametrize("case", [cast.A_CASE, "(2026)京0199执1357号"])
async def test_a_payment_reaches_the_entry(site: Site, case: str) -> None:
    accounts = Sender(site, CASE_EVENTS, site.stage.system.webhook_keys.case_system)

    status, _ = await accounts.posts(payment(case_number=case, amount_fen=cast.A_DEBT_FEN))
    await site.stage.settles()

    assert status == 202
    assert (await site.stage.entry(site.listed)).state == "suspended"


NOT_VALID = "is not valid JSON: send one JSON object in UTF-8"
TWICE = "gives a name twice in one object: give each field once"
UNKNOWN = "is not a field of this message"
WHOLE = "(whole message)"
WRONG_BODIES = [
    pytest.param(of_number("990000197903120135"), "document.number", "check character", id="check digit"),
    pytest.param(of_number("990000197902300130"), "document.number", "birth date", id="birth date"),
    pytest.param(of_number("99"), "document.number", "the wrong length", id="short number"),
    pytest.param(of_number("123", "passport"), "document.number", "", id="no passport number"),
    pytest.param(
        sighting(document={"kind": "passport"}), "document.number", "is missing", id="missing inner field"
    ),
    pytest.param(sighting(kind="teleport"), "kind", "is not one of the known values", id="unknown kind"),
    pytest.param(sighting(nickname="x"), "nickname", UNKNOWN, id="unknown field"),
    pytest.param(at_place(name="x", city="y", zip="1"), "place.zip", UNKNOWN, id="unknown inner field"),
    pytest.param(at_place(name="x"), "place.city", "is missing", id="missing city"),
    pytest.param(at_place(name="\u202ex", city="y"), "place.name", "direction", id="turned around"),
    pytest.param(
        sighting(occurred_at="2026-02-24T09:10:00"), "occurred_at", "times carry an offset", id="no offset"
    ),
    pytest.param(sighting(occurred_at="noon"), "occurred_at", "is not a time", id="no time"),
    pytest.param(sighting(event_id="a\u0000b"), "event_id", "holds control", id="NUL"),
    pytest.param(sighting(event_id=""), "event_id", "is empty", id="empty text"),
    pytest.param(sighting(event_id=7), "event_id", "is not a text", id="no text"),
    pytest.param({"event_id": "e"}, "kind", "is missing", id="missing field"),
    pytest.param([], WHOLE, "", id="no object"),
    pytest.param(b"{", WHOLE, NOT_VALID, id="no JSON"),
    pytest.param(b'{"event_id": "\xff"}', WHOLE, NOT_VALID, id="no UTF-8"),
    pytest.param(b'{"kind": "checkpoint", "kind": "gate-passed"}', WHOLE, TWICE, id="a name twice"),
    pytest.param(b'{"event_id": NaN}', WHOLE, NOT_VALID, id="no number"),
    pytest.param(b"[" * 60_000, WHOLE, NOT_VALID, id="too deep"),
    pytest.param(b"", WHOLE, NOT_VALID, id="empty body"),
]
"""What is posted, the field that is named, and a part of the remedy."""


@pytest.mark.parametrize(("body", "field", "remedy"), WRONG_BODIES)
async def test_a_wrong_sighting_is_told_at_once_and_not_stored(
    quiet_site: Site, railway: Sender, body: Any, field: str, remedy: str
) -> None:
    status, problem = await railway.posts(body)

    assert (status, problem["type"]) == (400, "wrong-fields")
    said = {error["field"]: error["message"] for error in problem["errors"]}
    assert remedy in said[field]
    assert cast.A.number not in json.dumps(problem)
    assert await nothing_waits(quiet_site)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(payment(case_number="2026京0199执"), "case_number", id="no case number"),
        pytest.param(payment(amount_fen=0), "amount_fen", id="no money"),
        pytest.param(payment(amount_fen=-1), "amount_fen", id="less than no money"),
        pytest.param(payment(amount_fen=1.5), "amount_fen", id="half a fen"),
        pytest.param(payment(event="payment.reversed"), "reverses", id="reverses nothing"),
    ],
)
async def test_a_wrong_payment_is_told_at_once_and_not_stored(
    quiet_site: Site, account_system: Sender, body: Any, field: str
) -> None:
    status, problem = await account_system.posts(body)

    assert (status, problem["type"]) == (400, "wrong-fields")
    assert field in [error["field"] for error in problem["errors"]]
    assert await nothing_waits(quiet_site)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"webhook-signature": "v1,AAAA"}, id="wrong signature"),
        pytest.param({"webhook-signature": ""}, id="missing signature"),
        pytest.param({"webhook-signature": "v9,zzz"}, id="signature of no known kind"),
        pytest.param({"webhook-id": "another"}, id="another id"),
        pytest.param({"webhook-timestamp": "1"}, id="another time"),
        pytest.param({"webhook-timestamp": "yesterday"}, id="no time"),
    ],
)
async def test_failures_of_a_signature_all_look_alike(
    quiet_site: Site, railway: Sender, headers: dict[str, str]
) -> None:
    answer = await railway.posts(sighting(), **headers)

    assert answer == await railway.posts_raw(b"{}", {})
    assert answer[0] == 401
    assert await nothing_waits(quiet_site)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_a_doubled_or_missing_header_is_refused(quiet_site: Site, railway: Sender, name: str) -> None:
    raw = json.dumps(sighting()).encode()
    headers = railway.signs(raw, "m-1")
    others = {one: value for one, value in headers.items() if one != name}

    doubled = await railway.posts_raw(raw, [*headers.items(), (name, headers[name])])
    missing = await railway.posts_raw(raw, others)

    assert doubled == missing == await railway.posts_raw(b"{}", {})
    assert doubled[0] == 401
    assert await nothing_waits(quiet_site)


async def test_another_agencys_signature_looks_as_wrong(quiet_site: Site, railway: Sender) -> None:
    police = Sender(quiet_site, SIGHTINGS, quiet_site.stage.system.webhook_keys.of_agency("police"))

    assert await police.posts(sighting()) == await railway.posts_raw(b"{}", {})
    assert await nothing_waits(quiet_site)


async def test_a_changed_body_is_refused(quiet_site: Site, railway: Sender) -> None:
    raw = json.dumps(sighting()).encode()

    status, _ = await railway.posts_raw(raw + b" ", railway.signs(raw, "m-1"))

    assert status == 401
    assert await nothing_waits(quiet_site)


async def test_an_unknown_agency_looks_like_a_bad_signature(quiet_site: Site, railway: Sender) -> None:
    stranger = Sender(
        quiet_site, "/webhooks/sightings/nobody", quiet_site.stage.system.webhook_keys.of_agency("rail")
    )

    assert await stranger.posts(sighting()) == await railway.posts_raw(b"{}", {})


@pytest.mark.parametrize(("minutes", "theirs"), [(-6, "01:06"), (6, "01:18")])
async def test_a_message_of_another_time_learns_both_times(
    quiet_site: Site, railway: Sender, minutes: int, theirs: str
) -> None:
    raw = json.dumps(sighting()).encode()
    at = quiet_site.stage.clock.now() + timedelta(minutes=minutes)

    status, problem = await railway.posts_raw(raw, railway.signs(raw, "m-1", at))

    assert (status, problem["type"]) == (400, "clock-skew")
    assert f"2026-02-24T{theirs}:00+00:00" in problem["detail"]
    assert "2026-02-24T01:12:00+00:00" in problem["detail"]
    assert "set your clock and sign the message anew" in problem["detail"]


async def test_a_megabyte_is_refused_cleanly(quiet_site: Site, railway: Sender) -> None:
    status, problem = await railway.posts(b"x" * 1_000_000)

    assert (status, problem["type"]) == (413, "too-large")
    assert await nothing_waits(quiet_site)


async def test_a_megabyte_that_does_not_say_so_is_refused_too(quiet_site: Site, railway: Sender) -> None:
    status, problem = await railway.posts_raw(a_megabyte_in_pieces(), {})

    assert (status, problem["type"]) == (413, "too-large")


async def test_an_agency_without_a_legal_basis_is_refused(site: Site) -> None:
    key = SymmetricKey(key_id="harbour-1", secret=b"s" * 32)
    async with site.stage.registry.transaction() as tx:
        rail = await agencies.get_agency(tx, AgencyId("rail"))
        harbour = Agency(
            agency_id=AgencyId("harbour"),
            court_id=rail.court_id,
            kind=rail.kind,
            name="港口",
            name_en="Harbour",
            profile=rail.profile,
            hold_for_s=7200,
            channel_basis="",
            sealing_public=rail.sealing_public,
        )
        await agencies.add_agency(tx, harbour)
        await webhook_keys.add_webhook_key(tx, rail.court_id, "harbour", key)

    status, problem = await Sender(site, "/webhooks/sightings/harbour", key).posts(sighting())

    assert (status, problem["type"]) == (403, "no-legal-basis")
    assert await nothing_waits(site)


async def test_a_shared_secret_does_not_sign_money(site: Site) -> None:
    key = SymmetricKey(key_id="case-system-shared", secret=b"s" * 32)
    async with site.stage.registry.transaction() as tx:
        await webhook_keys.add_webhook_key(tx, cast.COURT.court_id, "case-system", key)

    status, _ = await Sender(site, CASE_EVENTS, key).posts(payment())

    assert status == 401


async def test_an_agency_tells_of_no_money(quiet_site: Site) -> None:
    railway = Sender(quiet_site, CASE_EVENTS, quiet_site.stage.system.webhook_keys.of_agency("rail"))

    status, _ = await railway.posts(payment())

    assert status == 401
    assert await nothing_waits(quiet_site)


async def test_another_courts_account_system_has_no_say_here(site: Site) -> None:
    key = SigningKey.from_secret("other-1", b"o" * 32)
    other = Court(
        court_id=CourtId("other"), code="京0198", name="另一法院", sms_name="另一法院", desk_phone="010-0000"
    )
    async with site.stage.registry.transaction() as tx:
        await people.add_court(tx, other)
        public = AsymmetricKey(key_id="other-1", public=key.verifying.public)
        await webhook_keys.add_webhook_key(tx, other.court_id, "case-system", public)

    status, _ = await Sender(site, CASE_EVENTS, key).posts(payment(case_number=cast.A_CASE))

    assert status == 401
    assert await nothing_waits(site)


async def test_the_account_system_sends_no_sightings(quiet_site: Site) -> None:
    key = quiet_site.stage.system.webhook_keys.case_system

    status, _ = await Sender(quiet_site, "/webhooks/sightings/case-system", key).posts(sighting())

    assert status == 401
    assert await nothing_waits(quiet_site)


async def test_a_problem_is_json_for_programs(quiet_site: Site) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{quiet_site.url}{SIGHTINGS}", data=b"{}") as answer,
    ):
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert sorted(await answer.json(content_type=None)) == ["detail", "errors", "status", "title", "type"]
