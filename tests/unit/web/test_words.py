"""Every member of every set that pages show has its word."""

from enum import StrEnum

import pytest

from notifications.texts import TextId
from tracker.domain.entries import EntryState
from tracker.domain.plans import Urgency
from tracker.web.words.audit import action_label
from tracker.web.words.labels import CHINESE, label


@pytest.mark.parametrize("kind", CHINESE, ids=lambda kind: kind.__name__)
def test_a_set_is_named_whole_in_chinese(kind: type[StrEnum]) -> None:
    assert set(CHINESE[kind]) == set(kind)


@pytest.mark.parametrize(
    ("member", "chinese", "english"),
    [
        (EntryState.ACTIVE, "协查中", "In force"),
        (Urgency.TRACE, "仅供追查", "Trace only"),
        (TextId.STAND_DOWN, "停止行动", "Stand down"),
    ],
)
def test_a_member_has_a_word_in_each_language(member: StrEnum, chinese: str, english: str) -> None:
    assert label(member, "zh") == chinese
    assert label(member, "en") == english


@pytest.mark.parametrize(
    ("action", "chinese"),
    [
        ("alert taken", "接手"),
        ("answer still-wanted", "答复：仍在协查"),
        ("outcome handed-over", "反馈：已移交"),
        ("something new", "something new"),
    ],
)
def test_an_action_of_the_audit_log_has_a_word(action: str, chinese: str) -> None:
    assert action_label(action, "zh") == chinese
