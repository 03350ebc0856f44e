"""What Twilio calls back about a call: what became of it, and the keys that were pressed. Believed only when
signed.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.channels.callbacks import CallbackUnreadable, PressedDigit
from notifications.channels.twilio_voice import (
    TwilioVoice,
    TwilioVoiceSettings,
    parse_call_status,
    parse_digit,
    twiml_of_call,
    twiml_of_end,
)
from notifications.keys import SAID
from tracker.services.answers.call_keys import Heard, PressedKey, press_key
from tracker.storage.callbacks import RawCallback, keep_callback
from tracker.web.callbacks.providers import NOT_SIGNED, is_signed, signature_of, take_report, unreadable
from tracker.web.callbacks.raw import raw_of
from tracker.web.fields import fields_of
from tracker.web.settings import EDGE, Edge

STATUS: Final = "/providers/twilio/call-status"
KEY: Final = "/providers/twilio/key"


async def _receive_status(request: web.Request) -> web.StreamResponse:
    """What became of a call; late, doubled and overtaken reports change nothing."""
    voice = _voice(request)
    form = (await fields_of(request)).single_values()
    if not is_signed(request, voice.account, voice.status_url, form):
        return NOT_SIGNED.answer()
    report = parse_call_status(request.query, form)
    if isinstance(report, CallbackUnreadable):
        return unreadable(report).answer()
    await take_report(request.app[EDGE], report, await _raw(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _receive_key(request: web.Request) -> web.StreamResponse:
    """A key; the voice says what became of it."""
    voice = _voice(request)
    form = (await fields_of(request)).single_values()
    if not is_signed(request, voice.account, voice.key_url, form):
        return NOT_SIGNED.answer()
    pressed = parse_digit(request.query, form)
    if isinstance(pressed, CallbackUnreadable):
        return unreadable(pressed).answer()
    heard = await take_key(request.app[EDGE], pressed, await _raw(request))
    return web.Response(text=_twiml(voice, heard), content_type="text/xml")


async def _raw(request: web.Request) -> RawCallback:
    return await raw_of(request, TwilioVoice.name, signature=signature_of(request))


async def take_key(edge: Edge, pressed: PressedDigit, raw: RawCallback) -> Heard:
    """A key that any provider brings, once it is known to be the provider's."""
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, attempt_id=pressed.attempt_id, provider_id=pressed.provider_id)
        return await press_key(
            tx,
            PressedKey(attempt_id=pressed.attempt_id, provider_id=pressed.provider_id, key=pressed.digit),
        )


def _twiml(voice: TwilioVoiceSettings, heard: Heard) -> str:
    said = SAID[heard.language][heard.meaning]
    if heard.again is None:
        return twiml_of_end(said, heard.language)
    return twiml_of_call(voice, heard.again.attempt_id, heard.again.text, said)


def _voice(request: web.Request) -> TwilioVoiceSettings:
    """Only asked for behind routes that exist because it is set."""
    voice = request.app[EDGE].settings.twilio_voice
    assert voice is not None
    return voice


ROUTES: Final = (web.post(STATUS, _receive_status), web.post(KEY, _receive_key))
