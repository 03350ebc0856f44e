"""What the doctor says of a clock, and of what a running adapter has found out about itself."""

from datetime import timedelta

import pytest

from adapters.commands.doctor import judge_clock, judge_running
from adapters.station import reasons_of
from tests.unit.adapters.world import REFERENCE, START, World


@pytest.mark.parametrize(
    ("apart", "says"),
    [
        (timedelta(seconds=30), "ok     clock: agrees with the court's"),
        (-timedelta(minutes=10), "wrong  clock: 600 s ahead of the court's: set this machine's clock (NTP)"),
        (timedelta(minutes=10), "wrong  clock: 600 s behind the court's: set this machine's clock (NTP)"),
    ],
)
def test_a_wrong_clock_is_told_with_its_side_and_its_remedy(apart: timedelta, says: str) -> None:
    assert str(judge_clock(START + apart, START)) == says


async def test_what_is_wrong_with_a_running_adapter_is_told_in_its_own_words(listed: World) -> None:
    listed.court.put(REFERENCE + 1)
    await listed.beat()
    reasons = [{"what": one.what, "detail": one.detail} for one in reasons_of(await listed.edge.state())]

    (told,) = judge_running({"reasons": reasons})

    assert str(told) == (
        "wrong  adapter: changes of the list are missing: hits count, no stops (at change 1 of 2)"
    )


def test_what_a_running_adapter_has_refused_is_told_and_what_came_again_is_no_trouble() -> None:
    forged = {"what": "forged", "detail": "it is forged", "times": 3, "last_at": "2026-02-26T12:41:00+00:00"}
    again = {**forged, "what": "repeated", "detail": "it changed nothing", "times": 1}

    assert [str(one) for one in judge_running({"reasons": [], "refused": [forged, again]})] == [
        "wrong  messages: refused 3 times, last 2026-02-26T12:41:00 UTC: it is forged",
        "ok     messages: refused 1 times, last 2026-02-26T12:41:00 UTC: it changed nothing",
    ]
