"""What people mean by a reply."""

import pytest

from notifications.replies import (
    CannotGo,
    Reply,
    TakesOrConfirms,
    Unreadable,
    WantsMessagesAgain,
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
        "接手请回40718",
        "好的，我去 40718",
        "I will take it 40718",
        "ok收到 4 0 7 1 8",
        "我接 40718",
        "已接手40718",
        "没问题，在路上 40718",
        "I’ve got it 40718",
        "I’ll take it, on my way 40718",
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
        ("40718不方便", CannotGo(code="40718")),
        ("40718 来不了", CannotGo(code="40718")),
        ("赶不到 40718", CannotGo(code="40718")),
        ("40718 不去", CannotGo(code="40718")),
        ("没空 40718", CannotGo(code="40718")),
        ("不好意思，不能接手 40718", CannotGo(code="40718")),
        ("can’t 40718", CannotGo(code="40718")),
        ("can not go 40718", CannotGo(code="40718")),
        ("I am not able 40718", CannotGo(code="40718")),
        ("40718 no", CannotGo(code="40718")),
        ("换人吧 40718", CannotGo(code="40718")),
        ("接不了 40718", CannotGo(code="40718")),
        ("no way 40718", CannotGo(code="40718")),
        ("STOP", WantsNoMessages()),
        ("stop.", WantsNoMessages()),
        ("退订", WantsNoMessages()),
        ("ＴＤ", WantsNoMessages()),
        ("start", WantsMessagesAgain()),
        ("恢复。", WantsMessagesAgain()),
    ],
)
def test_words_that_mean_something(text: str, meaning: Reply) -> None:
    assert read_reply(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "好的",
        "4071",
        "407181",
        "1 2 4 0 7 1 8",
        "40718 58263",
        "40718不便58263",
        "stop him 123",
        "40718？",
        "40718 是什么",
        "收到，不能拦截 40718",
        "收到，不能 40718",
        "不能拦截 40718",
        "我可以去，没有不便 40718",
        "能不能去 40718",
        "no problem 40718",
        "wrong number 40718",
        "40718 已不在单位",
        "谁接 40718",
        "已有人接 40718",
        "I have to go 40718",
        "👍🚓",
        "40718👍",
        "收到" * 800,
        "恢复40718",
    ],
)
def test_what_means_nothing_or_two_things_is_not_guessed(text: str) -> None:
    assert read_reply(text) == Unreadable()
