"""When the gateway is about to carry again: by what was seen, and no promise."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.carryings import next_carrying

TWO = datetime(2026, 2, 25, 14, 5, tzinfo=UTC)


def minutes(*after: int) -> list[datetime]:
    return [TWO + timedelta(minutes=one) for one in after]


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        ((), None),
        ((0,), None),
        ((0, 30), 60),
        ((0, 30, 60, 90), 120),
        ((0, 30, 61, 90), 120),
        ((0, 30, 60, 600, 630), 660),
    ],
)
def test_the_next_carrying_follows_the_usual_gap(carried: tuple[int, ...], expected: int | None) -> None:
    told = next_carrying(minutes(*carried))

    assert told == (None if expected is None else TWO + timedelta(minutes=expected))
