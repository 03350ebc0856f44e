"""Asks the agency's own system for its open journeys, over HTTP, and reads what it streams.

What must not break: an answer that was cut short is never taken for the whole; a line that cannot be read
costs no other line, and is told by its number and field only.
"""

import re
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final

import aiohttp
from pydantic import ValidationError

from adapters.edge.card_use import CardUse
from adapters.edge.settings import BookAway
from adapters.web.bodies import CardUseBody
from schemas.signing import SigningKey
from schemas.text import field_problems
from schemas.webhooks import sign_webhook

NDJSON: Final = "application/x-ndjson"
CONNECTS_WITHIN_S: Final = 10.0
SILENT_AFTER_S: Final = 60.0
"""A large book is looked through before its first line comes."""
ALL_WITHIN_S: Final = 1800.0
LONGEST_LINE: Final = 64 * 1024
_END: Final = re.compile(rb'\s*\{\s*"journeys"\s*:\s*([0-9]{1,12})\s*\}\s*')


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpJourneyBook:
    """`signing`: the instance's own key; `now` is aware UTC; `new_id` draws an id for each question."""

    url: str
    signing: SigningKey = field(repr=False)
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    async def open_journeys(self) -> AsyncGenerator[Sequence[CardUse], None]:
        timeout = aiohttp.ClientTimeout(
            total=ALL_WITHIN_S, sock_connect=CONNECTS_WITHIN_S, sock_read=SILENT_AFTER_S
        )
        body, reading = b"{}", _Reading()
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=timeout, trust_env=False, headers=self._headers(body)
                ) as session,
                session.post(self.url, data=body, allow_redirects=False) as answer,
            ):
                if answer.status != HTTPStatus.OK:
                    raise BookAway(f"it answered with status {answer.status}")
                async for part in answer.content.iter_any():
                    if uses := reading.take(part):
                        yield uses
        except TimeoutError:
            raise BookAway("it did not answer in time, or not to the end") from None
        except (aiohttp.ClientError, OSError) as error:
            # The kind only: the error's own text repeats the address.
            raise BookAway(f"it cannot be reached, or broke off ({type(error).__name__})") from None
        reading.end()

    def _headers(self, body: bytes) -> dict[str, str]:
        message_id, at = self.new_id(), self.now()
        return {
            "Accept": NDJSON,
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign_webhook(message_id, at, body, self.signing),
        }


class _Reading:
    """An answer as it comes, line by line."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines = 0
        self._promised: int | None = None
        self._faults = 0
        self._first_fault = ""

    def take(self, part: bytes) -> list[CardUse]:
        """The uses whose lines end in it. Raises BookAway."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise BookAway(f"line {self._lines + 1} is above {LONGEST_LINE} bytes: give one journey a line")
        uses = [self._read(line) for line in lines if line.strip()]
        return [use for use in uses if use is not None]

    def end(self) -> None:
        """Raises BookAway where anything is missing, or could not be read."""
        if self._rest.strip():
            self._read(self._rest)
        if self._promised != self._lines:
            raise BookAway(
                f"{self._lines} lines came and the last did not say so: end with "
                '{"journeys": number of lines}'
            )
        if self._faults:
            raise BookAway(f"{self._faults} of {self._lines} lines cannot be read, first {self._first_fault}")

    def _read(self, line: bytes) -> CardUse | None:
        end = _END.fullmatch(line)
        if end is not None:
            self._promised = int(end[1])
            return None
        self._lines += 1
        use = _use_in(line)
        if isinstance(use, CardUse):
            return use
        self._faults += 1
        self._first_fault = self._first_fault or f"line {self._lines}: {use}"
        return None


def _use_in(line: bytes) -> CardUse | str:
    """What a line says, or what is wrong with it."""
    try:
        use = CardUseBody.model_validate_json(line).card_use()
    except ValidationError as error:
        problem = field_problems(error)[0]
        return f"{problem.field}: {problem.message}"
    except ValueError as error:
        return str(error)
    return "itinerary: is missing" if use.itinerary is None else use
