"""What providers call back: delivery reports and people's replies. Believed only when signed."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.channels.twilio import (
    CallbackUnreadable,
    TwilioSettings,
    parse_inbound,
    parse_status_callback,
    signature_is_valid,
)
from tracker.services.delivery_reports import Report, receive_report
from tracker.services.replies import receive_reply
from tracker.storage.callbacks import RawCallback, keep_callback
from tracker.web.fields import fields_of
from tracker.web.problems import Refusal
from tracker.web.settings import EDGE, WebSettings

PROVIDER: Final = "twilio"
STATUS: Final = "/providers/twilio/status"
INBOUND: Final = "/providers/twilio/inbound"
NO_ANSWER: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML for: send nothing back."""

NOT_SIGNED: Final = Refusal(
    kind="bad-signature",
    status=HTTPStatus.FORBIDDEN,
    title="The signature does not hold",
    detail="Callbacks are signed over the public address that the court is configured with.",
)


async def _receive_status(request: web.Request) -> web.StreamResponse:
    """A delivery report; late, doubled and overtaken ones change nothing."""
    edge = request.app[EDGE]
    twilio = _twilio(edge.settings)
    form = (await fields_of(request)).single_values()
    if not _is_signed(request, twilio, twilio.callback_url, form):
        return NOT_SIGNED.answer()
    report = parse_status_callback(request.query, form)
    if isinstance(report, CallbackUnreadable):
        return _unreadable(report).answer()
    raw = await _raw(request)
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, attempt_id=report.attempt_id, provider_id=report.provider_id)
        await receive_report(
            tx,
            Report(
                attempt_id=report.attempt_id,
                provider_id=report.provider_id,
                state=report.state,
                code=report.code,
            ),
        )
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _receive_inbound(request: web.Request) -> web.StreamResponse:
    """A reply; whoever sent it gets no text back, an unknown sender least of all."""
    edge = request.app[EDGE]
    form = (await fields_of(request)).single_values()
    if not _is_signed(request, _twilio(edge.settings), f"{edge.settings.public_url}{INBOUND}", form):
        return NOT_SIGNED.answer()
    inbound = parse_inbound(form)
    if isinstance(inbound, CallbackUnreadable):
        return _unreadable(inbound).answer()
    raw = await _raw(request)
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, provider_id=inbound.provider_id)
        await receive_reply(tx, inbound.sender, inbound.text, inbound.provider_id)
    return web.Response(text=NO_ANSWER, content_type="text/xml")


def _is_signed(request: web.Request, twilio: TwilioSettings, address: str, form: dict[str, str]) -> bool:
    query = request.rel_url.raw_query_string
    url = f"{address}?{query}" if query else address
    return signature_is_valid(twilio, url, form, request.headers.get("X-Twilio-Signature", ""))


async def _raw(request: web.Request) -> RawCallback:
    """As it came; what is no UTF-8 is escaped."""
    return RawCallback(
        provider=PROVIDER,
        target=request.raw_path,
        body=(await request.read()).decode(errors="backslashreplace"),
        signature=request.headers.get("X-Twilio-Signature", ""),
    )


def _twilio(settings: WebSettings) -> TwilioSettings:
    """Only asked for behind routes that exist because it is set."""
    assert settings.twilio is not None
    return settings.twilio


def _unreadable(unreadable: CallbackUnreadable) -> Refusal:
    return Refusal(
        kind="unreadable",
        status=HTTPStatus.BAD_REQUEST,
        title="The callback lacks a field",
        detail=f"{unreadable.field} is missing or unknown.",
    )


TWILIO_ROUTES = (web.post(STATUS, _receive_status), web.post(INBOUND, _receive_inbound))
