"""What a refusal of the tracker becomes on HTTP: one table for the console and for programs.

What must not break: every error of the tracker has its row, and no answer repeats what somebody typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from tracker.domain.errors import CallUs, Conflict, Invalid, NotAllowed, NotFound, TrackerError

HTTP_STATUS: Final[Mapping[type[TrackerError], HTTPStatus]] = MappingProxyType(
    {
        Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
        NotFound: HTTPStatus.NOT_FOUND,
        NotAllowed: HTTPStatus.FORBIDDEN,
        Conflict: HTTPStatus.CONFLICT,
        CallUs: HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)

_TITLES: Final[Mapping[HTTPStatus, tuple[str, str]]] = MappingProxyType(
    {
        HTTPStatus.UNPROCESSABLE_ENTITY: ("填写有误", "Something is wrong with what was entered"),
        HTTPStatus.NOT_FOUND: ("没有找到", "Not found"),
        HTTPStatus.FORBIDDEN: ("没有权限", "Not allowed"),
        HTTPStatus.CONFLICT: ("情况有变", "It has moved on"),
        HTTPStatus.INTERNAL_SERVER_ERROR: ("系统故障", "Our own fault"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A refusal as a person reads it: what happened, and what to do."""

    status: HTTPStatus
    title: str
    detail: str


def status_of(error: TrackerError) -> HTTPStatus:
    return HTTP_STATUS[type(error)]


def told(error: TrackerError, language: str) -> Told:
    """The refusal in the language of the console."""
    status = status_of(error)
    chinese, english = _TITLES[status]
    if language == "zh":
        return Told(status=status, title=chinese, detail=_in_chinese(error))
    return Told(status=status, title=english, detail=_in_english(error))


def _in_chinese(error: TrackerError) -> str:
    match error:
        case Invalid(problems=problems):
            return "；".join(problem.zh for problem in problems)
        case Conflict(zh=text):
            return text
        case NotAllowed():
            return "您的角色或您与本案的关系不包含此项操作，请由有权限的同事办理。"
        case NotFound():
            return "没有这一项，请核对网址或在名单中查找。"
        case _:
            return "系统数据前后不一致，操作未执行。请联系系统管理员。"


def _in_english(error: TrackerError) -> str:
    if isinstance(error, CallUs):
        return "The data contradict each other, nothing was done. Call the administrator."
    return str(error)
