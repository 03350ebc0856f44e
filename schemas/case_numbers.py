"""Numbers of enforcement cases in the form in use since 2016-01-01: （year）court, type, serial 号.

What must not break: one case number has one normal form, however it was typed, because cases are found by it.
Source: the Supreme People's Court's rules on case numbers of 2015, amended 2018 (specialised-trial code).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import AfterValidator

from schemas.text import Language, Text

FIRST_YEAR: Final = 2016
MAX_RAW_LENGTH: Final = 64

ENFORCEMENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"执": "Zhi", "执恢": "Zhi Hui", "执异": "Zhi Yi", "执保": "Zhi Bao", "执他": "Zhi Ta"}
)
"""Types of enforcement cases and how English texts write them. The set is an assumption, kept as data."""

# 兵 is the Xinjiang Production and Construction Corps, 军 the military courts.
_PROVINCES: Final = "京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔云藏陕甘青宁新兵军"
# A high court has no digits, an intermediate court two, a basic court four.
_COURT: Final = re.compile(rf"最高法|[{_PROVINCES}](?:[0-9]{{2}}|[0-9]{{4}})?")
_SHAPE: Final = re.compile(
    r"\((?P<year>[0-9]{4})\)(?P<court>最高法|[\u4e00-\u9fff][0-9]*)"
    r"(?P<letters>[\u4e00-\u9fff]{1,3})(?P<serial>[0-9]{1,9})号"
)
_BRACKETS: Final = str.maketrans("[〔【{]〕】}", "(((())))")
_PRINTED: Final = str.maketrans("()", "（）")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNumber:
    """`court` as 京0199, `kind` as 执恢; `trial` is the one-character specialised-trial code, or empty."""

    year: int
    court: str
    trial: str
    kind: str
    serial: int

    @property
    def full(self) -> str:
        """As papers print it: （2026）京0199执1357号."""
        return f"（{self.year}）{self.court}{self.trial}{self.kind}{self.serial}号"

    @property
    def short(self) -> str:
        """As messages print it: 26执1357."""
        return f"{self.year % 100:02d}{self.kind}{self.serial}"

    @property
    def short_english(self) -> str:
        """As English messages print it: 26 Zhi 1357."""
        return f"{self.year % 100:02d} {ENFORCEMENT_TYPES[self.kind]} {self.serial}"


class CaseNumberFault(StrEnum):
    """Why a case number was refused."""

    EMPTY = "empty"
    WRONG_FORM = "wrong-form"
    BEFORE_2016 = "before-2016"
    UNKNOWN_COURT = "unknown-court"
    NOT_ENFORCEMENT = "not-enforcement"
    NO_SERIAL = "no-serial"


_REMEDIES: Final[Mapping[CaseNumberFault, Mapping[Language, str]]] = MappingProxyType(
    {
        CaseNumberFault.EMPTY: {
            "zh": "未填写案号，请填写，例如（2026）京0199执1357号",
            "en": "no case number was given: enter it, for example （2026）京0199执1357号",
        },
        CaseNumberFault.WRONG_FORM: {
            "zh": "案号格式不符，请按（年份）法院代字类型代字编号号填写，例如（2026）京0199执1357号",
            "en": "not a case number: write year, court, type and serial as in （2026）京0199执1357号",
        },
        CaseNumberFault.BEFORE_2016: {
            "zh": "案号年份早于2016年，请填写恢复执行或重新立案后的现行案号",
            "en": "the year is before 2016, when this form began: give the current number of the case",
        },
        CaseNumberFault.UNKNOWN_COURT: {
            "zh": "案号中的法院代字无法识别，请核对，例如京0199",
            "en": "the court code is not known: check it, for example 京0199",
        },
        CaseNumberFault.NOT_ENFORCEMENT: {
            "zh": "不是执行案件的案号，请填写类型为执、执恢、执异、执保或执他的案号",
            "en": "not an enforcement case: give the number whose type is 执, 执恢, 执异, 执保 or 执他",
        },
        CaseNumberFault.NO_SERIAL: {
            "zh": "案号的编号不能为零，请对照文书核对",
            "en": "the serial is zero: compare it with the paper",
        },
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNumberRefused:
    """The text is not the number of an enforcement case."""

    fault: CaseNumberFault

    def remedy(self, language: Language) -> str:
        """One sentence: what is wrong, and what to do."""
        return _REMEDIES[self.fault][language]


def parse_case_number(raw: str) -> CaseNumber | CaseNumberRefused:
    """Read a case number. Takes full-width and half-width characters, any bracket, and spaces anywhere."""
    text = _plain(raw[: MAX_RAW_LENGTH + 1])
    if not text:
        return CaseNumberRefused(fault=CaseNumberFault.EMPTY)
    parts = _SHAPE.fullmatch(text)
    if parts is None or len(raw) > MAX_RAW_LENGTH:
        return CaseNumberRefused(fault=CaseNumberFault.WRONG_FORM)
    trial, kind = _trial_and_kind(parts["letters"])
    number = CaseNumber(
        year=int(parts["year"]), court=parts["court"], trial=trial, kind=kind, serial=int(parts["serial"])
    )
    fault = _fault_of(number)
    return number if fault is None else CaseNumberRefused(fault=fault)


def paper_number(raw: str) -> str:
    """The number of any paper in its one normal form, as papers print it: （2026）京0199执1357号之一."""
    return _plain(raw).translate(_PRINTED)


PaperNumber = Annotated[Text, AfterValidator(paper_number)]
"""The number of a case or of another paper, in a message."""


def _plain(raw: str) -> str:
    return "".join(unicodedata.normalize("NFKC", raw).split()).translate(_BRACKETS)


def _trial_and_kind(letters: str) -> tuple[str, str]:
    """The longest known type at the end, and what stands before it."""
    for start in range(len(letters)):
        if letters[start:] in ENFORCEMENT_TYPES:
            return letters[:start], letters[start:]
    return "", letters


def _fault_of(number: CaseNumber) -> CaseNumberFault | None:
    if number.year < FIRST_YEAR:
        return CaseNumberFault.BEFORE_2016
    if not _COURT.fullmatch(number.court):
        return CaseNumberFault.UNKNOWN_COURT
    if number.kind not in ENFORCEMENT_TYPES or len(number.trial) > 1:
        return CaseNumberFault.NOT_ENFORCEMENT
    return CaseNumberFault.NO_SERIAL if number.serial == 0 else None
