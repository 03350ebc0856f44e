"""What WeCom calls back: a button that somebody pressed on a card. Believed only when signed and sealed."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.channels.wecom import BUTTON_KEYS, WeCom
from notifications.channels.wecom_callback import (
    CallbackKeys,
    Press,
    answer_press,
    open_echo,
    open_event,
    read_press,
)
from tracker.domain.devices import DeviceProvider
from tracker.services.answers.buttons import Button, PressedButton, find_language, press_button
from tracker.services.answers.replies import ReplyMeaning
from tracker.services.answers.takings import Way
from tracker.services.people.devices import receive_seen
from tracker.storage.callbacks import keep_callback
from tracker.storage.transaction import Tx
from tracker.web.callbacks.raw import raw_of
from tracker.web.problems import TOO_LARGE
from tracker.web.settings import EDGE
from tracker.web.webhooks import read_body

CALLBACK: Final = "/providers/wecom/callback"
TAKEN_IN: Final = "success"
CHANCE_BYTES: Final = 16

_WORDS: Final[Mapping[ReplyMeaning | None, tuple[str, str]]] = {
    None: ("已看到", "Seen"),
    ReplyMeaning.TOOK: ("您已接手", "You have it"),
    ReplyMeaning.TAKEN_BY_OTHER: ("他人已接手", "Somebody else has it"),
    ReplyMeaning.DECLINED: ("已转告他人", "Others are told"),
    ReplyMeaning.ANSWERED: ("已收到", "Received"),
}
_NO_EFFECT: Final = ("未生效，请登录", "No effect: sign in")


async def _echo(request: web.Request) -> web.StreamResponse:
    """WeCom asks once, when the address is set up in its console."""
    at_s = request.app[EDGE].registry.now().timestamp()
    opened = _opened(request, lambda keys: open_echo(keys, request.query, at_s=at_s))
    if opened is None:
        return web.Response(status=HTTPStatus.FORBIDDEN)
    _, said = opened
    return web.Response(text=said)


async def _receive(request: web.Request) -> web.StreamResponse:
    """Events of other kinds are taken and left alone: WeCom would repeat what is refused."""
    edge = request.app[EDGE]
    body = await read_body(request)
    if body is None:
        return TOO_LARGE.answer()
    at_s = edge.registry.now().timestamp()
    text = body.decode(errors="replace")
    opened = _opened(request, lambda keys: open_event(keys, request.query, text, at_s=at_s))
    if opened is None:
        return web.Response(status=HTTPStatus.FORBIDDEN)
    keys, xml = opened
    press = read_press(xml)
    if press is None or not (press.seen_token or press.key in BUTTON_KEYS):
        return web.Response(text=TAKEN_IN)
    raw = await raw_of(request, WeCom.name, signature=request.query.get("msg_signature", ""))
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, attempt_id=press.attempt_id)
        meaning = await _take_in(tx, press)
        language = await find_language(tx, DeviceProvider.WECOM, press.user) or edge.settings.language
    words = _WORDS.get(meaning, _NO_EFFECT)[language == "en"]
    chance = edge.registry.entropy.random_bytes(CHANCE_BYTES)
    answer = answer_press(keys, press, words, at_s=int(at_s), chance=chance)
    return web.Response(text=answer, content_type="application/xml")


async def _take_in(tx: Tx, press: Press) -> ReplyMeaning | None:
    """What the press means; None: that a test was seen."""
    if press.seen_token is not None:
        return None if await receive_seen(tx, press.seen_token) else ReplyMeaning.UNREADABLE
    pressed = PressedButton(
        attempt_id=press.attempt_id,
        provider=DeviceProvider.WECOM,
        account=press.user,
        button=Button(press.key),
        way=Way.WECOM,
    )
    return await press_button(tx, pressed)


def _opened(
    request: web.Request, opening: Callable[[CallbackKeys], str | None]
) -> tuple[CallbackKeys, str] | None:
    """By the present keys, or by the former while they are changed; the answer is sealed with the same."""
    tried = ((keys, opening(keys)) for keys in request.app[EDGE].settings.push.wecom_keys)
    return next(((keys, said) for keys, said in tried if said is not None), None)


ROUTES: Final = (web.get(CALLBACK, _echo), web.post(CALLBACK, _receive))
