"""Chinese names in English texts."""

import pytest

from notifications.texts.romanise import (
    berth_in_english,
    case_in_english,
    in_english,
    person_in_english,
    sighting_in_english,
    surname_in_english,
)
from notifications.texts.units import is_gsm7, units_of


@pytest.mark.parametrize(
    ("surname", "written"),
    [
        ("佟", "Tong"),
        ("单", "Shan"),
        ("仇", "Qiu"),
        ("吕", "Lyu"),
        ("区", "Ou"),
        ("解", "Xie"),
        ("查", "Zha"),
        ("曾", "Zeng"),
        ("任", "Ren"),
        ("朴", "Piao"),
        ("欧阳", "Ouyang"),
        ("尉迟", "Yuchi"),
        ("万俟", "Moqi"),
        ("单于", "Chanyu"),
        ("长孙", "Zhangsun"),
        ("Müller", "Müller"),
    ],
)
def test_surnames_have_readings_of_their_own(surname: str, written: str) -> None:
    assert surname_in_english(surname) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("北京西", "Beijingxi"),
        ("北京西站台", "Beijingxi platform"),
        ("西直门如归旅店", "Xizhimenrugui Inn"),
        ("首都机场T3", "Shoudu Airport T3"),
        ("维也纳国际酒店（国家会议中心店）", "Weiyenaguoji Hotel (Guojiahuiyizhongxindian)"),
        ("乌鲁木齐铁路法院", "Wulumuqi Railway Court"),
        ("铁路公安、边检", "railway police, border inspection"),
        ("绿色酒店", "Lyuse Hotel"),
        ("Hotel Ibis", "Hotel Ibis"),
        ("", ""),
    ],
)
def test_words_are_translated_and_names_are_spelt(text: str, written: str) -> None:
    assert in_english(text) == written


@pytest.mark.parametrize(
    ("phrase", "written"),
    [
        ("入住如归旅店", "checked in at Rugui Inn"),
        ("从从化如归旅店退房", "checked out of Conghuarugui Inn"),
        ("在如归网吧上网", "online at Rugui internet cafe"),
        ("经过从化", "passing Conghua"),
        ("在从化办事", "at the counter of Conghua"),
        ("在从化申办出入境证件", "applied for a travel document at Conghua"),
        ("在从化购票", "bought a ticket at Conghua"),
        ("在北京西", "at Beijingxi"),
        ("从化", "Conghua"),
    ],
)
def test_how_a_person_was_seen(phrase: str, written: str) -> None:
    assert sighting_in_english(phrase) == written


@pytest.mark.parametrize(
    ("person", "written"),
    [
        ("沈法官", "Judge Shen"),
        ("欧阳法官助理", "Assistant Ouyang"),
        ("单书记员", "Clerk Shan"),
        ("法官", "Faguan"),
        ("高", "Gao"),
    ],
)
def test_titles_stand_before_the_name(person: str, written: str) -> None:
    assert person_in_english(person) == written


@pytest.mark.parametrize(
    ("berth", "written"),
    [("12下", "berth 12 lower"), ("3上", "berth 3 upper"), ("16中", "berth 16 middle"), ("41座", "seat 41")],
)
def test_berths_and_seats(berth: str, written: str) -> None:
    assert berth_in_english(berth) == written


@pytest.mark.parametrize(
    ("short", "written"), [("26执1402", "26 Zhi 1402"), ("26执恢7", "26 Zhihui 7"), ("other", "other")]
)
def test_case_numbers(short: str, written: str) -> None:
    assert case_in_english(short) == written


@pytest.mark.parametrize(
    ("text", "units"),
    [("", 0), ("abc", 3), ("[1]", 5), ("€", 2), ("é", 1), ("佟", 1), ("佟a", 2), ("𠮷", 2), ("[佟", 2)],
)
def test_units_are_counted_as_the_networks_do(text: str, units: int) -> None:
    assert units_of(text) == units


def test_one_character_outside_gsm7_makes_the_whole_text_ucs2() -> None:
    assert is_gsm7("Beijingxi, 28 Feb 06:59")
    assert not is_gsm7("Beijingxi，28 Feb 06:59")
