"""The longest names, places and times that a text may have to hold, so that it is known beforehand to fit.

The length of a text is the sum of what its words add. So the longest of most facts is the same for every
text; only which journey and which time of day is worst depends on what a text says of it. A test draws
combinations at random and finds none that is longer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any, Final

from notifications.court_time import COURT_ZONE
from notifications.texts.facts import Facts
from notifications.texts.ids import DRILL_TEXTS, Language, TextId
from notifications.texts.markup import literal
from notifications.texts.wording import WORDINGS
from notifications.texts.words import Words

COURTS: Final = (
    "云河法院",
    "乌鲁木齐铁路法院",
    "呼和浩特铁路法院",
    "前郭尔罗斯法院",
    "新巴尔虎右旗法院",
    "科左中旗法院",
    "察右前旗法院",
    "塔什库尔干法院",
    "克孜勒苏中院",
)
CASES: Final = (
    ("26执1357", "26 Zhi 1357"),
    ("26执恢12345", "26 Zhihui 12345"),
    ("26执123456", "26 Zhi 123456"),
    ("26知执恢123", "26 Zhizhihui 123"),
)
SURNAMES: Final = ("佟", "欧阳", "司马", "买买提", "单", "吕")
STATIONS: Final = (
    "北京西",
    "呼和浩特东",
    "乌鲁木齐南",
    "齐齐哈尔南",
    "鄂尔多斯",
    "东乌珠穆沁",
    "香港西九龙",
    "广州莲花山",
)
HOTELS: Final = (
    "西直门如归旅店",
    "西直门北大燕园宾馆",
    "桔子水晶西直门酒店",
    "维也纳国际酒店（北京西直门国家会议中心店）",
)
PORTS: Final = ("首都机场T3", "呼和浩特白塔国际机场", "乌鲁木齐地窝堡国际机场", "港珠澳大桥珠海口岸")
STATION_POLICE: Final = ("北京西站派出所", "呼和浩特东站派出所", "齐齐哈尔南站派出所")
MEASURES: Final = ("仅通报行踪，勿控制", "仅掌握出入境动态，勿控制", "协助控制（拘传）")
AGENCIES: Final = ("铁路", "出入境管理")
ADAPTERS: Final = ("铁路公安", "出入境管理（second-hall）")
MISSING_AGENCIES: Final = ("铁路", "铁路公安、边检")
SERVICES: Final = ("Z38", "K1064", "CZ3101")
COACHES: Final = ("7", "16", "加1")
BERTHS: Final = ("12下", "3上", "16中", "118座", "12F座")
JUDGES: Final = ("沈", "欧阳")
TITLES: Final = ("书记员", "值班员", "管理员", "法官")
REASONS: Final = ("已履行", "暂停协查", "文书已撤销", "未按期核验")
POSTS: Final = ("值班执行干警", "执行裁决与综合协调团队")

ABOUT_A_LINE: Final = frozenset({TextId.LINE_SILENT, TextId.LINE_HEARD, TextId.LINE_CLOSED})
ABOUT_A_TRAIN: Final = frozenset({TextId.PLAN_CONFIRMED, TextId.PLAN_ENDED})

# Days and months of two digits. What is told shortly before midnight is of the next day, what is told shortly
# after it began the day before, and who acts shortly after it meets the day before.
_MOMENTS: Final = (
    datetime(2026, 11, 20, 23, 58, tzinfo=COURT_ZONE),
    datetime(2026, 11, 20, 0, 30, tzinfo=COURT_ZONE),
    datetime(2026, 11, 20, 13, 20, tzinfo=COURT_ZONE),
)
_DRILLS: Final = frozenset({*DRILL_TEXTS.values(), TextId.DRILL_OVER})

Chosen = Mapping[str, Any]


def worst_facts(text_id: TextId, language: Language, court: str) -> tuple[Facts, ...]:
    """One of these makes a text as long as it can get, whatever it says of them. `court`: its short name."""
    longest = _longest(
        language,
        AGENCIES if text_id not in ABOUT_A_LINE else ADAPTERS,
        MISSING_AGENCIES if text_id is TextId.STAND_DOWN_RECEIPT_MISSING else (None,),
    )
    marks = {"repeat": True, "drill": text_id in _DRILLS}
    journeys = _journeys(language, by_train_only=text_id in ABOUT_A_TRAIN)
    return tuple(
        Facts(**{**longest, **marks, **journey, **_times(sent_at), "court": court})
        for journey, sent_at in product(journeys, _MOMENTS)
    )


@cache
def _longest(language: Language, agencies: Sequence[str], missing: Sequence[str | None]) -> Chosen:
    """Of each fact that depends on no other the form that is longest in the language."""
    groups = (*_GROUPS, _each("agency", agencies), _each("missing_agency", missing))
    chosen = {"court": "", **_ALWAYS, **_times(_MOMENTS[0])}
    for group in groups:
        chosen |= group[0]
    for group in groups:
        chosen |= max(group, key=lambda one: _length(language, chosen | dict(one)))
    return chosen


def _length(language: Language, chosen: Chosen) -> int:
    """Of all the words that these facts give, together."""
    return sum(len(literal(word)) for word in Words(Facts(**chosen), WORDINGS[language]).allowed().values())


def _each(fact: str, values: Sequence[Any]) -> tuple[Chosen, ...]:
    return tuple({fact: value} for value in values)


_GROUPS: Final[tuple[tuple[Chosen, ...], ...]] = (
    tuple({"case": case, "case_english": english} for case, english in CASES),
    _each("other_case", [case for case, _ in CASES]),
    _each("surname", SURNAMES),
    _each("coach", COACHES),
    _each("berth", BERTHS),
    tuple(
        {"judge": judge, "taker": f"{judge}法官", "leader": f"{judge}法官", "colleague": f"{judge}干警"}
        for judge in JUDGES
    ),
    tuple({"member": f"{judge}{title}"} for judge in JUDGES for title in TITLES),
    _each("case_state", ("已终止", "已暂停")),
    _each("other_measure_phrase", MEASURES),
    _each("reason", REASONS),
    _each("exit_ban", (False, True)),
    _each("held_by", STATION_POLICE),
    _each("post", (None, *POSTS)),
    _each("half_taken", (False, True)),
)
_ALWAYS: Final[Chosen] = {
    "code": "40718",
    "may_release": True,
    "sighted_detail": "南广场二层出站闸机",
    "desk_phone": "010-00000000",
    "check_code": "407182",
    "provider": "recorder",
    "work": "发往单位的消息",
    "wrong_replies": 10,
    "rows_listed": 10_000,
    "more": 99,
    "missed": 99,
    "open_alerts": 120,
    "year": 2027,
    "gaps": 60,
    "phoneless": 12,
    "rows_refused": 10_000,
}


@cache
def _journeys(language: Language, *, by_train_only: bool) -> tuple[Chosen, ...]:
    """A train to the longest station, and each hotel where the person may be, with the longest border."""
    name = WORDINGS[language].name
    station = max(STATIONS, key=lambda one: len(name(one)))
    train = {
        "service": max(SERVICES, key=len),
        "act_place": station,
        "sighted_place": station,
        "muster_place": f"{station}站台",
    }
    return (train,) if by_train_only else (train, *_stays(max(PORTS, key=lambda one: len(name(one)))))


def _stays(port: str) -> Iterator[Chosen]:
    for hotel in HOTELS:
        yield {
            "act_place": hotel,
            "sighted_place": port,
            "sighting_phrase": f"入住{hotel}，人在店内",
            "muster_place": hotel,
        }


def _times(sent_at: datetime) -> Chosen:
    act_at = sent_at + timedelta(days=2, hours=11)
    return {
        "sent_at": sent_at,
        "act_at": act_at,
        "act_from": sent_at + timedelta(days=1),
        "previous_act_at": sent_at + timedelta(days=5),
        "sighted_at": sent_at,
        "raised_at": sent_at - timedelta(days=1),
        "escalates_at": sent_at + timedelta(minutes=3),
        "muster_at": act_at - timedelta(minutes=50),
        "taken_at": sent_at,
        "silent_from": sent_at - timedelta(hours=1),
        "heard_at": sent_at,
        "confirm_by": sent_at + timedelta(minutes=10),
        "performed_at": sent_at,
        "held_at": sent_at - timedelta(hours=1),
        "release_at": sent_at + timedelta(hours=1),
        "ends_at": sent_at + timedelta(days=8),
        "validate_by": sent_at + timedelta(days=8),
        "missed_from": sent_at - timedelta(hours=9),
        "late_from": sent_at - timedelta(hours=1),
        "caught_up_at": sent_at,
        "counts_until": sent_at - timedelta(days=20),
        "shift_at": sent_at,
        "given_shift_at": sent_at + timedelta(days=9),
        "gap_from": sent_at + timedelta(days=1),
        "gap_until": sent_at + timedelta(days=9),
    }
