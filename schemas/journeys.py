"""Where a journey halts."""

from typing import Final

from schemas.text import Contract, Text, UtcTime

MAX_STOPS: Final = 100


class Stop(Contract):
    """A halt on the way, where somebody may be met."""

    name: Text
    arrives_at: UtcTime
