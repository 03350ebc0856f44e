"""`/livez` and `/readyz`: whether this process answers, and whether it can do its work, with the reasons if
not.

What must not break: both answer within two seconds whatever is away, a flood of questions asks the database
once at a time, and no reason names a person or a secret.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from tracker.services.lateness import list_late
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx

ANSWER_WITHIN_S: Final = 1.5
SCHEMA_OLD: Final = "the database has another schema than this program: run `tracker migrate`"
SILENT: Final = f"the database has not answered within {ANSWER_WITHIN_S:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a process is judged by. `has_schema`: whether the database has the schema this program works on;
    `troubles`: what else is wrong just now, in plain words.
    """

    registry: Registry
    has_schema: Callable[[Tx], Awaitable[bool]]
    troubles: Callable[[], Sequence[str]]


class Readiness:
    """Judges the process when it is asked."""

    def __init__(self, signs: Signs) -> None:
        self._signs = signs
        self._asking: asyncio.Task[tuple[str, ...]] | None = None

    async def reasons(self) -> tuple[str, ...]:
        """Why the process cannot do its work; empty when it can."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_database())
        # A question that hangs is left to itself: the next reader waits for the same one.
        await asyncio.wait({self._asking}, timeout=ANSWER_WITHIN_S)
        of_database = self._asking.result() if self._asking.done() else (SILENT,)
        return (*of_database, *self._signs.troubles())

    async def _ask_database(self) -> tuple[str, ...]:
        try:
            async with self._signs.registry.reading() as tx:
                if not await self._signs.has_schema(tx):
                    return (SCHEMA_OLD,)
                return tuple(f"{late.what}: late by {late.by_s} s" for late in await list_late(tx))
        except Exception as error:
            return (f"the database cannot be reached ({type(error).__name__})",)


async def _live(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"live": True})


READINESS: Final = web.AppKey("readiness", Readiness)


async def _ready(request: web.Request) -> web.StreamResponse:
    reasons = await request.app[READINESS].reasons()
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return web.json_response({"ready": not reasons, "reasons": list(reasons)}, status=status)


def add_health(app: web.Application, readiness: Readiness) -> None:
    """Both addresses, for whoever watches the process; neither asks who is there."""
    app[READINESS] = readiness
    app.add_routes([web.get("/livez", _live), web.get("/readyz", _ready)])
