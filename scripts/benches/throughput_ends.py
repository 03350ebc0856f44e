"""The provider of `notice-throughput`, a process of its own: takes every message and answers at once.

It speaks as much of HTTP as Twilio's client needs to send a message, and does not look into what it has read:
what it costs is taken from the cores on which the court is measured. Run as a program, it says at which port
it listens, and ends with its input.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any, Final, cast

import aiohttp

from adapters.machine import SystemClock
from scripts.benches.processes import be_one_of, tell
from scripts.cast import DUTY_OFFICER, JUDGE
from scripts.engines.processes import LOCAL
from scripts.town.court import reachable
from scripts.town.twilio_server import ACCOUNT, TOKEN, Message

PROVIDER: Final = "provider"
NUMBERS: Final = {one.person_id: reachable(one.phone) for one in (JUDGE, DUTY_OFFICER)}
"""Invented, and of a country to which the provider sends everything."""
TEXT: Final = "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"

_CREATE: Final = f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1\r\n".encode()
_MAY: Final = f"\r\nAuthorization: {aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}\r\n".encode()
_LENGTH: Final = re.compile(rb"\r\nContent-Length: (\d+)\r\n")
_END: Final = b"\r\n\r\n"
_REFUSED: Final = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Messages(asyncio.Protocol):
    """One connection, which is kept. A request comes in one piece or several, the next after its answer."""

    def __init__(self, answers: Iterator[bytes]) -> None:
        self._answers = answers
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(_END)
        if not end:
            return
        length = _LENGTH.search(head + end)
        if length is None or not head.startswith(_CREATE) or _MAY not in head + end:
            self._transport.write(_REFUSED)
            self._transport.close()
        elif len(body) >= int(length[1]):
            self._read = b""
            self._transport.write(next(self._answers))


def _answers(at: datetime) -> Iterator[bytes]:
    """Of one message after the other: each has an id of its own, and says else what the first says."""
    form = {"To": next(iter(NUMBERS.values())), "Body": TEXT, "From": "+12025550100"}
    first = Message(sid=_sid(0), form=form, created_at=at)
    body = json.dumps(first.as_json()).encode()
    head = (
        "HTTP/1.1 201 Created\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    before, after = (head.encode() + body).split(first.sid.encode())
    return (before + _sid(number).encode() + after for number in count(1))


def _sid(number: int) -> str:
    return f"SM{number:032x}"


async def _provider(_given: Mapping[str, Any]) -> None:
    loop, answers = asyncio.get_running_loop(), _answers(SystemClock().now())
    server = await loop.create_server(lambda: Messages(answers), LOCAL, 0)
    tell(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    be_one_of({PROVIDER: _provider})
