"""Fetches the keys of the list from the court's edge listener, over mutual TLS.

What must not break: a court that says no is told from a court that is away, since only the latter lets an
adapter go on with keys it was given before; nothing that was received comes near a log or an error.
"""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeAlias

import aiohttp
from pydantic import ValidationError

from adapters.identity import Identity
from schemas.enrolment import KeyHandout

PATH: Final = "/edge/keys"
TIMEOUT_S: Final = 10.0
MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The keys, and the court's own time as it answered; None when it did not say."""

    keys: KeyHandout = field(repr=False)
    court_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAdmitted:
    """The court answered, and does not admit this instance."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtAway:
    """No answer of the court's; it may come back."""

    why: str


KeyAnswer: TypeAlias = Fetched | NotAdmitted | CourtAway


async def fetch_keys(court_url: str, identity: Identity) -> KeyAnswer:
    """Ask once."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    connector = aiohttp.TCPConnector(ssl=identity.tls_context())
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
            session.get(court_url + PATH, allow_redirects=False) as response,
        ):
            return await _read(response, identity)
    except TimeoutError:
        return CourtAway(why=f"no answer within {TIMEOUT_S:g} s: check the network to ADAPTER_COURT_URL")
    except (aiohttp.ClientError, OSError) as error:
        return CourtAway(why=_why_away(error))


def _why_away(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            "whoever answers there is not the court: check ADAPTER_COURT_URL, and that the court names this "
            "address in TRACKER_EDGE_NAMES"
        )
    # A refusal of our certificate comes after the handshake, and mostly as nothing but a hang-up.
    if isinstance(error, ssl.SSLError | aiohttp.ServerDisconnectedError):
        return "the court does not take our certificate: ask it whether the instance is enrolled with it"
    return "it cannot be reached: check ADAPTER_COURT_URL, the network and the firewall"


async def _read(response: aiohttp.ClientResponse, identity: Identity) -> KeyAnswer:
    body = await response.content.read(MOST_BYTES)
    while not response.content.at_eof() and len(body) < MOST_BYTES:
        body += await response.content.read(MOST_BYTES - len(body))
    if response.status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
        return NotAdmitted(why="it does not admit this instance (revoked, unknown, or enrolled anew since)")
    if response.status != HTTPStatus.OK:
        return CourtAway(why=f"it answered with status {response.status}")
    try:
        keys = KeyHandout.model_validate_json(body)
    except ValidationError:
        return CourtAway(why="its answer is not readable: compare the versions of adapter and tracker")
    credential = identity.credential
    if (keys.court, keys.agency, keys.instance) != (credential.court, credential.agency, credential.instance):
        return NotAdmitted(why="it answered for another instance: use this instance's own credential")
    return Fetched(keys=keys, court_time=_time_of(response))


def _time_of(response: aiohttp.ClientResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
