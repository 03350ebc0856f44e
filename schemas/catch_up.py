"""How an adapter fetches what it has missed of its list: the court's signed packets again, one a line."""

from collections.abc import Iterable
from typing import Final

PACKETS_TYPE: Final = "application/x-ndjson"
CHANGES_AT_ONCE: Final = 2_000
"""No more than so many changes past the asked one, and the packet that reaches it: then ask again."""


def packets_path(epoch: int, incarnation: int, after: int) -> str:
    """Where the court's edge listener gives the packets past `after`."""
    return f"/edge/feeds/{epoch}/{incarnation}/packets?after={after}"


def join_packets(envelopes: Iterable[bytes]) -> bytes:
    """An envelope is JSON without a line break."""
    return b"".join(envelope + b"\n" for envelope in envelopes)


def split_packets(body: bytes) -> tuple[bytes, ...]:
    return tuple(body.splitlines())
