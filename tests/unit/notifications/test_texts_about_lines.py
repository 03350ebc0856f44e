"""What the desk reads of a line to an agency, in English and on the screen of a phone."""

from notifications.texts import Language, TextId, render
from tests.unit.notifications.story_facts import about_the_line, february


def test_a_text_about_a_line_reads_in_english_too() -> None:
    back = about_the_line(heard_at=february(26, "18:41"))

    assert render(TextId.LINE_SILENT, about_the_line(), Language.ENGLISH).sms == (
        "Yunhe Court: Line silent: railway police, no heartbeat and no receipt since 26 Feb 18:20, "
        "its list may be out of date. Call their duty desk"
    )
    assert render(TextId.LINE_HEARD, back, Language.ENGLISH).sms == (
        "Yunhe Court: Line back: railway police is heard again since 26 Feb 18:41, "
        "silent from 26 Feb 18:20. No reply needed"
    )
    assert render(TextId.LINE_CLOSED, about_the_line(), Language.ENGLISH).sms == (
        "Yunhe Court: Line closed: railway police has no list any more, screens and reports nobody, "
        "call them about what is under way. Sign in to see why"
    )


def test_nobody_has_to_answer_that_a_line_is_closed() -> None:
    rendered = render(TextId.LINE_CLOSED, about_the_line(), Language.CHINESE)

    assert (rendered.push_title, rendered.push_actions) == ("线路关闭 · 铁路公安", ())
