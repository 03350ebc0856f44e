"""Chance from the operating system; ids that sort by the time they were drawn."""

import secrets
import time

REPLY_DIGITS = 5
LARGEST_REFERENCE = 2**63


class SystemEntropy:
    """Draws from the operating system. Ids are of UUID version 7 and rise within one process."""

    def __init__(self) -> None:
        self._last_ms = 0
        self._counter = 0

    def new_id(self) -> str:
        """A UUID: 48 bits of milliseconds, 12 bits of a counter, the rest random."""
        now_ms = time.time_ns() // 1_000_000
        if now_ms > self._last_ms:
            self._last_ms, self._counter = now_ms, 0
        else:
            self._counter += 1
            # A full counter borrows the next millisecond: rising matters more than the exact time.
            self._last_ms, self._counter = self._last_ms + (self._counter >> 12), self._counter & 0xFFF
        value = (
            (self._last_ms << 80)
            | (0x7 << 76)
            | (self._counter << 64)
            | (0x2 << 62)
            | (int.from_bytes(secrets.token_bytes(8)) >> 2)
        )
        # As the library writes a UUID, of which a hit needs dozens.
        digits = f"{value:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def reply_code(self) -> str:
        return f"{secrets.randbelow(10**REPLY_DIGITS):0{REPLY_DIGITS}d}"

    def reference(self) -> int:
        return 1 + secrets.randbelow(LARGEST_REFERENCE - 1)

    def random_bytes(self, length: int) -> bytes:
        return secrets.token_bytes(length)
