"""What stands in one cell of an import file: its text, or why it cannot be taken.

What must not break: a formula is refused and never evaluated, and a number whose digits a spreadsheet has
rounded is never taken for a whole one.
"""

import re
from datetime import date
from enum import Enum
from typing import Any, Final

from tracker.domain.errors import Problem

LONGEST: Final = 500
EXACT_DIGITS: Final = 15
"""So many digits of a number a spreadsheet keeps."""
ISO_DAY: Final = len("2026-02-25")
_FORMULA: Final = re.compile(r"\s*(?:[=@]|[+-](?![\d ()-]*$))")
_ROUNDED: Final = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")


class Fault(Enum):
    """Why a cell cannot be taken, in Chinese and English, with the remedy."""

    FORMULA = (
        "是公式，不予计算：请改填公式的结果（粘贴为数值）",
        "is a formula, and formulas are not evaluated: enter its result (paste as values)",
    )
    ROUNDED = (
        "被表格软件当作数字，末几位已丢失：请将该列设为文本后重新填写",
        "was taken for a number by the spreadsheet, which lost its last digits: make the column text and "
        "enter it anew",
    )
    TOO_LONG = (f"过长，请不超过{LONGEST}字", f"is too long: at most {LONGEST} characters")
    NO_DAY = ("不是可以辨认的日期，请写成 2026-05-20", "is no date that can be read: write it as 2026-05-20")
    NO_TEXT = ("不是文字、数字或日期，请改为文字", "is no text, number or date: enter it as text")

    def at(self, field: str) -> Problem:
        chinese, english = self.value
        return Problem(field=field, zh=chinese, en=english)


def read_cell(value: Any) -> str | Fault:
    """The text of a cell of any kind of file."""
    match value:
        case None:
            return ""
        case str():
            return _text(value)
        case bool():
            return Fault.NO_TEXT
        case int():
            return Fault.ROUNDED if len(str(abs(value))) > EXACT_DIGITS else str(value)
        case float():
            return Fault.ROUNDED if abs(value) >= 10**EXACT_DIGITS else f"{value:.{EXACT_DIGITS}g}"
        case date():
            return value.isoformat()[:ISO_DAY]
        case _:
            return Fault.NO_TEXT


def _text(value: str) -> str | Fault:
    if len(value) > LONGEST:
        return Fault.TOO_LONG
    if not value.isprintable() and any(0xD800 <= ord(one) <= 0xDFFF for one in value):
        # Half a character, as JSON can spell it: nothing can be written of it.
        return Fault.NO_TEXT
    if _FORMULA.match(value):
        return Fault.FORMULA
    text = value.strip()
    return Fault.ROUNDED if _ROUNDED.fullmatch(text) else text
