"""How long a provider asks to be left alone, as its `Retry-After` says."""

from typing import Final

LONGEST_WAIT_S: Final = 3600
"""Who asks for longer, by a mistake or by malice, is asked again all the same."""
_MOST_DIGITS: Final = 9


def seconds_of(retry_after: str | None) -> int | None:
    """Seconds, an hour at most; None where nothing of use is said, such as a date."""
    if not retry_after or not retry_after.isdecimal():
        return None
    return LONGEST_WAIT_S if len(retry_after) > _MOST_DIGITS else min(int(retry_after), LONGEST_WAIT_S)
