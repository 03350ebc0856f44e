"""The first starts are killed with their tables half made; the next one makes the rest, and life goes on."""

from tests.faults.crossings import Point, When
from tests.faults.ground import Ground

OF_THE_COURT = ("alembic_version", "enforcement_case", "alert")
OF_AN_EDGE = ("holds", "reports")
HALF_MADE = [Point(arrow=f"table made: {table}", when=When.AFTER) for table in (*OF_THE_COURT, *OF_AN_EDGE)]


async def test_the_next_start_makes_the_rest(ground: Ground) -> None:
    left = await ground.after_kills_at_the_first_start(HALF_MADE)

    assert left["alerts"] == [["closed", "handed-over"], ["retracted", None]]
    assert left["not sent once"] == []
    assert left["differing replicas"] == []
    assert left["audit chain is whole"] is True
