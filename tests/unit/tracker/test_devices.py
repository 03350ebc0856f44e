"""A device counts while it is known that its person sees what comes there."""

from datetime import UTC, datetime, timedelta

import pytest

from tracker.domain.devices import DeviceStanding, proven_until, standing_of

AT = datetime(2026, 2, 25, 11, 42, tzinfo=UTC)
A_MONTH_AGO = AT - timedelta(days=30)


@pytest.mark.parametrize(
    ("seen_at", "dead_at", "standing"),
    [
        (None, None, DeviceStanding.UNTESTED),
        (AT, None, DeviceStanding.REACHES),
        (A_MONTH_AGO, None, DeviceStanding.REACHES),
        (A_MONTH_AGO - timedelta(seconds=1), None, DeviceStanding.TEST_AGAIN),
        (AT, AT, DeviceStanding.DEAD),
        (None, AT, DeviceStanding.DEAD),
    ],
)
def test_a_device_counts_for_a_month_after_it_was_seen(
    seen_at: datetime | None, dead_at: datetime | None, standing: DeviceStanding
) -> None:
    assert standing_of(seen_at, dead_at, AT) is standing


@pytest.mark.parametrize(
    ("ways", "until"), [(1, AT + timedelta(days=30)), (2, AT + timedelta(days=29)), (3, None)]
)
def test_so_many_ways_count_until_the_first_of_the_best_runs_out(ways: int, until: datetime | None) -> None:
    assert proven_until([AT - timedelta(days=1), AT], ways) == until
