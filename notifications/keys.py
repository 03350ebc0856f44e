"""The keys of a call: what a voice offers after the text, what a key means, and what the voice says to it.

The voice never says more of an alert than the text did: it names nobody and no place.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from notifications.texts.ids import Language


class Key(StrEnum):
    """The text itself says what 1 is for: to take it, or to confirm an order."""

    ONE = "1"
    AGAIN = "2"
    CANNOT_GO = "3"


class KeyMeaning(StrEnum):
    """What became of a key."""

    TOOK = "took"
    TAKEN_BY_OTHER = "taken-by-other"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    AGAIN = "again"
    OVER = "over"
    """The call is about nothing, or about nothing that is open any more."""
    OVERTAKEN = "overtaken"
    """Something else was asked of the person since, which this call did not say."""
    NOT_ALLOWED = "not-allowed"
    NO_SUCH_KEY = "no-such-key"


MENU: Mapping[Language, str] = MappingProxyType(
    {
        Language.CHINESE: "。重听请按2，不能前往请按3。",
        Language.ENGLISH: ". Press 2 to hear it again, 3 if you cannot go.",
    }
)
"""Said after a text."""

SAID: Mapping[Language, Mapping[KeyMeaning, str]] = MappingProxyType(
    {
        Language.CHINESE: {
            KeyMeaning.TOOK: "已由您接手，详情请看页面。",
            KeyMeaning.TAKEN_BY_OTHER: "已有人接手，您无需前往。",
            KeyMeaning.CONFIRMED: "已记录您收到。",
            KeyMeaning.DECLINED: "已记录您不能前往，将通知其他人。",
            KeyMeaning.AGAIN: "",
            KeyMeaning.OVER: "此事已结束，无需处理。",
            KeyMeaning.OVERTAKEN: "情况已有变化，本次按键未生效，请看最新短信或页面。",
            KeyMeaning.NOT_ALLOWED: "您无权处理此事，请联系值班室。",
            KeyMeaning.NO_SUCH_KEY: "按键无效。",
        },
        Language.ENGLISH: {
            KeyMeaning.TOOK: "You have taken it. The page has the details.",
            KeyMeaning.TAKEN_BY_OTHER: "Somebody else has taken it. You need not go.",
            KeyMeaning.CONFIRMED: "It is recorded that you have understood.",
            KeyMeaning.DECLINED: "It is recorded that you cannot go. Others are being told.",
            KeyMeaning.AGAIN: "",
            KeyMeaning.OVER: "This has ended. There is nothing to do.",
            KeyMeaning.OVERTAKEN: "Things have changed and your key did nothing. Read the latest message.",
            KeyMeaning.NOT_ALLOWED: "You may not do this. Call the desk.",
            KeyMeaning.NO_SUCH_KEY: "There is no such key.",
        },
    }
)


def language_of(text: str) -> Language:
    """The language in which a rendered text is to be read out."""
    is_chinese = any("\u4e00" <= character <= "\u9fff" for character in text)
    return Language.CHINESE if is_chinese else Language.ENGLISH
