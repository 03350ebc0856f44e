"""Refusals for programs, as `application/problem+json` (RFC 9457): what is wrong, where, and the remedy.

What must not break: no problem repeats what was sent.
"""

from http import HTTPStatus

from aiohttp import web

from schemas.problems import PROBLEM_JSON, ProblemDetails


class Refusal(ProblemDetails):
    """A problem as an answer of ours."""

    __slots__ = ()

    def answer(self) -> web.Response:
        return web.Response(text=self.as_json(), status=self.status, content_type=PROBLEM_JSON)


# One answer for every failure of a signature, so that nothing can be learnt by trying.
BAD_SIGNATURE = Refusal(
    kind="bad-signature",
    status=HTTPStatus.UNAUTHORIZED,
    title="The signature does not hold",
    detail="Send webhook-id, webhook-timestamp and webhook-signature once each, signed with a live key over "
    "the raw body.",
)

TOO_LARGE = Refusal.too_large("One event per message, at most 64 KiB.")

NO_BASIS = Refusal(
    kind="no-legal-basis",
    status=HTTPStatus.FORBIDDEN,
    title="The channel has no recorded legal basis",
    detail="The court takes no sightings from this agency until it has recorded their legal basis.",
)

LINE_CLOSED = Refusal(
    kind="line-closed",
    status=HTTPStatus.FORBIDDEN,
    title="The court has closed this line",
    detail="The court takes no sightings from this agency until it opens the line again: call its desk.",
)

OTHER_BODY = Refusal(
    kind="other-body",
    status=HTTPStatus.CONFLICT,
    title="This webhook-id came before with another body",
    detail="Give every new message an id of its own; repeat a message only with exactly the same body.",
)
