"""How the local API reads what is posted to it and writes what was found out, whichever process answers."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar, assert_never

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from adapters.edge.card_use import CardUse, Clear, Hit, Invalid, NotScreened, Screened
from adapters.edge.sieve import Batch, Sifted
from adapters.web.bodies import CardUseBody, SiftBody
from adapters.web.problems import NOT_JSON, NOTHING_HERE, OUR_FAULT, TOO_LARGE, WRONG_METHOD, Refusal
from schemas.text import FieldProblem, field_problems

MOST_BYTES: Final = 64 * 1024
M = TypeVar("M", bound=BaseModel)

log = structlog.get_logger(__name__)


class Refused(Exception):
    """Ends a handler with a problem."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.kind)
        self.refusal = refusal


async def read(request: web.Request, model: type[M]) -> M:
    """The body of a request; raises Refused."""
    # Announced as JSON: what a web page could post without being asked is refused.
    if request.content_type != "application/json":
        raise Refused(NOT_JSON)
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise Refused(Refusal.wrong_fields(field_problems(error))) from None


async def read_card_use(request: web.Request) -> CardUse:
    """Raises Refused."""
    body = await read(request, CardUseBody)
    try:
        return body.card_use()
    except ValueError:
        problem = FieldProblem(field="event_id", message="give 1 to 200 visible ASCII characters")
        raise Refused(Refusal.wrong_fields([problem])) from None


async def read_batch(request: web.Request) -> Batch:
    """Raises Refused."""
    return (await read(request, SiftBody)).batch()


def screened(answer: Screened) -> web.Response:
    match answer:
        case Clear():
            return answered("clear")
        case Hit(references=references, is_proven=is_proven):
            return answered("hit", references=[str(one) for one in references], proven=is_proven)
        case Invalid(refused=refused):
            remedies = {"zh": refused.remedy("zh"), "en": refused.remedy("en")}
            return answered("invalid", fault=refused.fault.value, remedy=remedies)
        case NotScreened():
            return no_store(_silence(answer))
        case _:
            assert_never(answer)


def sifted(answer: Sifted | NotScreened) -> web.Response:
    match answer:
        case NotScreened():
            return screened(answer)
        case Sifted(to_screen=to_screen, invalid=invalid, gap=gap):
            faults = {str(position): refused.fault.value for position, refused in invalid.items()}
            others = {"answer": "clear"} if gap is None else _silence(gap)
            return answered("sifted", screen=to_screen, invalid=faults, others=others)
        case _:
            assert_never(answer)


def answered(answer: str, **facts: Any) -> web.Response:
    return no_store({"answer": answer, **facts})


def no_store(facts: Mapping[str, Any]) -> web.Response:
    return web.json_response(facts, headers={"Cache-Control": "no-store"})


def _silence(not_screened: NotScreened) -> dict[str, Any]:
    return {
        "answer": "not-screened",
        "reason": not_screened.reason.value,
        "phone_24h": not_screened.phone_24h,
    }


@web.middleware
async def problems_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return refused.refusal.answer()
    except web.HTTPRequestEntityTooLarge:
        return TOO_LARGE.answer()
    except web.HTTPMethodNotAllowed:
        return WRONG_METHOD.answer()
    except web.HTTPException:
        return NOTHING_HERE.answer()
    except Exception as error:
        # The kind only: the error's own text may repeat what was sent of a person.
        log.error("request-failed", error=type(error).__name__, method=request.method)
        return OUR_FAULT.answer()
