"""What the court's own app reports: believed when it is signed with the secret that both hold."""

import json
from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from notifications.channels.app_webhook import AppWebhook
from notifications.delivery import AttemptState
from schemas.app_events import AppEvent, AppEventSubmission
from schemas.text import field_problems
from schemas.webhooks import Verified, verify_webhook
from tracker.domain.devices import DeviceProvider
from tracker.services.answers.buttons import Button, PressedButton, press_button
from tracker.services.answers.takings import Way
from tracker.services.delivery.reports import Report, Reported, receive_report
from tracker.services.people.devices import receive_seen
from tracker.storage.callbacks import keep_callback
from tracker.storage.transaction import Tx
from tracker.web.callbacks.raw import raw_of
from tracker.web.problems import BAD_SIGNATURE, TOO_LARGE, Refusal
from tracker.web.settings import EDGE
from tracker.web.webhooks import all_values, read_body

EVENTS: Final = "/providers/app/events"

_STATES: Final = {
    AppEvent.DELIVERED: AttemptState.DELIVERED,
    AppEvent.UNDELIVERED: AttemptState.UNDELIVERED,
}


async def _receive(request: web.Request) -> web.StreamResponse:
    edge = request.app[EDGE]
    body = await read_body(request)
    if body is None:
        return TOO_LARGE.answer()
    keys = edge.settings.push.app_keys
    if not isinstance(verify_webhook(all_values(request), body, keys, at=edge.registry.now()), Verified):
        return BAD_SIGNATURE.answer()
    try:
        event = AppEventSubmission.model_validate_json(body)
    except ValidationError as wrong:
        return Refusal.wrong_fields(field_problems(wrong)).answer()
    signature = request.headers.get("webhook-signature", "")
    raw = await raw_of(request, AppWebhook.name, signature=signature)
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, attempt_id=event.attempt_id)
        became = await _take_in(tx, event)
    return web.Response(
        text=json.dumps({"result": became}), content_type="application/json", status=HTTPStatus.OK
    )


async def _take_in(tx: Tx, event: AppEventSubmission) -> str:
    """What the event changed, in one word."""
    if event.event is AppEvent.SEEN:
        was_waited_for = await receive_seen(tx, event.token or "")
        return "seen" if was_waited_for else Reported.UNCHANGED.value
    attempt_id = event.attempt_id or ""
    if event.event in _STATES:
        state = _STATES[event.event]
        report = Report(attempt_id=attempt_id, provider_id=None, state=state, code=None)
        return (await receive_report(tx, report)).value
    pressed = PressedButton(
        attempt_id=attempt_id,
        provider=DeviceProvider.APP,
        account=event.account or "",
        button=Button.TAKE if event.event is AppEvent.TAKE else Button.DECLINE,
        way=Way.APP,
    )
    return (await press_button(tx, pressed)).value


ROUTES: Final = (web.post(EVENTS, _receive),)
