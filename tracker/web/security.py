"""What keeps a signed-in person's browser from being used by others: headers, cookies, the origin of a form.

What must not break: no page runs or loads anything that is not ours, none is cached, and no form of another
site changes anything here.
"""

import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web

STATIC: Final = "/static/"

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
        # Not `no-referrer`: with it browsers send our own forms as `Origin: null`, and those that do not know
        # Sec-Fetch-Site could not be told from a stranger's. No address of ours holds personal data.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)

COOKIE_LASTS_S: Final = 24 * 3600
"""Twice as long as the session: by it the court knows whose form comes in after the session's end."""
LANGUAGE_LASTS_S: Final = 365 * 24 * 3600


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Runs before every answer, also of what was not found; called by the framework."""
    response.headers.update(HEADERS)
    is_static = request.path.startswith(STATIC)
    response.headers["Cache-Control"] = "no-cache" if is_static else "no-store"


def session_cookie(*, is_https: bool) -> str:
    """The `__Host-` prefix ties the cookie to this very host; browsers take it over https only."""
    return "__Host-session" if is_https else "session"


def set_session(response: web.StreamResponse, token: str, *, is_https: bool) -> None:
    name = session_cookie(is_https=is_https)
    response.set_cookie(
        name, token, max_age=COOKIE_LASTS_S, path="/", secure=is_https, httponly=True, samesite="Strict"
    )


def drop_session(response: web.StreamResponse, *, is_https: bool) -> None:
    name = session_cookie(is_https=is_https)
    response.del_cookie(name, path="/", secure=is_https, httponly=True, samesite="Strict")


def comes_from_own_page(headers: Mapping[str, str], public_url: str) -> bool:
    """Whether a browser says that our own page sent this; one that says nothing is not believed."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return headers.get("Origin") == public_url


def is_own_form(sent: object, csrf_token: str) -> bool:
    """Whether the form bears the session's own token."""
    return isinstance(sent, str) and hmac.compare_digest(sent.encode(), csrf_token.encode())
