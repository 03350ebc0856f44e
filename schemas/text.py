"""The text, time and number types of every message, and how their faults are told to the sender.

What must not break: no control or direction character gets past these types (PostgreSQL refuses NUL, and a
reversed text deceives the reader), and no fault ever repeats what the sender wrote.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

Language: TypeAlias = Literal["zh", "en"]

MAX_PROBLEMS: Final = 20
"""More faults than this are not told: an answer must not grow with what a hostile sender invents."""

# Joiners are part of the spelling of some scripts; every other invisible character only hides or reorders.
_HARMLESS_FORMAT: Final = frozenset("\u200c\u200d")
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_OWN_FAULT: Final = "contract"
_MAX_FIELD_NAME: Final = 64


def contract_fault(message: str) -> PydanticCustomError:
    """A fault found by a validator of a contract; `message` is the remedy, told to the sender as it is."""
    return PydanticCustomError(_OWN_FAULT, message)


class Contract(BaseModel):
    """A message between court and agency. Fields it does not know are ignored: messages are only added to."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class Submission(BaseModel):
    """What an outsider posts to the court. Unknown fields are refused: mostly they are misspelt ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def plain_text(value: str) -> str:
    """NFKC, without white space at the ends; raises where a control or invisible character is inside."""
    return _checked(unicodedata.normalize("NFKC", value).strip())


def plain_paragraph(value: str) -> str:
    """The same for what is read and compared with nothing: Chinese punctuation stays what it is."""
    return _checked(unicodedata.normalize("NFC", value).strip())


def _checked(text: str) -> str:
    if not text.isprintable() and any(_is_refused(character) for character in text):
        raise contract_fault("holds control, direction or invisible characters: send plain text on one line")
    return text


def _is_refused(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED_CATEGORIES and character not in _HARMLESS_FORMAT


def utc_time(value: datetime) -> datetime:
    """The same moment in UTC; raises where the offset is missing."""
    if value.utcoffset() is None:
        raise contract_fault("has no offset: times carry an offset, for example 2026-02-25T19:42:07+08:00")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise contract_fault("is outside the calendar: send the time of the event") from None


Text = Annotated[str, AfterValidator(plain_text), Field(min_length=1, max_length=200)]
"""One line of plain text, 1-200 characters."""

LongText = Annotated[str, AfterValidator(plain_paragraph), Field(min_length=1, max_length=2000)]
"""One paragraph of plain text, 1-2,000 characters."""

UtcTime = Annotated[datetime, AfterValidator(utc_time)]
"""A moment; read with any offset, held in UTC."""

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""16 bytes as lower-case hexadecimal."""

Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""32 bytes as lower-case hexadecimal."""

Sealed = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=65_536)]
"""Sealed bytes as standard base64."""

Reference = Annotated[int, Field(ge=1, lt=2**63)]
"""The random name of one instruction at one agency, in one epoch."""

Count = Annotated[int, Field(ge=0, lt=2**63)]
"""A number of things, or a position in a numbered log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """One fault of a message: `field` as a path such as `changes[3].tokens[0]`, `message` with the remedy."""

    field: str
    message: str


_REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "is missing: send it",
        "extra_forbidden": "is not a field of this message: leave it out or correct its name",
        "json_invalid": "is not valid JSON: send one JSON object in UTF-8",
        "string_type": "is not a text: send a JSON string",
        "string_unicode": "is not valid Unicode: send plain text",
        "string_too_long": "is too long: send at most {max_length} characters",
        "string_pattern_mismatch": "does not have the form {pattern}: correct it",
        "int_type": "is not a whole number: send a JSON number without fraction",
        "greater_than": "is too small: send more than {gt}",
        "greater_than_equal": "is too small: send at least {ge}",
        "less_than": "is too large: send less than {lt}",
        "less_than_equal": "is too large: send at most {le}",
        "bool_type": "is not true or false: send a JSON boolean",
        "enum": "is not one of the known values: send {expected}",
        "literal_error": "is not one of the known values: send {expected}",
        "datetime_type": "is not a time: send for example 2026-02-25T19:42:07+08:00",
        "datetime_parsing": "is not a time: send for example 2026-02-25T19:42:07+08:00",
        "datetime_from_date_parsing": "is not a time: send for example 2026-02-25T19:42:07+08:00",
        "date_type": "is not a date: send for example 2026-02-28",
        "date_parsing": "is not a date: send for example 2026-02-28",
        "date_from_datetime_parsing": "is not a date: send for example 2026-02-28",
        "tuple_type": "is not a list: send a JSON array",
        # Lengths checked after our own validators are told under these names, for texts and lists alike.
        "too_short": "is empty: send at least {min_length}",
        "too_long": "is too long: send at most {max_length}",
        "model_type": "is not an object: send a JSON object",
    }
)
_OTHER_FAULT: Final = "is not as the contract says: compare it with the published schema"


def field_problems(error: ValidationError) -> tuple[FieldProblem, ...]:
    """Every fault with its field and remedy, at most `MAX_PROBLEMS`; nothing of the input is repeated.

    The one exception is the name of an unknown field, and that only where it looks like a name.
    """
    details = error.errors(include_input=False, include_url=False)[:MAX_PROBLEMS]
    return tuple(FieldProblem(field=_path(detail["loc"]), message=_message(detail)) for detail in details)


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{_field_name(step)}"
    return path.removeprefix(".") or "(whole message)"


def _field_name(step: str) -> str:
    looks_like_a_name = step.isascii() and step.replace("-", "_").isidentifier()
    return step if looks_like_a_name and len(step) <= _MAX_FIELD_NAME else "(unreadable name)"


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == _OWN_FAULT:
        return detail["msg"]
    return _REMEDIES.get(detail["type"], _OTHER_FAULT).format_map(detail.get("ctx", {}))
