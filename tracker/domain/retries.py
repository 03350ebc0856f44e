"""How long to wait before work that failed unforeseen is tried again: longer each time, so that one bad row
never keeps the others waiting.
"""

from datetime import timedelta

LONGEST_WAIT_S = 300
DOUBLINGS = 9


def wait_after(tries: int) -> timedelta:
    """1 s after the first failure, twice as long after each further one, five minutes at most."""
    return timedelta(seconds=min(2 ** min(tries - 1, DOUBLINGS), LONGEST_WAIT_S))
