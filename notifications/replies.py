"""What a person means by an SMS reply.

A reply is read generously (spaces, full-width digits, words around the code) but never guessed: what could
mean two things means nothing.
"""

import re
import unicodedata
from dataclasses import dataclass

_CODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_CANNOT_GO = re.compile(r"不便|不能|无法|去不了|CANNOT|CAN'?T|UNABLE")
_STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "退订", "TD", "T"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakesOrConfirms:
    """The code alone: takes the alert, or answers the stand-down, whichever the code was sent for."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotGo:
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantsNoMessages:
    """The provider stops sending to this number after such a reply, so somebody has to hear of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """No meaning, or more than one."""


Reply = TakesOrConfirms | CannotGo | WantsNoMessages | Unreadable


def read_reply(text: str) -> Reply:
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    if folded.strip(" .。!！") in _STOP_WORDS:
        return WantsNoMessages()
    codes = set(_CODE.findall(folded)) or set(_CODE.findall(re.sub(r"[\s\-]", "", folded)))
    if len(codes) > 1:
        return Unreadable()
    code = codes.pop() if codes else None
    if _CANNOT_GO.search(folded):
        return CannotGo(code=code)
    return TakesOrConfirms(code=code) if code else Unreadable()
