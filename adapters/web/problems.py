"""Refusals of the local API, as `application/problem+json`."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from schemas.problems import PROBLEM_JSON, ProblemDetails


class Refusal(ProblemDetails):
    """A problem as an answer of ours."""

    __slots__ = ()

    def answer(self) -> web.Response:
        return web.Response(text=self.as_json(), status=self.status, content_type=PROBLEM_JSON)


NOTHING_HERE: Final = Refusal.nothing_here("docs/agency-engineer.md lists what the adapter answers.")
WRONG_METHOD: Final = Refusal(
    kind="wrong-method",
    status=HTTPStatus.METHOD_NOT_ALLOWED,
    title="The address does not take this method",
    detail="docs/agency-engineer.md lists what the adapter answers.",
)
NOT_JSON: Final = Refusal(
    kind="not-json",
    status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    title="The body is not announced as JSON",
    detail="Send one JSON object with Content-Type: application/json.",
)
TOO_LARGE: Final = Refusal.too_large("One card use or one report at a time, at most 64 KiB.")
OUR_FAULT: Final = Refusal(
    kind="our-fault",
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
    title="The adapter could not answer",
    detail="Nothing was confirmed. Send it again; if it lasts, run `adapter doctor`.",
)


def keeper_away(phone_24h: str) -> Refusal:
    """A screener alone can say nothing to an officer."""
    return Refusal(
        kind="keeper-away",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="The process that keeps the list does not answer",
        detail=f"Do not stop. Call the court's 24-hour phone: {phone_24h}",
    )


def not_started(phone_24h: str) -> Refusal:
    """Before the keys of the list are there, an officer's question has one answer: call the court."""
    return Refusal(
        kind="not-started",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        title="The adapter has no keys yet",
        detail=f"Do not stop. Call the court's 24-hour phone: {phone_24h}",
    )
