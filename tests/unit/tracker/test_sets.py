"""Sets in statements have few sizes, and the same members."""

import pytest

from tracker.storage.sets import padded


@pytest.mark.parametrize(
    ("members", "size"), [(0, 0), (1, 1), (2, 8), (8, 8), (9, 64), (64, 64), (65, 512), (600, 600)]
)
def test_a_set_is_filled_up_with_what_it_has(members: int, size: int) -> None:
    values = padded(range(members))

    assert len(values) == size
    assert set(values) == set(range(members))
