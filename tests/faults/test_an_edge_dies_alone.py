"""kill -9 of one agency's edge: the others keep on working, and what it had to say comes when it is back."""

import pytest

from tests.faults.crossings import Point, When
from tests.faults.ground import Ground
from tests.faults.nursery import Part

LISTED = 1
"""The scene before which the person is on every list."""


@pytest.mark.parametrize(
    "point",
    [
        Point(arrow="edge commit: hit waits for a proven list", when=When.AFTER),
        Point(arrow="bus publish: agency.receipt", when=When.AFTER),
    ],
    ids=lambda point: point.arrow,
)
async def test_the_other_goes_on_without_it(ground: Ground, point: Point) -> None:
    await ground.begin(LISTED)
    await ground.kill(Part.RAILWAY, point)

    meanwhile = await ground.tell(Part.COURT_AND_POLICE)

    assert meanwhile["sightings"] == [["police", "police-1"]]
    assert meanwhile["alerts"] == ["open"]
    assert meanwhile["told"] == {"push": 2, "sms": 2}

    assert await ground.tell(Part.RAILWAY) == {"waiting": 0}
    afterwards = await ground.tell(Part.COURT_AND_POLICE)

    assert afterwards["sightings"] == [["police", "police-1"], ["rail", "ticket-1"]]
    assert afterwards["alerts"] == ["open"]
    assert afterwards["told"] == {"push": 2, "sms": 2}
    assert afterwards["behind"] == []
    assert afterwards["waiting"] == 0
