"""What WeCom is asked for, and how its answers and its callbacks are read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

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
from notifications.channels.wecom import WeCom
from notifications.channels.wecom_callback import CallbackKeys, open_echo, open_event, read_press
from notifications.channels.wecom_codes import ACTION_OF_CODE
from tests.contract.channels.engine import OPENED_AT
from tests.contract.channels.pushes import wecom_settings
from tests.contract.channels.wecom_server import (
    AES_KEY,
    CORP,
    TOKEN,
    WeComServer,
    in_envelope,
    pressed,
    sealed,
    signed,
    wecom_server,
)

MESSAGE = Outgoing(
    attempt_id="attempt-1",
    to='["shen.qinghe", "shen.tablet"]',
    text="26执1357 佟某 · Z38次 7车12下",
    title="行踪预警 · 28日06:59 北京西",
    actions=("接手", "不便出动"),
    alert_id="alert-1",
)
KEYS = CallbackKeys(corp_id=CORP, token=TOKEN, aes=AES_KEY)
AT_S = 1_772_019_728


@pytest.fixture
async def wecom_at() -> AsyncIterator[WeComServer]:
    async with wecom_server() as server:
        yield server


class Elapsed:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest.fixture
async def wecom(wecom_at: WeComServer, elapsed: Elapsed) -> AsyncIterator[WeCom]:
    wecom = WeCom(wecom_settings(wecom_at), elapsed)
    yield wecom
    await wecom.close()


async def test_a_card_has_the_buttons_and_leads_to_the_alert(wecom_at: WeComServer, wecom: WeCom) -> None:
    result = await wecom.send(MESSAGE)

    assert result == Submitted(provider_id="msg-1")
    assert wecom_at.sent == [
        {
            "touser": "shen.qinghe|shen.tablet",
            "msgtype": "template_card",
            "agentid": 1000002,
            "template_card": {
                "card_type": "button_interaction",
                "main_title": {"title": "行踪预警 · 28日06:59 北京西"},
                "sub_title_text": "26执1357 佟某 · Z38次 7车12下",
                "card_action": {"type": 1, "url": "https://court.example/alerts/alert-1"},
                "task_id": "attempt-1",
                "button_list": [
                    {"text": "接手", "key": "take", "style": 1},
                    {"text": "不便出动", "key": "decline", "style": 2},
                ],
            },
            "enable_duplicate_check": 0,
        }
    ]


async def test_a_card_leads_to_where_one_tap_answers(wecom_at: WeComServer, wecom: WeCom) -> None:
    await wecom.send(replace(MESSAGE, link="/t/token-1"))

    assert wecom_at.sent[0]["template_card"]["card_action"]["url"] == "https://court.example/t/token-1"


async def test_what_asks_nothing_has_no_buttons_and_a_test_has_its_own(
    wecom_at: WeComServer, wecom: WeCom
) -> None:
    await wecom.send(replace(MESSAGE, actions=()))
    await wecom.send(replace(MESSAGE, actions=("看到了",), alert_id=None, seen_token="0a0b"))
    told, test = (body["template_card"] for body in wecom_at.sent)

    assert (told["card_type"], "button_list" in told) == ("text_notice", False)
    assert test["button_list"] == [{"text": "看到了", "key": "seen-0a0b", "style": 1}]
    assert test["card_action"]["url"] == "https://court.example/"


async def test_one_token_serves_until_shortly_before_its_end(
    wecom_at: WeComServer, wecom: WeCom, elapsed: Elapsed
) -> None:
    await asyncio.gather(*(wecom.send(MESSAGE) for _ in range(5)))
    elapsed.seconds = 6899.0
    await wecom.send(MESSAGE)
    fetched_before = len(wecom_at.tokens)
    elapsed.seconds = 6900.0
    await wecom.send(MESSAGE)

    assert (fetched_before, len(wecom_at.tokens)) == (1, 2)


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_that_is_refused_is_renewed_and_the_message_sent(
    wecom_at: WeComServer, wecom: WeCom, code: int
) -> None:
    wecom_at.errcodes = [code]

    assert await wecom.send(MESSAGE) == Submitted(provider_id="msg-1")
    assert len(wecom_at.tokens) == 2


async def test_a_fresh_token_that_is_refused_too_is_for_the_operator(
    wecom_at: WeComServer, wecom: WeCom
) -> None:
    wecom_at.errcodes = [42001, 42001]

    assert await wecom.send(MESSAGE) == Rejected(code="errcode-42001", action=CodeAction.ASK_OPERATOR)


async def test_a_wrong_secret_is_for_the_operator(wecom_at: WeComServer) -> None:
    wecom = WeCom(replace(wecom_settings(wecom_at), secret="wrong"), lambda: 0.0)

    result = await wecom.send(MESSAGE)
    await wecom.close()

    assert result == Rejected(code="errcode-40001", action=CodeAction.ASK_OPERATOR)


ANSWERS: list[tuple[int, SendResult]] = [
    (-1, Rejected(code="errcode--1", action=CodeAction.RETRY_LATER)),
    (45009, Rejected(code="errcode-45009", action=CodeAction.RETRY_LATER)),
    (60020, Rejected(code="errcode-60020", action=CodeAction.ASK_OPERATOR)),
    (45002, Rejected(code="errcode-45002", action=CodeAction.NEXT_CHANNEL)),
    (999999, Rejected(code="errcode-999999", action=CodeAction.RETRY_LATER)),
]


@pytest.mark.parametrize(("code", "expected"), ANSWERS)
async def test_each_code_says_what_to_do_next(
    wecom_at: WeComServer, wecom: WeCom, code: int, expected: SendResult
) -> None:
    wecom_at.errcodes = [code]

    assert await wecom.send(MESSAGE) == expected
    assert wecom_at.sent == []


async def test_accounts_that_do_not_exist_are_given_up(wecom_at: WeComServer, wecom: WeCom) -> None:
    tablet = Gone(address="shen.tablet", code="invalid-user")
    wecom_at.invalid = {"shen.tablet"}
    one_of_two = await wecom.send(MESSAGE)
    none = await wecom.send(replace(MESSAGE, to='["shen.tablet"]'))

    assert one_of_two == Submitted(provider_id="msg-1", gone=(tablet,))
    assert none == Rejected(code="invalid-user", action=CodeAction.NUMBER_IS_DEAD, gone=(tablet,))


async def test_an_answer_that_is_none_of_wecoms_leaves_it_open(wecom_at: WeComServer, wecom: WeCom) -> None:
    wecom_at.status = 502

    assert await wecom.send(MESSAGE) == Unknown(reason="JSONDecodeError")
    assert await wecom.find_sent(MESSAGE, since=OPENED_AT) == NotFound()


async def test_without_a_token_nothing_has_left(wecom_at: WeComServer, wecom: WeCom) -> None:
    wecom_at.has_tokens = False

    assert await wecom.send(MESSAGE) == Rejected(code="no-token", action=CodeAction.RETRY_LATER)


@pytest.mark.parametrize("code", ACTION_OF_CODE)
def test_a_code_for_a_dead_account_is_no_code_for_ourselves(code: int) -> None:
    """A whole court's accounts must not be given up because its agent was set up wrongly."""
    assert (ACTION_OF_CODE[code] is CodeAction.NUMBER_IS_DEAD) == (code in {40003, 60111, 82001})


def test_the_published_example_opens() -> None:
    keys = CallbackKeys(
        corp_id="wx5823bf96d3bd56c7",
        token="QDG6eK",
        aes="jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
    )
    query = {
        "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "timestamp": "1409659589",
        "nonce": "263014780",
        "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    }

    assert open_echo(keys, query, at_s=1_409_659_589) == "1616140317555161061"


def test_a_button_says_who_pressed_it_under_which_message() -> None:
    text = sealed(pressed("shen.qinghe", "attempt-1", "take"))

    xml = open_event(KEYS, signed(text, AT_S), in_envelope(text), at_s=AT_S + 299)

    assert xml is not None
    press = read_press(xml)
    assert press is not None
    assert (press.user, press.attempt_id, press.key) == ("shen.qinghe", "attempt-1", "take")
    assert press.seen_token is None


def test_any_other_event_is_no_button() -> None:
    assert read_press("<xml><Event><![CDATA[enter_agent]]></Event></xml>") is None


FORGED = sealed(pressed("shen.qinghe", "attempt-1", "take"), corp="another")
TRUE = sealed(pressed("shen.qinghe", "attempt-1", "take"))


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (signed(TRUE, AT_S, token="guessed"), in_envelope(TRUE)),
        (signed(TRUE, AT_S - 301), in_envelope(TRUE)),
        (signed(TRUE, AT_S), in_envelope(FORGED)),
        (signed(FORGED, AT_S), in_envelope(FORGED)),
        (signed("AAAA", AT_S), in_envelope("AAAA")),
        (signed("A" * 22 + "==", AT_S), in_envelope("A" * 22 + "==")),
        (signed("", AT_S), in_envelope("")),
        ({}, in_envelope(TRUE)),
        (signed(TRUE, AT_S), "<xml></xml>"),
    ],
)
def test_what_is_not_wecoms_own_is_not_opened(query: dict[str, str], body: str) -> None:
    assert open_event(KEYS, query, body, at_s=AT_S) is None
