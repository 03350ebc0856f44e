"""Whoever reads a text of a drill reads first that it is one, whatever it says and wherever it is read."""

import pytest

from notifications.texts import DRILL_TEXTS, NO_SMS, Facts, Language, Rendered, TextId, render
from notifications.texts.facts import FactMissing
from notifications.texts.ids import asks
from tests.unit.notifications.story_facts import EVERY_FACT, about_tong, february

AT = february(26, "18:20")


def rendered(text_id: TextId, language: Language) -> Rendered:
    missing = "铁路" if text_id is TextId.STAND_DOWN_RECEIPT_MISSING else None
    return render(text_id, about_tong(**EVERY_FACT, missing_agency=missing, drill=True), language)


def shown_in(text: Rendered, signature: str, voice_signature: str) -> list[str]:
    """Everything that is shown or read out, without who it is from."""
    shown = [
        text.sms.removeprefix(signature),
        text.voice.removeprefix(voice_signature),
        text.push_title,
        text.push_body,
    ]
    return [one for one in shown if one]


@pytest.mark.parametrize("text_id", TextId)
def test_every_text_of_a_drill_says_so_before_anything_else(text_id: TextId) -> None:
    chinese = shown_in(rendered(text_id, Language.CHINESE), "【云河法院】", "云河法院。")
    english = shown_in(rendered(text_id, Language.ENGLISH), "Yunhe Court: ", "Yunhe Court. ")

    assert {one[:3] for one in chinese} == {"演练："}
    assert {one[:7] for one in english} == {"DRILL: "}


@pytest.mark.parametrize("text_id", sorted(set(TextId) - NO_SMS))
def test_a_text_of_a_drill_is_one_segment(text_id: TextId) -> None:
    assert rendered(text_id, Language.CHINESE).units <= 70
    assert rendered(text_id, Language.ENGLISH).units <= 160


def test_a_drill_reads_in_english_too() -> None:
    assert rendered(TextId.DRILL, Language.ENGLISH).sms == (
        "Yunhe Court: DRILL: test alert, line to railway, Beijingxi 28 Feb 06:59, no real person. "
        "Take it as if real. Reply 40718 to take"
    )
    assert rendered(TextId.DRILL_OVER, Language.ENGLISH).sms == (
        "Yunhe Court: DRILL: test alert on the line to railway is over, "
        "nobody took it since 26 Feb 18:20. No reply needed"
    )


@pytest.mark.parametrize(("real", "drill"), DRILL_TEXTS.items())
def test_what_stands_in_for_a_text_asks_for_the_same_and_names_nobody(real: TextId, drill: TextId) -> None:
    nobody = {"case": None, "case_english": None, "surname": None}
    facts = about_tong(**EVERY_FACT | nobody, drill=True)

    assert asks(drill) is asks(real)
    assert render(drill, facts, Language.CHINESE).sms
    with pytest.raises(FactMissing):
        render(real, Facts(court="云河法院", sent_at=AT, drill=True, code="40718"), Language.CHINESE)
