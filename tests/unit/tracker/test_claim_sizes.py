"""How many notices are claimed at a time: many, unless a claim takes so long that its last look grows old."""

import pytest

from tracker.loops.notices import claimed_next


@pytest.mark.parametrize(
    ("at_most", "took_s", "following"),
    [
        (100, 0.05, 100),
        (100, 0.3, 50),
        (50, 0.3, 25),
        (30, 3.0, 25),
        (25, 3.0, 25),
        (25, 0.05, 50),
        (80, 0.2, 100),
    ],
)
def test_a_claim_that_takes_long_is_followed_by_a_smaller_one(
    at_most: int, took_s: float, following: int
) -> None:
    assert claimed_next(at_most, took_s) == following
