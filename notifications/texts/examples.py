"""Facts to show a text with: the invented debtors, trains and people of an invented day."""

from datetime import datetime, timedelta
from typing import Any, Final

from notifications.court_time import COURT_ZONE
from notifications.texts.facts import Facts
from notifications.texts.ids import DRILL_TEXTS, Language, TextId
from notifications.texts.markup import literal
from notifications.texts.wording import WORDINGS
from notifications.texts.words import Words

_AT: Final = datetime(2026, 2, 26, 18, 20, tzinfo=COURT_ZONE)
_ACT_AT: Final = datetime(2026, 2, 28, 6, 59, tzinfo=COURT_ZONE)
_EVERYTHING: Final[dict[str, Any]] = {
    "sent_at": _AT,
    "case": "26执1357",
    "case_english": "26 Zhi 1357",
    "surname": "佟",
    "code": "40718",
    "service": "Z38",
    "coach": "7",
    "berth": "12下",
    "act_at": _ACT_AT,
    "act_place": "北京西",
    "act_from": _ACT_AT - timedelta(hours=2),
    "previous_act_at": _ACT_AT - timedelta(days=1),
    "sighted_at": _AT,
    "sighted_place": "武昌",
    "sighted_detail": "出站闸机",
    "judge": "沈",
    "taker": "沈法官",
    "taken_at": _AT,
    "raised_at": _AT - timedelta(hours=1),
    "escalates_at": _AT + timedelta(minutes=3),
    "muster_at": _ACT_AT - timedelta(minutes=49),
    "muster_place": "北京西站台",
    "leader": "沈法官",
    "agency": "铁路",
    "silent_from": _AT - timedelta(minutes=21),
    "heard_at": _AT,
    "confirm_by": _AT + timedelta(minutes=10),
    "other_case": "26执1402",
    "other_measure_phrase": "仅通报行踪，勿控制",
    "performed_at": _AT,
    "reason": "已履行",
    "may_release": True,
    "exit_ban": True,
    "held_at": _AT - timedelta(hours=1),
    "held_by": "北京西站派出所",
    "release_at": _AT + timedelta(hours=1),
    "ends_at": _AT + timedelta(days=20),
    "validate_by": _AT + timedelta(days=20),
    "rows_listed": 1_204,
    "rows_refused": 3,
    "colleague": "高干警",
    "missed": 2,
    "missed_from": _AT - timedelta(hours=9),
    "more": 4,
    "desk_phone": "010-00000000",
    "member": "高干警",
    "wrong_replies": 5,
    "check_code": "407182",
    "provider": "kannel",
    "work": "通知发送",
    "late_from": _AT - timedelta(minutes=21),
    "caught_up_at": _AT,
    "counts_until": _AT,
    "shift_at": _AT + timedelta(hours=14),
    "given_shift_at": _AT + timedelta(days=2, hours=14),
    "open_alerts": 2,
    "post": "带班领导",
    "gap_from": _AT + timedelta(days=1),
    "gap_until": _AT + timedelta(days=2),
    "gaps": 2,
    "phoneless": 1,
    "year": 2027,
}
_SEEN: Final = {
    TextId.IMMINENT: "入住西直门如归旅店，人在店内",
    TextId.TRACE: "入住西直门如归旅店",
}


def example_facts(text_id: TextId, court: str) -> Facts:
    """All that the text may say. `court`: its short name."""
    return Facts(
        court=court,
        sighting_phrase=_SEEN.get(text_id),
        missing_agency="铁路" if text_id is TextId.STAND_DOWN_RECEIPT_MISSING else None,
        drill=text_id in {*DRILL_TEXTS.values(), TextId.DRILL_OVER},
        **_EVERYTHING,
    )


def example_words(text_id: TextId, language: Language, court: str) -> dict[str, str]:
    """What each word stands for with these facts."""
    words = Words(example_facts(text_id, court), WORDINGS[language]).allowed()
    return {name: literal(nodes).strip() for name, nodes in words.items()}
