"""What a process asks of the machine it runs on: business and elapsed time, and chance."""

import secrets
import time
import uuid
from datetime import UTC, datetime


class SystemClock:
    """Business time from the system, elapsed time from its monotonic clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()


class SystemChance:
    """Draws from the operating system."""

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def random_bytes(self, length: int, /) -> bytes:
        return secrets.token_bytes(length)
