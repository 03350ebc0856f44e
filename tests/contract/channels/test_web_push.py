"""What a person's browsers get, and how the answers of push services are read."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import web

from notifications.channels.outbound import Outbound
from notifications.channels.port import (
    CodeAction,
    Gone,
    NotFound,
    Outgoing,
    Rejected,
    SendResult,
    Submitted,
    Unknown,
)
from notifications.channels.web_push import Subscription, WebPush, read_subscription
from tests.contract.channels.engine import OPENED_AT
from tests.contract.channels.pushes import LOCAL, WEB_PUSH
from tests.push_service.service import Browser, PushService

MESSAGE = Outgoing(
    attempt_id="attempt-1",
    to="[]",
    text="26执1357 佟某 · Z38次 7车12下",
    title="行踪预警 · 28日06:59 北京西",
    actions=("接手", "不便出动"),
    valid_for_s=900,
    alert_id="alert-1",
    link="/t/token-1",
    gives_way=True,
)
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
"""Of the example of RFC 8291."""


@dataclass(slots=True)
class Answering:
    """A push service that answers as its path says."""

    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)

    def subscription(self, status: int | str) -> str:
        return Subscription(endpoint=f"{self.url}/{status}", **KEYS).address

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        told = {"Retry-After": "7", "Location": f"{self.url}/201"}
        return web.Response(status=int(request.match_info["status"]), headers=told)

    async def hang_up(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()


@pytest.fixture
async def answering() -> AsyncIterator[Answering]:
    service = Answering()
    app = web.Application()
    app.add_routes([web.post("/hang-up", service.hang_up), web.post(r"/{status:\d+}", service.answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield service
    await runner.cleanup()


@pytest.fixture
async def web_push() -> AsyncIterator[WebPush]:
    outbound = Outbound(LOCAL)
    yield WebPush(WEB_PUSH, outbound)
    await outbound.close()


def to(*addresses: str, **changes: Any) -> Outgoing:
    return replace(MESSAGE, to=json.dumps(addresses), **changes)


def address_of(browser: Browser) -> str:
    subscription = read_subscription(json.dumps(browser.subscription))
    assert subscription is not None
    return subscription.address


async def test_a_browser_reads_what_its_person_needs_and_no_more(
    push_service: PushService, web_push: WebPush
) -> None:
    browser = push_service.subscribes(web_push.public_key)

    result = await web_push.send(to(address_of(browser)))

    (shown,) = push_service.received(browser)
    receipt = shown.pop("receipt")
    tag = shown.pop("tag")
    assert result == Submitted(provider_id="attempt-1")
    assert shown == {
        "title": "行踪预警 · 28日06:59 北京西",
        "body": "26执1357 佟某 · Z38次 7车12下",
        "actions": ["接手", "不便出动"],
        "silent": False,
        "alert": "alert-1",
        "link": "/t/token-1",
        "seen": None,
    }
    assert web_push.attempt_of(receipt) == "attempt-1"
    assert "alert-1" not in tag


async def test_one_living_device_is_enough_and_the_dead_one_is_named(
    push_service: PushService, web_push: WebPush
) -> None:
    living = push_service.subscribes(web_push.public_key)
    dead = push_service.subscribes(web_push.public_key)
    push_service.expires(dead)

    result = await web_push.send(to(address_of(dead), address_of(living)))

    assert result == Submitted(
        provider_id="attempt-1", gone=(Gone(address=address_of(dead), code="http-410"),)
    )
    assert len(push_service.received(living)) == 1


async def test_a_message_for_another_court_is_not_taken(push_service: PushService, web_push: WebPush) -> None:
    outbound = Outbound(LOCAL)
    other_court = WebPush(replace(WEB_PUSH, private_key=b"\x02" * 32), outbound)
    browser = push_service.subscribes(other_court.public_key)

    result = await web_push.send(to(address_of(browser)))
    await outbound.close()

    assert result == Rejected(code="http-400", action=CodeAction.ASK_OPERATOR)
    assert push_service.received(browser) == []


async def test_the_longest_text_fits(push_service: PushService, web_push: WebPush) -> None:
    browser = push_service.subscribes(web_push.public_key)

    result = await web_push.send(to(address_of(browser), text="𠮷" * 2000, title="𠮷" * 200))

    assert result == Submitted(provider_id="attempt-1")
    assert push_service.received(browser)[0]["body"] == "𠮷" * 800


ANSWERS: list[tuple[int, SendResult]] = [
    (200, Submitted(provider_id="attempt-1")),
    (201, Submitted(provider_id="attempt-1")),
    (202, Submitted(provider_id="attempt-1")),
    (307, Rejected(code="http-307", action=CodeAction.NEXT_CHANNEL, retry_after_s=7)),
    (400, Rejected(code="http-400", action=CodeAction.ASK_OPERATOR, retry_after_s=7)),
    (401, Rejected(code="http-401", action=CodeAction.ASK_OPERATOR, retry_after_s=7)),
    (403, Rejected(code="http-403", action=CodeAction.ASK_OPERATOR, retry_after_s=7)),
    (413, Rejected(code="http-413", action=CodeAction.NEXT_CHANNEL, retry_after_s=7)),
    (429, Rejected(code="http-429", action=CodeAction.RETRY_LATER, retry_after_s=7)),
    (500, Unknown(reason="HTTP 500")),
    (503, Rejected(code="http-503", action=CodeAction.RETRY_LATER, retry_after_s=7)),
]


@pytest.mark.parametrize(("status", "expected"), ANSWERS)
async def test_each_answer_says_what_to_do_next(
    answering: Answering, web_push: WebPush, status: int, expected: SendResult
) -> None:
    assert await web_push.send(to(answering.subscription(status))) == expected
    assert len(answering.headers) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_is_gone_is_given_up(
    answering: Answering, web_push: WebPush, status: int
) -> None:
    address = answering.subscription(status)

    assert await web_push.send(to(address)) == Rejected(
        code=f"http-{status}",
        action=CodeAction.NUMBER_IS_DEAD,
        retry_after_s=7,
        gone=(Gone(address=address, code=f"http-{status}"),),
    )


async def test_of_several_refusals_the_one_that_may_still_go_through_decides(
    answering: Answering, web_push: WebPush
) -> None:
    refused = await web_push.send(
        to(answering.subscription(403), answering.subscription(410), answering.subscription(429))
    )
    unsure = await web_push.send(to(answering.subscription(429), answering.subscription("hang-up")))

    assert isinstance(refused, Rejected)
    assert (refused.code, len(refused.gone)) == ("http-429", 1)
    assert isinstance(unsure, Unknown)


async def test_what_rings_wakes_a_phone_and_makes_room_for_what_comes_later(
    answering: Answering, web_push: WebPush
) -> None:
    address = answering.subscription(201)
    await web_push.send(to(address))
    await web_push.send(to(address, attempt_id="attempt-2", silent=True))
    await web_push.send(to(address, attempt_id="attempt-3", gives_way=False))
    page, taken, order = ({name.lower(): told for name, told in one.items()} for one in answering.headers)

    assert (page["ttl"], page["urgency"]) == ("900", "high")
    assert (taken["topic"], taken["urgency"]) == (page["topic"], "normal")
    assert len(page["topic"]) <= 32
    assert "topic" not in order


async def test_a_private_address_is_not_even_connected_to(answering: Answering) -> None:
    """Its name may have led elsewhere when it was kept."""
    outbound = Outbound()
    web_push = WebPush(WEB_PUSH, outbound)
    by_name = answering.subscription(201).replace("127.0.0.1", "localhost")

    result = await web_push.send(to(answering.subscription(201), by_name))
    await outbound.close()

    assert result == Rejected(code="private-address", action=CodeAction.NEXT_CHANNEL)
    assert answering.headers == []


async def test_a_push_service_cannot_be_asked_what_it_sent(web_push: WebPush) -> None:
    assert await web_push.find_sent(MESSAGE, since=OPENED_AT) == NotFound()


async def test_who_has_no_device_is_told_another_way(web_push: WebPush) -> None:
    assert await web_push.send(MESSAGE) == Rejected(code="no-device", action=CodeAction.NEXT_CHANNEL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"endpoint": "https://push.example", "keys": {}}',
        json.dumps({"endpoint": 1, "keys": KEYS}),
        json.dumps({"endpoint": "https://push.example", "keys": KEYS | {"auth": "AAAA"}}),
        json.dumps({"endpoint": "https://push.example", "keys": KEYS | {"p256dh": "BA" * 43}}),
        json.dumps({"endpoint": "https://push.example", "keys": KEYS | {"auth": 7}}),
    ],
)
def test_what_is_no_subscription_is_not_kept(text: str) -> None:
    assert read_subscription(text) is None


@pytest.mark.parametrize("receipt", ["", "attempt-1", "attempt-1.", "attempt-1." + "0" * 32, "é.0"])
async def test_a_receipt_that_no_message_bore_vouches_for_nothing(web_push: WebPush, receipt: str) -> None:
    assert web_push.attempt_of(receipt) is None
