"""Renders one text for one person: the SMS shortened to one segment, the push, and what a voice reads.

The same facts in the same language always give the same text, so that a message can be found again by it.
"""

from collections.abc import Callable
from functools import lru_cache

from notifications.texts.catalogue import Catalogue, Phrasing
from notifications.texts.chinese import CHINESE
from notifications.texts.english import ENGLISH
from notifications.texts.facts import Facts, Rendered
from notifications.texts.ids import RINGS_NOBODY, Language, TextId, asks
from notifications.texts.markup import fill, parse, shorten
from notifications.texts.units import fits_one_segment, units_of
from notifications.texts.wording import WORDINGS, words_of

CATALOGUES = {Language.CHINESE: CHINESE, Language.ENGLISH: ENGLISH}
_MOST_PARSED = 4096
_MOST_RENDERED = 256
"""A person is told the same by several channels at once, and each takes its own form of it."""
_parsed = lru_cache(maxsize=_MOST_PARSED)(parse)


Fits = Callable[[str], bool]


@lru_cache(maxsize=_MOST_RENDERED)
def render(text_id: TextId, facts: Facts, language: Language, phrasing: Phrasing | None = None) -> Rendered:
    """In the words of the catalogue unless others are given. Raises FactMissing when the text cannot be said
    with these facts.

    A text that no dropping brings down to one segment goes out whole in several; `units` tells.
    """
    catalogue = CATALOGUES[language]
    said = say(text_id, facts, language, phrasing or catalogue.phrasing(text_id))
    return Rendered(
        sms=said.sms,
        units=units_of(said.sms),
        push_title=said.push_title,
        push_body=said.push_body,
        push_actions=catalogue.actions[asks(text_id)],
        voice=said.voice,
        silent=text_id in RINGS_NOBODY,
    )


def say(
    text_id: TextId, facts: Facts, language: Language, phrasing: Phrasing, fits: Fits = fits_one_segment
) -> Phrasing:
    """Each part with signature and mark, the SMS in its longest form that fits. Raises FactMissing."""
    catalogue = CATALOGUES[language]
    words = words_of(facts, WORDINGS[language])
    drill = catalogue.drill_mark if facts.drill else ""
    mark = drill + (catalogue.repeat_mark if facts.repeat else "")

    def whole(markup: str) -> str:
        return shorten(fill(_parsed(markup), words, text_id), lambda _: True)

    sms = voice = title = body = ""
    if phrasing.sms:
        filled = fill(_parsed(catalogue.sms_signature + mark + phrasing.sms), words, text_id)
        sms = shorten(filled, fits)
        spoken = _spoken(phrasing.voice or phrasing.sms, catalogue)
        voice = whole(catalogue.voice_signature + mark + spoken)
    if phrasing.push_title:
        title, body = mark + whole(phrasing.push_title), drill + whole(phrasing.push_body)
    return Phrasing(sms=sms, voice=voice, push_title=title, push_body=body)


def _spoken(text: str, catalogue: Catalogue) -> str:
    return text.replace(catalogue.reply_by_sms, catalogue.reply_by_key)
