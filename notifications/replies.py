"""What a person means by an SMS reply.

A reply is read generously (spaces, full-width digits, courtesy around the code) but never guessed: a word
that is on no list, or words that say yes and no at once, mean nothing.
"""

import re
import unicodedata
from dataclasses import dataclass

_CODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\-]+(?=\d)")
_STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "退订", "TD", "T"})
_START_WORDS = frozenset({"START", "UNSTOP", "恢复", "恢复短信"})

_YES = frozenset(
    "收到 已收到 好 好的 明白 知道了 可以 同意 确认 马上去 马上到 已接手 已接 没问题 "
    "OK OKAY YES Y GOT RECEIVED CONFIRM CONFIRMED ROGER COPY ACK TAKEN".split()
)
_NO = frozenset(
    "不 不便 不方便 不行 不能 不能去 不能来 不去 不来 不接 去不了 来不了 到不了 接不了 接手不了 走不开 "
    "抽不开身 赶不到 赶不上 赶不过去 没空 没时间 没法 无法 换人 换别人 "
    "NO NOPE NOT CANNOT CAN'T CANT COULDN'T WON'T DON'T UNABLE UNAVAILABLE DECLINE BUSY".split()
)
_EITHER = frozenset(
    "我 我们 我来 我去 去 来 到 前往 出动 出发 在路上 接 接手 能接手 请 请回 回 回复 吧 了 谢谢 抱歉 对不起 "
    "不好意思 今天 今晚 现在 "
    "I I'M I'LL I'VE AM WE WE'LL CAN WILL DO BE ABLE GO GOING COME MAKE TAKE TAKING IT THIS THAT TO ON MY "
    "WAY REPLY NOW TODAY SORRY PLEASE THANKS".split()
)
"""Words that a taking and a refusal have in common: 接手, 不能接手."""
_LATIN_WORD = r"[A-Z']+"
_PUNCTUATION = r"[\s,.。、!;:~\-\"“”()\[\]【】]"
_CHINESE_WORDS = sorted((word for word in _YES | _NO | _EITHER if not word.isascii()), key=len, reverse=True)
_WORD = re.compile("|".join((_LATIN_WORD, *_CHINESE_WORDS)))
_NOT_A_WORD = re.compile(_PUNCTUATION)
_APOSTROPHES = str.maketrans("‘’`´", "''''")


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
class WantsMessagesAgain:
    """Takes back a former `WantsNoMessages`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """No meaning, or more than one."""


Reply = TakesOrConfirms | CannotGo | WantsNoMessages | WantsMessagesAgain | Unreadable


def read_reply(text: str) -> Reply:
    folded = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).strip().upper()
    alone = folded.strip(" .。!！")
    if alone in _STOP_WORDS:
        return WantsNoMessages()
    if alone in _START_WORDS:
        return WantsMessagesAgain()
    if not _CODE.search(folded):
        folded = _BETWEEN_DIGITS.sub("", folded)
    codes = set(_CODE.findall(folded))
    words = _words_of(_CODE.sub(" ", folded))
    if len(codes) > 1 or words is None or (words & _YES and words & _NO):
        return Unreadable()
    code = codes.pop() if codes else None
    if words & _NO:
        return CannotGo(code=code)
    return TakesOrConfirms(code=code) if code else Unreadable()


def _words_of(text: str) -> frozenset[str] | None:
    """The words, longest first (不好意思 is no 不); None when one of them is on no list."""
    words = frozenset(_WORD.findall(text))
    unknown = _NOT_A_WORD.sub("", _WORD.sub("", text))
    return None if unknown or words - _YES - _NO - _EITHER else words
