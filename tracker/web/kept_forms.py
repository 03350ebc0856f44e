"""What somebody had typed when the session ended: sealed, it goes to the sign-in page and comes back with the
password, and then it is shown once more, to the same person, and once.

What must not break: the court keeps nothing of it, and nobody but who typed it gets to see it; it is never
acted on by itself.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from schemas.sealing import UnsealFailed
from tracker.domain.ids import PersonId
from tracker.storage import sessions
from tracker.storage.transaction import Tx
from tracker.web.security import comes_from_own_page, is_own_form, session_cookie
from tracker.web.settings import EDGE

CSRF_FIELD: Final = "csrf"
ADDRESS_FIELD: Final = "kept_address"
KEPT_FIELD: Final = "kept"
COMES_BACK_FIELD: Final = "comes_back"
"""A form that has it shows itself again, instead of being acted on, when `SHOWN_AGAIN_FIELD` goes along."""
SHOWN_AGAIN_FIELD: Final = "shown_again"
KEPT_FOR: Final = timedelta(hours=2)
MOST_SEALED: Final = 60_000
"""Bytes: it goes into a form once more, beside login and password."""
_ROW: Final = "kept form"
_NOT_TYPED: Final = frozenset({CSRF_FIELD, ADDRESS_FIELD, COMES_BACK_FIELD, SHOWN_AGAIN_FIELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptForm:
    """Where the form was to go, and each field as it was typed; `comes_back`: it can be shown again."""

    address: str
    typed: tuple[tuple[str, str], ...] = field(repr=False)
    comes_back: bool


def kept_form(sent: Any, address: str) -> KeptForm:
    """A form as it was posted; files are not kept."""
    typed = [(name, value) for name, value in sent.items() if isinstance(value, str)]
    return KeptForm(
        address=address,
        typed=tuple(one for one in typed if one[0] not in _NOT_TYPED),
        comes_back=COMES_BACK_FIELD in sent,
    )


async def seal_form(request: web.Request, address: str) -> str | None:
    """What was posted after its session had ended, sealed; None where it is no form of such a session."""
    edge = request.app[EDGE]
    token = request.cookies.get(session_cookie(is_https=edge.settings.is_https))
    if not token or not comes_from_own_page(request.headers, edge.settings.public_url):
        return None
    sent = await request.post()
    form = kept_form(sent, address)
    async with edge.registry.reading() as tx:
        ended = await sessions.find_ended_session(tx, token)
        if ended is None or not is_own_form(sent.get(CSRF_FIELD), ended.csrf_token):
            return None
        sealed = urlsafe_b64encode(tx.seal_json(_as_json(form, token, tx.at), _ROW)).decode()
    return sealed if len(sealed) <= MOST_SEALED else None


def _as_json(form: KeptForm, token: str, at: datetime) -> Mapping[str, Any]:
    return {
        "token": token,
        "at": at.isoformat(),
        "address": form.address,
        "typed": form.typed,
        "comes_back": form.comes_back,
    }


async def open_form(tx: Tx, sealed: str, person_id: PersonId) -> KeptForm | None:
    """What `seal_form` sealed, for the person whose session it was, within `KEPT_FOR`. What is left of that
    session goes with it, so that it opens once.
    """
    try:
        kept = tx.unseal_json(urlsafe_b64decode(sealed), _ROW)
    except (ValueError, UnsealFailed):
        return None
    if tx.at - datetime.fromisoformat(kept["at"]) > KEPT_FOR:
        return None
    ended = await sessions.find_ended_session(tx, kept["token"])
    if ended is None or ended.person_id != person_id or not await sessions.end_session(tx, kept["token"]):
        return None
    typed: Sequence[tuple[str, str]] = [(name, value) for name, value in kept["typed"]]
    return KeptForm(address=kept["address"], typed=tuple(typed), comes_back=kept["comes_back"])
