"""One question to the court's edge listener, over mutual TLS. What is received comes near no log or error."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeAlias

import aiohttp

from adapters.identity import Identity

SILENT_AFTER_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """`court_time`: the court's own time as it answered; None when it did not say."""

    body: bytes = field(repr=False)
    court_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAdmitted:
    """The court answered, and does not admit this instance."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtAway:
    """No answer of the court's that can be used; it may come back. `status`: of the answer that it gave."""

    why: str
    status: int | None = None


CourtAnswer: TypeAlias = Answered | NotAdmitted | CourtAway


async def ask_court(url: str, identity: Identity, most_bytes: int, begin: int | None = None) -> CourtAnswer:
    """Ask once; no more than so many bytes are read. `begin`: of a file, those bytes from there on."""
    # However slow the line is: an answer that goes on coming is waited for.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=SILENT_AFTER_S, sock_read=SILENT_AFTER_S)
    headers = {} if begin is None else {"Range": f"bytes={begin}-{begin + most_bytes - 1}"}
    try:
        connector = aiohttp.TCPConnector(ssl=identity.tls_context())
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
            session.get(url, allow_redirects=False, headers=headers) as response,
        ):
            return await _read(response, most_bytes)
    except TimeoutError:
        return CourtAway(why=f"no answer within {SILENT_AFTER_S:g} s: check the network to ADAPTER_COURT_URL")
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


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> CourtAnswer:
    if response.status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
        return NotAdmitted(why="it does not admit this instance (revoked, unknown, or enrolled anew since)")
    if response.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return CourtAway(why=f"it answered with status {response.status}", status=response.status)
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > most_bytes:
            return CourtAway(why="its answer is too long: compare the versions of adapter and tracker")
    return Answered(body=bytes(body), court_time=_time_of(response))


def _time_of(response: aiohttp.ClientResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None
