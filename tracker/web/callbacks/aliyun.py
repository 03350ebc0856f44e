"""What Aliyun calls back: arrays of reports, replies and records of calls.

Aliyun does not sign, so they come to an address that holds the court's token. After any answer but 200 it
tries again, three times.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from aiohttp import web

from notifications.channels.aliyun_sms import AliyunSms, is_aliyun, parse_inbound, parse_report
from notifications.channels.aliyun_voice import digit_in, parse_call_report
from notifications.channels.callbacks import CallbackUnreadable
from tracker.storage.callbacks import RawCallback
from tracker.web.callbacks.calls import take_key
from tracker.web.callbacks.providers import NOT_KNOWN, take_reply, take_report, unreadable
from tracker.web.callbacks.raw import raw_part
from tracker.web.problems import Refusal
from tracker.web.settings import EDGE, Edge

Told: TypeAlias = Mapping[str, Any]
Take: TypeAlias = Callable[[Edge, Told, RawCallback], Awaitable[CallbackUnreadable | None]]

REPORT: Final = "/providers/aliyun/{token}/report"
INBOUND: Final = "/providers/aliyun/{token}/inbound"
CALL: Final = "/providers/aliyun/{token}/call"

NOT_AN_ARRAY: Final = Refusal(
    kind="unreadable",
    status=HTTPStatus.BAD_REQUEST,
    title="The callback cannot be read",
    detail="An array of JSON objects was expected.",
)


async def _receive_reports(request: web.Request) -> web.StreamResponse:
    """Delivery reports; late, doubled and overtaken ones change nothing."""
    return await _take_each(request, _take_report)


async def _receive_inbound(request: web.Request) -> web.StreamResponse:
    """Replies; whoever sent one gets no text back, an unknown sender least of all."""
    return await _take_each(request, _take_reply)


async def _receive_calls(request: web.Request) -> web.StreamResponse:
    """Records of calls with the keys that were pressed; the same record twice changes nothing."""
    return await _take_each(request, _take_call)


async def _take_report(edge: Edge, told: Told, raw: RawCallback) -> CallbackUnreadable | None:
    report = parse_report(told)
    if isinstance(report, CallbackUnreadable):
        return report
    await take_report(edge, report, raw)
    return None


async def _take_reply(edge: Edge, told: Told, raw: RawCallback) -> CallbackUnreadable | None:
    inbound = parse_inbound(told)
    if isinstance(inbound, CallbackUnreadable):
        return inbound
    await take_reply(edge, inbound, raw)
    return None


async def _take_call(edge: Edge, told: Told, raw: RawCallback) -> CallbackUnreadable | None:
    report = parse_call_report(told)
    if isinstance(report, CallbackUnreadable):
        return report
    await take_report(edge, report, raw)
    pressed = digit_in(told)
    if pressed is not None:
        await take_key(edge, pressed, raw)
    return None


async def _take_each(request: web.Request, take: Take) -> web.StreamResponse:
    """One that cannot be read keeps no other from being taken; that these come again does no harm."""
    if not _comes_from_aliyun(request):
        return NOT_KNOWN.answer()
    listed = await _array_of(request)
    if listed is None:
        return NOT_AN_ARRAY.answer()
    refused: CallbackUnreadable | None = None
    for one in listed:
        raw = raw_part(request, AliyunSms.name, json.dumps(one, ensure_ascii=False))
        refused = await take(request.app[EDGE], one, raw) or refused
    return web.json_response({"code": 0, "msg": "成功"}) if refused is None else unreadable(refused).answer()


def _comes_from_aliyun(request: web.Request) -> bool:
    return is_aliyun(request.app[EDGE].settings.aliyun_tokens, request.match_info["token"])


async def _array_of(request: web.Request) -> list[Told] | None:
    try:
        told = await request.json()
    except ValueError:
        return None
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        return None
    return told


ROUTES: Final = (
    web.post(REPORT, _receive_reports),
    web.post(INBOUND, _receive_inbound),
    web.post(CALL, _receive_calls),
)
