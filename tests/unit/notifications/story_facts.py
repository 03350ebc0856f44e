"""The facts behind the example texts: the invented debtors 佟 and 程 and the court 云河法院."""

from datetime import datetime
from typing import Any

from notifications.court_time import COURT_ZONE
from notifications.texts import Facts


def february(day: int, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 2, day, int(hour), int(minute), tzinfo=COURT_ZONE)


def about_tong(**facts: Any) -> Facts:
    known: dict[str, Any] = {
        "court": "云河法院",
        "case": "26执1357",
        "case_english": "26 Zhi 1357",
        "surname": "佟",
        "sent_at": february(26, "18:20"),
        "code": "40718",
    }
    return Facts(**(known | facts))


def about_cheng(**facts: Any) -> Facts:
    known: dict[str, Any] = {
        "court": "云河法院",
        "case": "26执1402",
        "case_english": "26 Zhi 1402",
        "surname": "程",
        "sent_at": february(26, "23:40"),
        "code": "82047",
    }
    return Facts(**(known | facts))


def about_the_line(**facts: Any) -> Facts:
    """Of the railway police; about no case and nobody."""
    return Facts(
        court="云河法院",
        sent_at=february(26, "18:41"),
        agency="铁路公安",
        silent_from=february(26, "18:20"),
        **facts,
    )


def about_gao(**facts: Any) -> Facts:
    """Of the court's own people: the duty officer 高, whose phone it is about."""
    return Facts(court="云河法院", sent_at=february(26, "18:20"), member="高干警", **facts)


def about_the_court(**facts: Any) -> Facts:
    """Its own work is late; about no case and nobody."""
    return Facts(
        court="云河法院",
        sent_at=february(26, "18:41"),
        work="通知发送",
        late_from=february(26, "18:20"),
        **facts,
    )


def about_a_drill(**facts: Any) -> Facts:
    """On the line to the railway, on the morning of 27 February; about no case and nobody."""
    return Facts(
        court="云河法院",
        sent_at=february(27, "07:03"),
        agency="铁路",
        raised_at=february(27, "06:59"),
        drill=True,
        **facts,
    )


def about_a_shift(**facts: Any) -> Facts:
    """Of 27 February in the morning; about the court's own people."""
    return Facts(
        court="云河法院",
        sent_at=february(27, "06:00"),
        shift_at=february(27, "08:00"),
        open_alerts=2,
        act_at=february(27, "06:59"),
        act_place="北京西",
        leader="沈法官",
        **facts,
    )


BERTH_28 = {
    "service": "Z38",
    "coach": "7",
    "berth": "12下",
    "act_at": february(28, "06:59"),
    "act_place": "北京西",
}
BERTH_27 = {
    "service": "Z38",
    "coach": "5",
    "berth": "3上",
    "act_at": february(27, "06:59"),
    "act_place": "北京西",
}
SEAT_27 = BERTH_27 | {"coach": "9", "berth": "41座"}

_AT = february(26, "18:20")
EVERY_FACT: dict[str, Any] = {
    **BERTH_28,
    "act_from": _AT,
    "sighted_at": _AT,
    "sighted_place": "武昌",
    "judge": "沈",
    "taker": "沈法官",
    "taken_at": _AT,
    "raised_at": _AT,
    "escalates_at": _AT,
    "agency": "铁路",
    "silent_from": _AT,
    "heard_at": _AT,
    "confirm_by": _AT,
    "other_case": "26执1402",
    "other_measure_phrase": "仅通报行踪，勿控制",
    "performed_at": _AT,
    "reason": "已履行",
    "held_at": _AT,
    "held_by": "北京西站派出所",
    "release_at": _AT,
    "ends_at": _AT,
    "validate_by": _AT,
    "rows_listed": 1_204,
    "rows_refused": 3,
    "desk_phone": "010-00000000",
    "member": "高干警",
    "wrong_replies": 5,
    "check_code": "407182",
    "provider": "kannel",
    "work": "通知发送",
    "late_from": _AT,
    "caught_up_at": _AT,
    "counts_until": _AT,
    "shift_at": _AT,
    "given_shift_at": _AT,
    "open_alerts": 2,
    "post": "带班领导",
    "gap_from": _AT,
    "gap_until": _AT,
    "gaps": 2,
    "phoneless": 1,
    "year": 2027,
    "more": 4,
    "colleague": "高干警",
    "missed": 2,
    "missed_from": _AT,
}
"""What any text may say, but for an agency whose receipt is missing."""
