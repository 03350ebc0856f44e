"""Says one text to one person: the SMS shortened to one segment, the push, and what a voice reads.

The same facts in the same language always give the same text, so that a message can be found again by it.
"""

from collections.abc import Callable
from functools import lru_cache

from notifications.texts.catalogue import Catalogue, Phrasing
from notifications.texts.chinese import CHINESE
from notifications.texts.english import ENGLISH
from notifications.texts.facts import Facts, Rendered
from notifications.texts.ids import RINGS_NOBODY, Language, TextId, asks
from notifications.texts.markup import fill, parse, shorten, whole
from notifications.texts.units import fits_one_segment, units_of
from notifications.texts.wording import WORDINGS
from notifications.texts.words import Words

CATALOGUES = {Language.CHINESE: CHINESE, Language.ENGLISH: ENGLISH}
_MOST_PARSED = 4096
_parsed = lru_cache(maxsize=_MOST_PARSED)(parse)


Fits = Callable[[str], bool]


class Saying:
    """One text to one person, of which each form is made when it is asked for: a channel takes one of them.

    Each has signature and mark, and is empty where the text does not go out that way. All raise FactMissing
    when it cannot be said with these facts.
    """

    def __init__(
        self, text_id: TextId, facts: Facts, language: Language, phrasing: Phrasing | None = None
    ) -> None:
        self._catalogue = CATALOGUES[language]
        self._phrasing = phrasing or self._catalogue.phrasing(text_id)
        self._text_id = text_id
        self._words = Words(facts, WORDINGS[language])
        self._drill = self._catalogue.drill_mark if facts.drill else ""
        self._mark = self._drill + (self._catalogue.repeat_mark if facts.repeat else "")

    def sms(self, fits: Fits = fits_one_segment) -> str:
        """In the longest form that fits. What no dropping brings down to one segment goes out whole in
        several.
        """
        markup = self._phrasing.sms
        return self._say(self._catalogue.sms_signature + self._mark + markup, fits) if markup else ""

    def voice(self) -> str:
        if not self._phrasing.sms:
            return ""
        spoken = _spoken(self._phrasing.voice or self._phrasing.sms, self._catalogue)
        return self._whole(self._catalogue.voice_signature + self._mark + spoken)

    def push_title(self) -> str:
        title = self._phrasing.push_title
        return self._mark + self._whole(title) if title else ""

    def push_body(self) -> str:
        return self._drill + self._whole(self._phrasing.push_body) if self._phrasing.push_title else ""

    def push_actions(self) -> tuple[str, ...]:
        """What the push offers to do, whatever it says."""
        return self._catalogue.actions[asks(self._text_id)]

    def _whole(self, markup: str) -> str:
        return self._say(markup, lambda _: True)

    def _say(self, markup: str, fits: Fits) -> str:
        nodes = _parsed(markup)
        said = whole(nodes, self._words, self._text_id)
        return said if fits(said) else shorten(fill(nodes, self._words, self._text_id), fits)


def render(text_id: TextId, facts: Facts, language: Language, phrasing: Phrasing | None = None) -> Rendered:
    """All its forms, in the words of the catalogue unless others are given. Raises FactMissing when the text
    cannot be said with these facts.
    """
    saying = Saying(text_id, facts, language, phrasing)
    sms = saying.sms()
    return Rendered(
        sms=sms,
        units=units_of(sms),
        push_title=saying.push_title(),
        push_body=saying.push_body(),
        push_actions=saying.push_actions(),
        voice=saying.voice(),
        silent=text_id in RINGS_NOBODY,
    )


def say(
    text_id: TextId, facts: Facts, language: Language, phrasing: Phrasing, fits: Fits = fits_one_segment
) -> Phrasing:
    """Each part as it is said, the SMS in its longest form that fits. Raises FactMissing."""
    saying = Saying(text_id, facts, language, phrasing)
    return Phrasing(
        sms=saying.sms(fits),
        voice=saying.voice(),
        push_title=saying.push_title(),
        push_body=saying.push_body(),
    )


def _spoken(text: str, catalogue: Catalogue) -> str:
    return text.replace(catalogue.reply_by_sms, catalogue.reply_by_key)
