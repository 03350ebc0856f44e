"""Phone numbers of the people who are told: one written form (E.164), whatever form was typed.

A number is never repeated in an error. Demo numbers (+86 100 0000 xxxx) are nobody's: accepted here,
refused by every live provider.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NewType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

PhoneNumber = NewType("PhoneNumber", str)
"""E.164: a plus, the country, the number, nothing else."""

_DEMO_LENGTH = len("+861000000xxxx")
_DEMO_DIGITS = re.compile(r"(?:00)?860?1000000")
_NOT_DIALLED = re.compile(r"[^0-9]")
_ONE_NUMBER = re.compile(r"[+\d\s().\-\u2010-\u2015\u2212]+")
"""Letters and separators mean an extension or a second number, which parsing would cut off in silence."""
_NO_COUNTRY = frozenset({"ZZ", "001"})
"""What the library says of a code that it does not know, and of networks that belong to no country."""
_TAKES_SMS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


class PhoneFault(StrEnum):
    EMPTY = "empty"
    NOT_A_NUMBER = "not-a-number"
    NOT_ASSIGNED = "not-assigned"
    NOT_A_MOBILE = "not-a-mobile"


_REMEDIES = {
    PhoneFault.EMPTY: ("请填写手机号", "give a mobile number"),
    PhoneFault.NOT_A_NUMBER: (
        "请只填一个号码，境外号码以“+”和国家代码开头",
        "give one number only, with + and the country code if it is not a Chinese one",
    ),
    PhoneFault.NOT_ASSIGNED: (
        "该号段不存在，请逐位核对",
        "no such number exists in this country; compare it digit by digit",
    ),
    PhoneFault.NOT_A_MOBILE: (
        "该号码收不到短信，请填写手机号",
        "this number cannot get an SMS; give a mobile number",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRefused:
    fault: PhoneFault

    def remedy(self, language: str) -> str:
        chinese, english = _REMEDIES[self.fault]
        return chinese if language == "zh" else english


def normalise_phone(raw: str, *, country: str = "CN") -> PhoneNumber | PhoneRefused:
    """`country` (ISO 3166) is where a number without a country code is dialled."""
    folded = _folded(raw)
    if not folded:
        return PhoneRefused(fault=PhoneFault.EMPTY)
    if not _ONE_NUMBER.fullmatch(folded):
        return PhoneRefused(fault=PhoneFault.NOT_A_NUMBER)
    try:
        parsed = phonenumbers.parse(folded, country)
    except NumberParseException:
        return PhoneRefused(fault=PhoneFault.NOT_A_NUMBER)
    number = PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    if is_demo_number(number) and len(number) == _DEMO_LENGTH:
        return number
    if not phonenumbers.is_valid_number(parsed):
        return PhoneRefused(fault=PhoneFault.NOT_ASSIGNED)
    if phonenumbers.number_type(parsed) not in _TAKES_SMS:
        return PhoneRefused(fault=PhoneFault.NOT_A_MOBILE)
    return number


@lru_cache(maxsize=1024)
def is_demo_number(number: str) -> bool:
    """Whether a number with its country code is of the range that belongs to invented people, however it is
    written. Live providers rely on it.
    """
    return _DEMO_DIGITS.match(_NOT_DIALLED.sub("", _folded(number))) is not None


@lru_cache(maxsize=1024)
def country_of(number: PhoneNumber | str) -> str | None:
    """The country (ISO 3166) in which a number in E.164 is, assigned or not; None: of no country."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return None
    known: str | None = phonenumbers.region_code_for_number(parsed)
    known = known or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return None if known in _NO_COUNTRY else known


def _folded(raw: str) -> str:
    """Numbers copied out of a phone book come between invisible marks of direction."""
    folded = unicodedata.normalize("NFKC", raw).strip()
    return "".join(character for character in folded if unicodedata.category(character) != "Cf")
