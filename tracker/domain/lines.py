"""When the line to an adapter is held to be silent."""

from datetime import datetime, timedelta
from typing import Final

MISSED: Final = 3
"""One canary may be lost on a restart, two on an unlucky day."""


def silent_at(heard_at: datetime, canary_every_s: int) -> datetime:
    """The moment from which a line that was last heard at `heard_at` is silent."""
    return heard_at + MISSED * timedelta(seconds=canary_every_s)
