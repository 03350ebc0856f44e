"""Every text has its place and purpose on the page, and every word that may stand in one is explained."""

from notifications.texts import Language, TextId
from notifications.texts.checks import built_in, known_words
from notifications.texts.examples import example_words
from tracker.web.words.texts import GROUPS, PURPOSES, WORDS

COURT = "云河法院"


def test_every_text_is_listed_once() -> None:
    listed = [text_id for group in GROUPS.values() for text_id in group]

    assert sorted(listed) == sorted(TextId)
    assert set(PURPOSES) == set(TextId)


def test_every_word_is_explained() -> None:
    assert {word for text_id in TextId for word in known_words(text_id)} == set(WORDS)


def test_every_word_that_always_stands_in_a_text_has_an_example() -> None:
    without = [
        (text_id, word)
        for text_id in TextId
        for word in known_words(text_id)
        if f"{{{word}}}" in built_in(text_id, Language.CHINESE).sms
        and word not in example_words(text_id, Language.CHINESE, COURT)
    ]

    assert without == []
