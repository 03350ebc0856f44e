"""What people mean by a reply."""

import pytest

from notifications.replies import (
    CannotGo,
    Reply,
    TakesOrConfirms,
    Unreadable,
    WantsNoMessages,
    read_reply,
)


@pytest.mark.parametrize(
    "text",
    [
        "40718",
        " 40718\n",
        "４０７１８",
        "4 0 7 1 8",
        "407-18",
        "接手40718",
        "收到，40718。",
        "40718 40718",
        "ok 40718!",
    ],
)
def test_a_code_takes_or_confirms_however_it_is_written(text: str) -> None:
    assert read_reply(text) == TakesOrConfirms(code="40718")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("不便出动 40718", CannotGo(code="40718")),
        ("不便", CannotGo(code=None)),
        ("cannot 40718", CannotGo(code="40718")),
        ("I can't go", CannotGo(code=None)),
        ("STOP", WantsNoMessages()),
        ("stop.", WantsNoMessages()),
        ("退订", WantsNoMessages()),
        ("ＴＤ", WantsNoMessages()),
    ],
)
def test_words_that_mean_something(text: str, meaning: Reply) -> None:
    assert read_reply(text) == meaning


@pytest.mark.parametrize(
    "text", ["", "好的", "4071", "407181", "40718 58263", "40718不便58263", "stop him 123"]
)
def test_what_means_nothing_or_two_things_is_not_guessed(text: str) -> None:
    assert read_reply(text) == Unreadable()
