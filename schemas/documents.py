"""Numbers of identity documents: one normal form for each, checked as far as the number itself allows.

What must not break: the same document always gets the same normal form, however it was typed or read, because
tokens and blind indexes are made of it; and a number is never shown, by repr, error or remedy.

The 18-digit rule is GB 11643-1999: area, birth date, sequence, and a check character of ISO 7064 MOD 11-2. It
also holds for residence permits of Hong Kong, Macao and Taiwan residents (81, 82, 83) and for the foreigners'
permanent residence card (9...), so the check character and the date decide and the area is only a warning.
"""

import re
import unicodedata
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType
from typing import Final

from schemas.text import Language


class DocumentKind(StrEnum):
    """Kinds of documents; `resident-id` is every number of the 18-digit rule."""

    RESIDENT_ID = "resident-id"
    PASSPORT = "passport"
    HK_MACAO_PASS = "hk-macao-pass"
    TAIWAN_PASS = "taiwan-pass"
    MAINLAND_TRAVEL_PERMIT = "mainland-travel-permit"
    MILITARY_ID = "military-id"


class Sex(StrEnum):
    """As a document says it."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDocument:
    """A normalised document; made by `normalise_document`, or read back from where one was stored."""

    kind: DocumentKind
    issuing_state: str = "CHN"
    number: str = field(repr=False)


class DocumentFault(StrEnum):
    """Why a number was refused."""

    EMPTY = "empty"
    WRONG_LENGTH = "wrong-length"
    WRONG_CHARACTERS = "wrong-characters"
    IMPOSSIBLE_BIRTH_DATE = "impossible-birth-date"
    WRONG_CHECK_DIGIT = "wrong-check-digit"
    UNKNOWN_ISSUING_STATE = "unknown-issuing-state"


_REMEDIES: Final[Mapping[DocumentFault, Mapping[Language, str]]] = MappingProxyType(
    {
        DocumentFault.EMPTY: {
            "zh": "未填写证件号码，请填写",
            "en": "no document number was given: enter it",
        },
        DocumentFault.WRONG_LENGTH: {
            "zh": "证件号码位数不符，请核对证件种类和号码（居民身份证为18位或旧15位）",
            "en": "the number has the wrong length: check the kind of document and count its characters "
            "(a resident identity number has 18, an old one 15)",
        },
        DocumentFault.WRONG_CHARACTERS: {
            "zh": "证件号码格式与证件种类不符，请对照证件核对种类并重新录入",
            "en": "the number does not look like one of this kind of document: check the kind, then type it "
            "again from the document",
        },
        DocumentFault.IMPOSSIBLE_BIRTH_DATE: {
            "zh": "证件号码中的出生日期不存在，请对照证件核对第7至14位",
            "en": "the birth date in the number does not exist: compare digits 7 to 14 with the document",
        },
        DocumentFault.WRONG_CHECK_DIGIT: {
            "zh": "证件号码校验码不符，号码中有误，请对照证件重新录入",
            "en": "the check character does not fit, so something in the number is wrong: type it again from "
            "the document",
        },
        DocumentFault.UNKNOWN_ISSUING_STATE: {
            "zh": "签发国代码无法识别，请填写三位字母代码，例如 CHN",
            "en": "the issuing state is not readable: give its three-letter code, for example CHN",
        },
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRefused:
    """The number cannot be one of its kind."""

    fault: DocumentFault

    def remedy(self, language: Language) -> str:
        """One sentence: what is wrong, and what to do."""
        return _REMEDIES[self.fault][language]


MAX_RAW_LENGTH: Final = 64
EARLIEST_BIRTH_YEAR: Final = 1850
LATEST_BIRTH_YEAR: Final = 2100
"""No clock here: a birth in the future is for the caller to see, one in another age is refused."""

CENTURY_OF_OLD_SEQUENCE: Final[Mapping[str, str]] = MappingProxyType(
    {"996": "18", "997": "18", "998": "18", "999": "18"}
)
"""Sequences that the 15-digit rule is said to have kept for births before 1900: an assumption, no source."""

CENTURY_OF_15_DIGITS: Final = "19"

_PROVINCES: Final = (
    "11 12 13 14 15  21 22 23  31 32 33 34 35 36 37  41 42 43 44 45 46  50 51 52 53 54  61 62 63 64 65  71"
)
_RESIDENCE_PERMITS: Final = "81 82 83"
_KNOWN_AREAS: Final = frozenset(_PROVINCES.split()) | frozenset(_RESIDENCE_PERMITS.split())

_FIRST_YEAR: Final = str(EARLIEST_BIRTH_YEAR)
_LAST_YEAR: Final = str(LATEST_BIRTH_YEAR)
_LEAP_DAY: Final = "0229"
_SOME_LEAP_YEAR: Final = date(2000, 1, 1)
_DAYS: Final = frozenset((_SOME_LEAP_YEAR + timedelta(days=day)).strftime("%m%d") for day in range(366))
_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")
_OLD_RESIDENT: Final = re.compile(r"[0-9]{15}")
_CHECK_CHARACTERS: Final = "10X98765432"
# The weights add up to 100, so the ASCII code of 0 comes into the weighed sum a hundred times.
_WEIGHED_ZEROS: Final = 100 * ord("0")

# Of ASCII only: `ß`.upper() is two letters, and no number holds a letter outside A to Z.
_UPPER_CASE: Final = str.maketrans(ascii_lowercase, ascii_uppercase)
_DASHES: Final = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_STATE: Final = re.compile(r"[A-Z]{3}")
# ICAO 9303 part 3 writes Germany as a single letter in the machine-readable zone; two letters are ISO 3166.
_STATE_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "D": "DEU",
        "AU": "AUS",
        "CA": "CAN",
        "CN": "CHN",
        "DE": "DEU",
        "ES": "ESP",
        "FR": "FRA",
        "GB": "GBR",
        "HK": "HKG",
        "ID": "IDN",
        "IN": "IND",
        "IT": "ITA",
        "JP": "JPN",
        "KH": "KHM",
        "KR": "KOR",
        "LA": "LAO",
        "MM": "MMR",
        "MN": "MNG",
        "MO": "MAC",
        "MY": "MYS",
        "NZ": "NZL",
        "PH": "PHL",
        "RU": "RUS",
        "SG": "SGP",
        "TH": "THA",
        "TW": "TWN",
        "US": "USA",
        "VN": "VNM",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How numbers of one kind look; `dropped` are characters of the spelling that do not count."""

    lengths: range
    pattern: re.Pattern[str]
    dropped: frozenset[str] = frozenset()
    issue_count: re.Pattern[str] | None = None
    """A number with the count of issues behind it; the first group is the number alone."""


# Assumptions, kept as data: what issued documents of these kinds look like, not a published rule.
_FORMS: Final[Mapping[DocumentKind, _Form]] = MappingProxyType(
    {
        DocumentKind.PASSPORT: _Form(lengths=range(8, 10), pattern=re.compile(r"[A-Z][A-Z0-9][0-9]{6,7}")),
        DocumentKind.HK_MACAO_PASS: _Form(lengths=range(9, 10), pattern=re.compile(r"[CW][A-Z0-9][0-9]{7}")),
        DocumentKind.TAIWAN_PASS: _Form(lengths=range(9, 10), pattern=re.compile(r"[LT][A-Z0-9][0-9]{7}")),
        DocumentKind.MAINLAND_TRAVEL_PERMIT: _Form(
            lengths=range(8, 10),
            pattern=re.compile(r"[HM][0-9]{8}|[0-9]{8}"),
            issue_count=re.compile(r"([HM][0-9]{8}|[0-9]{8})[0-9]{2}"),
        ),
        DocumentKind.MILITARY_ID: _Form(
            lengths=range(5, 13),
            pattern=re.compile(r"[\u4e00-\u9fff]{1,4}[0-9]{4,8}"),
            dropped=frozenset("字第号"),
        ),
    }
)
# ICAO 9303: up to nine characters in the machine-readable zone.
_FOREIGN_PASSPORT: Final = _Form(lengths=range(5, 10), pattern=re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}"))


def normalise_document(
    kind: DocumentKind, raw: str, *, issuing_state: str = "CHN"
) -> IdentityDocument | DocumentRefused:
    """The document in its normal form, or why it cannot be one.

    Takes full-width and invisible characters, spaces, hyphens, lower-case letters, the filler `<` and the
    count of issues behind a permit's number, and upgrades 15 digits to 18. Only a passport
    can be another state's: every other kind is issued by China, whatever a reader says of it.
    """
    if len(raw) > MAX_RAW_LENGTH:
        return _refused(DocumentFault.WRONG_LENGTH)
    number = _compact(raw)
    if not number:
        return _refused(DocumentFault.EMPTY)
    if kind is DocumentKind.RESIDENT_ID:
        return _resident(number)
    return _other(kind, number, _state(issuing_state) if kind is DocumentKind.PASSPORT else "CHN")


def _compact(raw: str) -> str:
    if raw.isascii() and raw.isalnum():
        return raw.upper()
    folded = unicodedata.normalize("NFKC", raw)
    counted = (c for c in folded if not c.isspace() and c not in _DASHES and unicodedata.category(c) != "Cf")
    return "".join(counted).translate(_UPPER_CASE)


def is_resident_number(number: str) -> bool:
    """Whether this is a number of the 18-digit rule, valid and in its normal form already: what
    `normalise_document` would return unchanged, known in a fraction of its time.
    """
    if len(number) != 18 or not number.isascii() or not number[:17].isdigit():
        return False
    return _has_birth_date(number) and check_character(number) == number[17]


def _has_birth_date(number: str) -> bool:
    """The same as `_date_in`, without making the date."""
    day = number[10:14]
    if day not in _DAYS or not _FIRST_YEAR <= number[6:10] <= _LAST_YEAR:
        return False
    return day != _LEAP_DAY or isleap(int(number[6:10]))


def _resident(number: str) -> IdentityDocument | DocumentRefused:
    if is_resident_number(number):
        return IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number)
    if len(number) == 15 and _OLD_RESIDENT.fullmatch(number):
        number = _upgraded(number)
    if not _RESIDENT.fullmatch(number):
        has_known_length = len(number) in (15, 18)
        return _refused(DocumentFault.WRONG_CHARACTERS if has_known_length else DocumentFault.WRONG_LENGTH)
    if _date_in(number) is None:
        return _refused(DocumentFault.IMPOSSIBLE_BIRTH_DATE)
    if check_character(number) != number[17]:
        return _refused(DocumentFault.WRONG_CHECK_DIGIT)
    return IdentityDocument(kind=DocumentKind.RESIDENT_ID, number=number)


def _refused(fault: DocumentFault) -> DocumentRefused:
    return DocumentRefused(fault=fault)


def _upgraded(fifteen: str) -> str:
    century = CENTURY_OF_OLD_SEQUENCE.get(fifteen[12:], CENTURY_OF_15_DIGITS)
    first_17 = f"{fifteen[:6]}{century}{fifteen[6:]}"
    return first_17 + check_character(first_17)


def check_character(first_17: str) -> str:
    """The check character of 17 ASCII digits, whatever stands behind them: `0`-`9` or `X`."""
    d = first_17.encode()
    # Unrolled over bytes, because every card use at an edge comes through here.
    weighed = (
        7 * d[0] + 9 * d[1] + 10 * d[2] + 5 * d[3] + 8 * d[4] + 4 * d[5] + 2 * d[6] + d[7] + 6 * d[8]
        + 3 * d[9] + 7 * d[10] + 9 * d[11] + 10 * d[12] + 5 * d[13] + 8 * d[14] + 4 * d[15] + 2 * d[16]
    )  # fmt: skip
    return _CHECK_CHARACTERS[(weighed - _WEIGHED_ZEROS) % 11]


def _date_in(number: str) -> date | None:
    year = int(number[6:10])
    if not EARLIEST_BIRTH_YEAR <= year <= LATEST_BIRTH_YEAR:
        return None
    try:
        return date(year, int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _state(raw: str) -> str | None:
    """The code of a state, also filled up with `<` as in a machine-readable zone; None when it is none."""
    state = unicodedata.normalize("NFKC", raw[:MAX_RAW_LENGTH]).strip().upper().rstrip("<")
    state = _STATE_ALIASES.get(state, state)
    return state if _STATE.fullmatch(state) else None


def _other(kind: DocumentKind, number: str, state: str | None) -> IdentityDocument | DocumentRefused:
    if state is None:
        return _refused(DocumentFault.UNKNOWN_ISSUING_STATE)
    form = _FORMS[kind] if state == "CHN" else _FOREIGN_PASSPORT
    number = "".join(character for character in number.rstrip("<") if character not in form.dropped)
    if form.issue_count is not None and (counted := form.issue_count.fullmatch(number)):
        number = counted[1]
    if len(number) not in form.lengths:
        return _refused(DocumentFault.WRONG_LENGTH)
    if not form.pattern.fullmatch(number):
        return _refused(DocumentFault.WRONG_CHARACTERS)
    return IdentityDocument(kind=kind, issuing_state=state, number=number)


def birth_date(document: IdentityDocument) -> date | None:
    """The birth date that the number states; None where its kind states none."""
    return _date_in(document.number) if document.kind is DocumentKind.RESIDENT_ID else None


def sex(document: IdentityDocument) -> Sex | None:
    """The sex that the number states (an odd sequence is male); None where its kind states none."""
    if document.kind is not DocumentKind.RESIDENT_ID:
        return None
    return Sex.MALE if int(document.number[16]) % 2 else Sex.FEMALE


def masked(document: IdentityDocument) -> str:
    """The number with at most its first three and last two characters shown, fewer where it is short."""
    number = document.number
    shown = 3 if document.kind is DocumentKind.RESIDENT_ID else 1
    return number[:shown] + "*" * (len(number) - shown - 2) + number[-2:]


def area_warning(document: IdentityDocument) -> bool:
    """Whether the area of an 18-digit number is no province of today: worth a second look, never a refusal.

    Abolished areas stay valid, and a foreigner's card holds a province behind its 9.
    """
    if document.kind is not DocumentKind.RESIDENT_ID:
        return False
    area = document.number[1:3] if document.number[0] == "9" else document.number[:2]
    return area not in _KNOWN_AREAS
