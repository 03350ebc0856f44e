"""Reads the headers of messages whatever they hold.

Court and agencies share no connection, but the court reads what every agency wrote on one: a time beyond the
year 9999 or a text that is no UTF-8 makes the client drop that connection, and drop it again with each
delivery. What must not break: one agency's message costs no other its line to the court.
"""

from datetime import UTC, datetime
from typing import Any, Final

from pamqp import decode

NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_short_str: Final = decode.short_str
_table: Final = decode.field_table
_timestamp: Final = decode.timestamp


def read_whatever_comes() -> None:
    """From now on, in this process; once or often."""
    decode.METHODS["shortstr"] = _text
    decode.METHODS["table"] = _headers
    decode.METHODS["timestamp"] = _time


def _text(data: bytes) -> tuple[int, str]:
    """No longer than it came: it may be sent on."""
    try:
        return _short_str(data)
    except UnicodeDecodeError:
        length = data[0] + 1
        return length, "".join(chr(one) if one < 0x80 else "?" for one in data[1:length])


def _headers(data: bytes) -> tuple[int, Any]:
    """None where one of them cannot be read, or they are nested without an end."""
    try:
        return _table(data)
    except (ValueError, ArithmeticError, OSError, RecursionError):
        return 4 + int.from_bytes(data[:4], "big"), {}


def _time(data: bytes) -> tuple[int, datetime]:
    try:
        return _timestamp(data)
    except (ValueError, ArithmeticError, OSError):
        return 8, NO_TIME
