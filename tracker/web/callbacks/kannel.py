"""What Kannel calls back: delivery reports by GET to addresses that the court signed, replies by POST with
its token. Kannel tries again after any answer but 200 and 202, and sends what it is answered to the phone.
"""

from typing import Final

import aiohttp
from aiohttp import web

from notifications.channels.callbacks import CallbackUnreadable
from notifications.channels.kannel import (
    KannelSettings,
    KannelSms,
    is_kannel,
    is_report_of,
    parse_inbound,
    parse_report,
)
from tracker.web.callbacks.providers import NOT_KNOWN, take_reply, take_report, unreadable
from tracker.web.callbacks.raw import raw_of
from tracker.web.settings import EDGE

REPORT: Final = "/providers/kannel/report"
INBOUND: Final = "/providers/kannel/inbound"


async def _receive_report(request: web.Request) -> web.StreamResponse:
    """A delivery report; late, doubled and overtaken ones change nothing."""
    edge = request.app[EDGE]
    if not is_report_of(_kannel(request), request.query):
        return NOT_KNOWN.answer()
    report = parse_report(request.query)
    if isinstance(report, CallbackUnreadable):
        return unreadable(report).answer()
    await take_report(edge, report, await raw_of(request, KannelSms.name))
    return web.Response()


async def _receive_inbound(request: web.Request) -> web.StreamResponse:
    """A reply; whoever sent it gets no text back, an unknown sender least of all."""
    if not _comes_from_kannel(request):
        return NOT_KNOWN.answer()
    inbound = parse_inbound(request.query, request.headers, await _text_of(request))
    if isinstance(inbound, CallbackUnreadable):
        return unreadable(inbound).answer()
    await take_reply(request.app[EDGE], inbound, await raw_of(request, KannelSms.name))
    return web.Response(content_type="text/plain")


def _comes_from_kannel(request: web.Request) -> bool:
    try:
        login = aiohttp.BasicAuth.decode(request.headers.get("Authorization", ""), encoding="utf-8")
    except ValueError:
        return False
    return is_kannel(_kannel(request), login.login, login.password)


async def _text_of(request: web.Request) -> str:
    """In the character set that Kannel names: UTF-8, or UTF-16 as it came through the air."""
    body = await request.read()
    try:
        return body.decode(request.charset or "utf-8", errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")


def _kannel(request: web.Request) -> KannelSettings:
    """Only asked for behind routes that exist because it is set."""
    kannel = request.app[EDGE].settings.kannel
    assert kannel is not None
    return kannel


ROUTES: Final = (web.get(REPORT, _receive_report), web.post(INBOUND, _receive_inbound))
