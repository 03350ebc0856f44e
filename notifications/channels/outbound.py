"""Requests to addresses that people can set: push endpoints and webhooks. Never into a private network.

What must not break: the address is checked at the connection itself, so that a name which leads elsewhere by
then opens no door; no redirect is followed, and an answer is never read beyond its head.
"""

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import aiohttp

from notifications.channels.retry_after import seconds_of

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

LONGEST_URL: Final = 1000
LOOK_UP_WITHIN_S: Final = 5.0
_CARRIES_IPV4: Final = IPv6Network("64:ff9b::/96")
"""NAT64: the last 32 bits are the address that is really reached (RFC 6052)."""
_TUNNELS: Final = IPv6Network("2002::/16")


class UrlFault(StrEnum):
    """Why nothing is sent to an address that somebody gave."""

    UNREADABLE = "unreadable-url"
    NOT_SECURE = "not-https"
    UNKNOWN_HOST = "unknown-host"
    PRIVATE = "private-address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of what was answered."""

    status: int
    retry_after_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingSent(Exception):
    """No connection came about, so nothing can have arrived."""

    is_private: bool
    """It would have led into a private network."""


class AnswerLost(Exception):
    """It may have arrived."""


class _AddressRefused(OSError):
    pass


class Outbound:
    """Use from within the running loop; one per process. `private_allowed`: networks that may be reached
    although they are private, with and without TLS; for trials.
    """

    def __init__(self, private_allowed: Networks = (), timeout_s: float = 10.0) -> None:
        self._allowed = private_allowed
        # The environment's proxies are not asked: what they reach is not ours to check.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=self._open_socket, limit=0),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def find_fault(self, url: str) -> UrlFault | None:
        """Why an address may not be kept; all that its name leads to now must be public."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return UrlFault.UNREADABLE
        if not host or parts.username is not None or len(url) > LONGEST_URL or not url.isprintable():
            return UrlFault.UNREADABLE
        if parts.scheme != "https" and not (parts.scheme == "http" and self._allowed):
            return UrlFault.NOT_SECURE
        addresses = await _look_up(host, port or 443)
        if not addresses:
            return UrlFault.UNKNOWN_HOST
        are_all_public = all(may_be_reached(address, self._allowed) for address in addresses)
        return None if are_all_public else UrlFault.PRIVATE

    async def post(self, url: str, *, data: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. Raises NothingSent or AnswerLost."""
        try:
            async with self._session.post(url, data=data, headers=headers, allow_redirects=False) as answered:
                return Answer(
                    status=answered.status, retry_after_s=seconds_of(answered.headers.get("Retry-After"))
                )
        except aiohttp.ClientConnectorError as failed:
            raise NothingSent(is_private=isinstance(failed.os_error, _AddressRefused)) from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            raise NothingSent(is_private=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            raise AnswerLost(type(lost).__name__) from None

    async def close(self) -> None:
        await self._session.close()

    def _open_socket(self, found: Any) -> socket.socket:
        family, kind, protocol, _, address = found
        if not may_be_reached(str(address[0]), self._allowed):
            raise _AddressRefused("the address is private")
        return socket.socket(family, kind, protocol)


def may_be_reached(address: str, allowed: Networks = ()) -> bool:
    """Whether an IP address is public, or in one of the networks that are allowed all the same."""
    ip = _really_reached(ip_address(address))
    if any(ip in network for network in allowed):
        return True
    if isinstance(ip, IPv6Address) and (ip.is_site_local or ip in _TUNNELS):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _really_reached(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _CARRIES_IPV4:
            return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip


async def _look_up(host: str, port: int) -> Sequence[str]:
    try:
        async with asyncio.timeout(LOOK_UP_WITHIN_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ()
    return [str(address[0]) for *_, address in found]
