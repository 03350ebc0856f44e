"""With the worst real names, every SMS is one segment and keeps case, time, place, verb and code; and what
edited texts are measured by is the worst.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.texts import NO_SMS, Facts, Language, TextId, render
from notifications.texts.checks import built_in
from notifications.texts.render import say
from notifications.texts.units import units_of
from notifications.texts.worst_facts import (
    ABOUT_A_LINE,
    ABOUT_A_TRAIN,
    ADAPTERS,
    AGENCIES,
    BERTHS,
    CASES,
    COACHES,
    COURTS,
    HOTELS,
    JUDGES,
    MEASURES,
    MISSING_AGENCIES,
    PORTS,
    POSTS,
    REASONS,
    SERVICES,
    STATION_POLICE,
    STATIONS,
    SURNAMES,
    TITLES,
    worst_facts,
)
from tests.unit.notifications.story_facts import february

SWAPS = {TextId.SWAP_ASKED, TextId.SWAP_AGREED, TextId.SWAP_REFUSED, TextId.SWAP_WITHDRAWN}
ABOUT_NO_CASE = {
    *ABOUT_A_LINE,
    TextId.MESSAGE_REFUSED,
    TextId.WRONG_REPLY,
    TextId.WRONG_REPLIES,
    TextId.SMS_STOPPED,
    TextId.PHONE_CODE,
    TextId.CHANNEL_TEST,
    TextId.PROBE,
    TextId.PROVIDER_SILENT,
    TextId.PROVIDER_HEARD,
    TextId.CHANNELS_BACK,
    *SWAPS,
    TextId.DEVICE_TEST_DUE,
    TextId.NUMBER_DEAD,
    TextId.WORK_LATE,
    TextId.WORK_ON_TIME,
    TextId.DRILL,
    TextId.DRILL_LADDER,
    TextId.DRILL_TAKEN,
    TextId.DRILL_OVER,
    TextId.SHIFT_HANDED_OVER,
    TextId.ROSTER_GAP,
    TextId.CALENDAR_MISSING,
    TextId.MISSED,
}
moments = st.integers(0, 360 * 24 * 60).map(lambda minutes: february(1, "00:00") + timedelta(minutes=minutes))


@st.composite
def plans(draw: st.DrawFn, sent_at: datetime, text_id: TextId) -> dict[str, Any]:
    """A train to a station, or a hotel where the person is."""
    by_train = text_id in ABOUT_A_TRAIN or draw(st.booleans())
    station = draw(st.sampled_from(STATIONS))
    hotel = draw(st.sampled_from(HOTELS))
    act_at = sent_at + timedelta(days=draw(st.integers(0, 20)), hours=11)
    return {
        "service": draw(st.sampled_from(SERVICES)) if by_train else None,
        "coach": draw(st.sampled_from(COACHES)),
        "berth": draw(st.sampled_from(BERTHS)),
        "act_at": act_at,
        "act_place": station if by_train else hotel,
        "act_from": sent_at + timedelta(days=draw(st.integers(0, 1))),
        "previous_act_at": sent_at + timedelta(days=draw(st.integers(0, 20))),
        "sighted_at": sent_at,
        "sighted_place": draw(st.sampled_from(STATIONS if by_train else PORTS)),
        "sighted_detail": "南广场二层出站闸机",
        "sighting_phrase": f"入住{hotel}，人在店内",
        "raised_at": sent_at - timedelta(days=1),
        "escalates_at": sent_at + timedelta(minutes=3),
        "muster_at": act_at - timedelta(minutes=50),
        "muster_place": f"{station}站台" if by_train else hotel,
    }


@st.composite
def answers(draw: st.DrawFn, sent_at: datetime, text_id: TextId) -> dict[str, Any]:
    """What people and agencies did."""
    judge = draw(st.sampled_from(JUDGES))
    receipt_missing = text_id is TextId.STAND_DOWN_RECEIPT_MISSING
    return {
        "judge": judge,
        "taker": f"{judge}法官",
        "taken_at": sent_at,
        "leader": f"{judge}法官",
        "agency": draw(st.sampled_from(ADAPTERS if text_id in ABOUT_A_LINE else AGENCIES)),
        "silent_from": sent_at - timedelta(hours=1),
        "heard_at": sent_at,
        "confirm_by": sent_at + timedelta(minutes=10),
        "case_state": draw(st.sampled_from(["已终止", "已暂停"])),
        "other_case": draw(st.sampled_from(CASES))[0],
        "other_measure_phrase": draw(st.sampled_from(MEASURES)),
        "performed_at": sent_at,
        "reason": draw(st.sampled_from(REASONS)),
        "missing_agency": draw(st.sampled_from(MISSING_AGENCIES)) if receipt_missing else None,
        "may_release": True,
        "exit_ban": draw(st.booleans()),
        "held_at": sent_at - timedelta(hours=1),
        "held_by": draw(st.sampled_from(STATION_POLICE)),
        "release_at": sent_at + timedelta(hours=1),
        "ends_at": sent_at + timedelta(days=draw(st.integers(1, 31))),
        "validate_by": sent_at + timedelta(days=draw(st.integers(1, 31))),
        "colleague": f"{judge}干警",
        "missed": draw(st.sampled_from([1, 12])),
        "missed_from": sent_at - timedelta(hours=9),
        "desk_phone": "010-00000000",
        "member": f"{judge}{draw(st.sampled_from(TITLES))}",
        "wrong_replies": 5,
        "check_code": "407182",
        "provider": "recorder",
        "more": draw(st.integers(1, 99)),
        "work": "发往单位的消息",
        "late_from": sent_at - timedelta(hours=1),
        "caught_up_at": sent_at,
        "counts_until": sent_at - timedelta(days=20),
    }


@st.composite
def shifts(draw: st.DrawFn, sent_at: datetime, text_id: TextId) -> dict[str, Any]:
    """A roster with and without gaps."""
    gap = text_id in SWAPS or draw(st.booleans())
    return {
        "shift_at": sent_at,
        "given_shift_at": sent_at + timedelta(days=draw(st.integers(0, 14))),
        "open_alerts": draw(st.integers(1, 120)),
        "post": draw(st.sampled_from(POSTS)) if gap else None,
        "gap_from": sent_at + timedelta(days=draw(st.integers(0, 14))),
        "gap_until": sent_at + timedelta(days=14),
        "gaps": draw(st.none() | st.integers(2, 60)),
        "phoneless": draw(st.none() | st.integers(1, 12)),
        "year": 2027,
    }


@st.composite
def random_facts(draw: st.DrawFn, text_id: TextId) -> Facts:
    case, case_english = draw(st.sampled_from(CASES))
    sent_at = draw(moments)
    mark = draw(st.sampled_from(["repeat", "drill", None]))
    return Facts(
        court=draw(st.sampled_from(COURTS)),
        case=case,
        case_english=case_english,
        surname=draw(st.sampled_from(SURNAMES)),
        sent_at=sent_at,
        code="40718",
        repeat=mark == "repeat",
        drill=mark == "drill",
        **draw(plans(sent_at, text_id)),
        **draw(answers(sent_at, text_id)),
        **draw(shifts(sent_at, text_id)),
    )


any_text_with_its_facts = st.sampled_from(sorted(set(TextId) - NO_SMS)).flatmap(
    lambda text_id: st.tuples(st.just(text_id), random_facts(text_id))
)


def shortest(text_id: TextId, facts: Facts, language: Language) -> int:
    """Units of the SMS without all that may be dropped."""
    return units_of(say(text_id, facts, language, built_in(text_id, language), lambda _: False).sms)


@cache
def shortest_at_worst(text_id: TextId, court: str, language: Language) -> int:
    return max(shortest(text_id, facts, language) for facts in worst_facts(text_id, language, court))


@settings(max_examples=120, deadline=None)
@given(any_text_with_its_facts)
def test_a_chinese_sms_is_one_segment(text_and_facts: tuple[TextId, Facts]) -> None:
    text_id, facts = text_and_facts

    rendered = render(text_id, facts, Language.CHINESE)

    assert rendered.units <= 70, rendered.sms
    assert shortest(text_id, facts, Language.CHINESE) <= shortest_at_worst(
        text_id, facts.court, Language.CHINESE
    )
    assert text_id in ABOUT_NO_CASE or str(facts.case) in rendered.sms
    assert facts.court in rendered.sms


@settings(max_examples=120, deadline=None)
@given(any_text_with_its_facts)
def test_an_english_sms_is_one_segment_of_gsm7(text_and_facts: tuple[TextId, Facts]) -> None:
    text_id, facts = text_and_facts

    rendered = render(text_id, facts, Language.ENGLISH)

    assert rendered.units <= 160, rendered.sms
    assert shortest(text_id, facts, Language.ENGLISH) <= shortest_at_worst(
        text_id, facts.court, Language.ENGLISH
    )
    assert rendered.sms.isascii()
    assert text_id in ABOUT_NO_CASE or str(facts.case_english) in rendered.sms
