"""Renders one text for one person: the SMS shortened to one segment, the push, and what a voice reads.

The same facts in the same language always give the same text, so that a message can be found again by it.
"""

from collections.abc import Callable
from functools import cache

from notifications.texts.catalogue import Catalogue
from notifications.texts.chinese import CHINESE
from notifications.texts.english import ENGLISH
from notifications.texts.facts import Facts, Rendered
from notifications.texts.ids import RINGS_NOBODY, Language, TextId, asks
from notifications.texts.markup import fill, parse, shorten
from notifications.texts.units import fits_one_segment, units_of
from notifications.texts.wording import WORDINGS, words_of

_CATALOGUES = {Language.CHINESE: CHINESE, Language.ENGLISH: ENGLISH}
_parsed = cache(parse)


def render(text_id: TextId, facts: Facts, language: Language) -> Rendered:
    """Raises FactMissing when the text cannot be said with these facts.

    A text that no dropping brings down to one segment goes out whole in several; `units` tells.
    """
    catalogue = _CATALOGUES[language]
    words = words_of(facts, WORDINGS[language])
    drill = catalogue.drill_mark if facts.drill else ""
    mark = drill + (catalogue.repeat_mark if facts.repeat else "")

    def say(markup: str, fits: Callable[[str], bool] = lambda _: True) -> str:
        return shorten(fill(_parsed(markup), words, text_id), fits)

    sms = voice = title = body = ""
    if text_id in catalogue.sms:
        text = catalogue.sms[text_id]
        sms = say(catalogue.sms_signature + mark + text, fits_one_segment)
        voice = say(
            catalogue.voice_signature + mark + _spoken(catalogue.longer_voice.get(text_id, text), catalogue)
        )
    if text_id in catalogue.push:
        title, body = catalogue.push[text_id]
        title, body = mark + say(title), drill + say(body)
    return Rendered(
        sms=sms,
        units=units_of(sms),
        push_title=title,
        push_body=body,
        push_actions=catalogue.actions[asks(text_id)],
        voice=voice,
        silent=text_id in RINGS_NOBODY,
    )


def _spoken(text: str, catalogue: Catalogue) -> str:
    return text.replace(catalogue.reply_by_sms, catalogue.reply_by_key)
