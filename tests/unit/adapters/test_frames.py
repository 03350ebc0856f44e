"""Properties that cannot be read: what is made of them, and how many bytes they took."""

import pytest
from pamqp.decode import by_type
from pamqp.encode import field_table, short_string

from adapters.bus.rabbitmq.frames import NO_TIME, read_whatever_comes

A_TIME_BEYOND_ALL_YEARS = b"\xff" * 8
DEEP = 2_000


def nested() -> bytes:
    """An array in an array and so on."""
    inner = b""
    for _ in range(DEEP):
        inner = b"A" + len(inner).to_bytes(4, "big") + inner
    return table(b"\x01h" + inner)


def table(fields: bytes) -> bytes:
    return len(fields).to_bytes(4, "big") + fields


@pytest.mark.parametrize(
    ("kind", "data", "length", "value"),
    [
        ("timestamp", A_TIME_BEYOND_ALL_YEARS, 8, NO_TIME),
        ("shortstr", b"\x03m\xff1", 4, "m?1"),
        ("shortstr", short_string("消息"), 7, "消息"),
        ("table", table(b"\x01hT" + A_TIME_BEYOND_ALL_YEARS), 15, {}),
        ("table", table(b"\x01\xfft\x01"), 8, {}),
        ("table", table(b"\x01h?"), 7, {}),
        ("table", nested(), 5 * DEEP + 6, {}),
        ("table", field_table({"h": "消息"}), 17, {"h": "消息"}),
    ],
)
def test_no_property_is_an_error(kind: str, data: bytes, length: int, value: object) -> None:
    read_whatever_comes()

    assert by_type(data + b"more", kind) == (length, value)
