"""What providers call back: delivery reports and people's replies. Believed only when signed."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.channels.callbacks import CallbackUnreadable, DeliveryReport, InboundSms
from notifications.channels.twilio import (
    TwilioSettings,
    TwilioSms,
    parse_inbound,
    parse_status_callback,
    signature_is_valid,
)
from tracker.services.answers.replies import receive_reply
from tracker.services.delivery.reports import Report, receive_report
from tracker.storage.callbacks import RawCallback, keep_callback
from tracker.web.callbacks.raw import raw_of
from tracker.web.fields import fields_of
from tracker.web.problems import Refusal
from tracker.web.settings import EDGE, Edge, WebSettings

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
NOT_KNOWN: Final = Refusal(
    kind="bad-token",
    status=HTTPStatus.FORBIDDEN,
    title="The token does not hold",
    detail="Callbacks come to the address that the court gave out, with the token in its settings.",
)


async def _receive_status(request: web.Request) -> web.StreamResponse:
    """A delivery report; late, doubled and overtaken ones change nothing."""
    edge = request.app[EDGE]
    twilio = _twilio(edge.settings)
    form = (await fields_of(request)).single_values()
    if not is_signed(request, twilio, twilio.callback_url, form):
        return NOT_SIGNED.answer()
    report = parse_status_callback(request.query, form)
    if isinstance(report, CallbackUnreadable):
        return unreadable(report).answer()
    await take_report(edge, report, await _raw(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _receive_inbound(request: web.Request) -> web.StreamResponse:
    """A reply; whoever sent it gets no text back, an unknown sender least of all."""
    edge = request.app[EDGE]
    form = (await fields_of(request)).single_values()
    if not is_signed(request, _twilio(edge.settings), f"{edge.settings.public_url}{INBOUND}", form):
        return NOT_SIGNED.answer()
    inbound = parse_inbound(form)
    if isinstance(inbound, CallbackUnreadable):
        return unreadable(inbound).answer()
    await take_reply(edge, inbound, await _raw(request))
    return web.Response(text=NO_ANSWER, content_type="text/xml")


def is_signed(request: web.Request, twilio: TwilioSettings, address: str, form: dict[str, str]) -> bool:
    """Whether Twilio signed it over our public address, whatever address a proxy passed on."""
    query = request.rel_url.raw_query_string
    url = f"{address}?{query}" if query else address
    return signature_is_valid(twilio, url, form, signature_of(request))


def signature_of(request: web.Request) -> str:
    return request.headers.get("X-Twilio-Signature", "")


async def _raw(request: web.Request) -> RawCallback:
    return await raw_of(request, TwilioSms.name, signature=signature_of(request))


def _twilio(settings: WebSettings) -> TwilioSettings:
    """Only asked for behind routes that exist because it is set."""
    assert settings.twilio is not None
    return settings.twilio


async def take_report(edge: Edge, report: DeliveryReport, raw: RawCallback) -> None:
    """Any provider's delivery report, once it is known to be the provider's."""
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, attempt_id=report.attempt_id, provider_id=report.provider_id)
        await receive_report(
            tx,
            Report(
                attempt_id=report.attempt_id,
                provider_id=report.provider_id,
                state=report.state,
                code=report.code,
                action=report.action,
            ),
        )


async def take_reply(edge: Edge, inbound: InboundSms, raw: RawCallback) -> None:
    """A reply that a provider brings, once it is known to be the provider's."""
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, provider_id=inbound.provider_id)
        await receive_reply(tx, inbound.sender, inbound.text, inbound.provider_id, raw.provider)


def unreadable(callback: CallbackUnreadable) -> Refusal:
    return Refusal(
        kind="unreadable",
        status=HTTPStatus.BAD_REQUEST,
        title="The callback lacks a field",
        detail=f"{callback.field} is missing or unknown.",
    )


TWILIO_ROUTES = (web.post(STATUS, _receive_status), web.post(INBOUND, _receive_inbound))
