"""The voice has words for whatever a key may come to, in both languages, and names nobody."""

import pytest

from notifications.keys import MENU, SAID, KeyMeaning, language_of
from notifications.texts.ids import Language


@pytest.mark.parametrize("language", Language)
def test_every_meaning_has_its_words(language: Language) -> None:
    assert set(SAID[language]) == set(KeyMeaning)
    assert {meaning for meaning, words in SAID[language].items() if not words} == {KeyMeaning.AGAIN}


def test_the_menu_offers_the_other_keys() -> None:
    assert MENU[Language.CHINESE] == "。重听请按2，不能前往请按3。"
    assert MENU[Language.ENGLISH] == ". Press 2 to hear it again, 3 if you cannot go."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("云河法院。行踪预警：26执1357佟某。接手请按1", Language.CHINESE),
        ("Yunhe court. Movement: 26 Zhi 1357, Tong. Press 1 to take it", Language.ENGLISH),
    ],
)
def test_a_text_is_read_out_in_its_own_language(text: str, language: Language) -> None:
    assert language_of(text) is language
