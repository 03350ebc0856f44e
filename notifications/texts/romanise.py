"""Chinese facts in an English text: what has an English word is translated, the rest is written in pinyin.

Surnames have readings of their own (单 Shan, 仇 Qiu), which a general table of characters gets wrong. The
vowel ü is written yu, as in passports (GB/T 28039-2011), since v, which typists use for it, is no letter of
pinyin.
"""

import re
import unicodedata
from functools import lru_cache

_SURNAMES = {
    "单": "Shan",
    "仇": "Qiu",
    "区": "Ou",
    "解": "Xie",
    "查": "Zha",
    "曾": "Zeng",
    "朴": "Piao",
    "盖": "Ge",
    "翟": "Zhai",
    "缪": "Miao",
    "种": "Chong",
    "折": "She",
    "乐": "Yue",
    "员": "Yun",
    "贠": "Yun",
    "黑": "He",
    "秘": "Bi",
    "祭": "Zhai",
    "卜": "Bu",
    "洗": "Xian",
    "覃": "Qin",
    "牟": "Mu",
    "召": "Shao",
    "繁": "Po",
    "重": "Chong",
}

_TITLES = {
    "法官助理": "Assistant",
    "法官": "Judge",
    "助理": "Assistant",
    "书记员": "Clerk",
    "法警": "Bailiff",
    "干警": "Officer",
    "警官": "Officer",
    "庭长": "Leader",
    "局长": "Leader",
    "院长": "President",
    "队长": "Leader",
    "值班员": "Desk officer",
    "审计员": "Auditor",
    "管理员": "Administrator",
}

_WORDS = {
    "，": ", ",
    "、": ", ",
    "。": ". ",
    "：": ": ",
    "（": " (",
    "）": ") ",
    "·": " ",
    "法院": "Court",
    "铁路法院": "Railway Court",
    "中级法院": "Intermediate Court",
    "中院": "Intermediate Court",
    "铁路公安": "railway police",
    "铁路": "railway",
    "公安局": "Police Bureau",
    "公安": "police",
    "派出所": "Police Station",
    "出入境管理": "exit-entry administration",
    "出入境": "exit-entry",
    "边检": "border inspection",
    "口岸": "Port",
    "国际机场": "International Airport",
    "机场": "Airport",
    "站台": "platform",
    "出站闸机": "exit gate",
    "进站闸机": "entry gate",
    "候车室": "waiting room",
    "检票口": "ticket gate",
    "大酒店": "Hotel",
    "酒店": "Hotel",
    "宾馆": "Hotel",
    "旅馆": "Inn",
    "旅店": "Inn",
    "网吧": "internet cafe",
    "人在店内": "still there",
    "已履行": "paid",
    "暂停协查": "suspended",
    "已撤控": "withdrawn",
    "已到期": "expired",
    "非本人": "wrong person",
    "已到案": "located",
    "文书已撤销": "basis revoked",
    "未按期核验": "not validated",
    "勿控制": "do not hold",
    "仅通报行踪": "report only",
    "仅协助送达": "serve only",
    "仅掌握出入境动态": "report border movement only",
    "仅不予签发出入境证件": "refuse travel documents only",
    "通报行踪": "report whereabouts",
    "协助送达": "serve",
    "协助控制（拘传）": "hold for summons",
    "协助控制（拘留）": "hold for detention",
    "口岸阻止出境": "stop at the border",
    "掌握出入境动态": "report border movement",
    "不予签发出入境证件": "refuse travel documents",
}

_CASE_STATES = {"已终止": "has ended", "已暂停": "is suspended"}

_SIGHTINGS = (
    (re.compile(r"入住(.+)"), "checked in at {}"),
    (re.compile(r"从(.+)退房"), "checked out of {}"),
    (re.compile(r"在(.+)上网"), "online at {}"),
    (re.compile(r"经过(.+)"), "passing {}"),
    (re.compile(r"在(.+)申办出入境证件"), "applied for a travel document at {}"),
    (re.compile(r"在(.+)办事"), "at the counter of {}"),
    (re.compile(r"在(.+)购票"), "bought a ticket at {}"),
    (re.compile(r"在(.+)改签"), "changed a ticket at {}"),
    (re.compile(r"在(.+)退票"), "returned a ticket at {}"),
    (re.compile(r"在(.+)"), "at {}"),
)
"""Verb and place; the first that fits. Apart from the words, because names may begin with 在 or 从."""

_WORD = re.compile("(" + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)) + ")")
_CHINESE_RUN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_SPACE_AT_A_SIGN = re.compile(r"\s+(?=[,.:)])|(?<=\()\s+")
_SHORT_CASE = re.compile(r"(\d+)(\D+)(\d+)")
_BERTH = re.compile(r"(\d+)([上中下])")
_SEAT = re.compile(r"(\w+)座")
_LEVELS = {"上": "upper", "中": "middle", "下": "lower"}


@lru_cache(maxsize=1024)
def in_english(text: str) -> str:
    """西直门如归旅店 -> Xizhimenrugui Inn. What is not Chinese stays as it is."""
    pieces = _WORD.split(unicodedata.normalize("NFC", text))
    words = [_WORDS[piece] if piece in _WORDS else _CHINESE_RUN.sub(_pinyin, piece) for piece in pieces]
    return _SPACE_AT_A_SIGN.sub("", " ".join(" ".join(words).split()))


def surname_in_english(surname: str) -> str:
    return _SURNAMES.get(surname) or in_english(surname)


def person_in_english(person: str) -> str:
    """沈法官 -> Judge Shen."""
    for title, english in _TITLES.items():
        if person.endswith(title) and person != title:
            return f"{english} {surname_in_english(person.removesuffix(title))}"
    return in_english(person)


def case_state_in_english(text: str) -> str:
    return _CASE_STATES.get(text) or in_english(text)


def sighting_in_english(phrase: str) -> str:
    """入住如归旅店 -> checked in at Rugui Inn."""
    for pattern, english in _SIGHTINGS:
        if seen := pattern.fullmatch(phrase):
            return english.format(in_english(seen[1]))
    return in_english(phrase)


def case_in_english(short: str) -> str:
    """26执1402 -> 26 Zhi 1402."""
    parts = _SHORT_CASE.fullmatch(short)
    return " ".join(map(in_english, parts.groups())) if parts else in_english(short)


def berth_in_english(berth: str) -> str:
    """12下 -> berth 12 lower; 41座 -> seat 41."""
    if sleeper := _BERTH.fullmatch(berth):
        return f"berth {sleeper[1]} {_LEVELS[sleeper[2]]}"
    if seat := _SEAT.fullmatch(berth):
        return f"seat {seat[1]}"
    return in_english(berth)


def _pinyin(run: re.Match[str]) -> str:
    return _pinyin_of(run[0])


# The same courts, places and titles come again and again.
@lru_cache(maxsize=1024)
def _pinyin_of(run: str) -> str:
    # Its dictionaries are a sixth of what a program loads at its start, and most courts write no English.
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(run)).replace("v", "yu").capitalize()
