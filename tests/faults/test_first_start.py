"""The first start is killed with its tables half made; the next one makes the rest, and life goes on."""

import pytest

from tests.faults.crossings import Point, When
from tests.faults.ground import Ground


@pytest.mark.parametrize("table", ["enforcement_case", "alert", "alembic_version"])
@pytest.mark.parametrize("when", When)
async def test_the_next_start_makes_the_rest(ground: Ground, table: str, when: When) -> None:
    left = await ground.after_a_kill_at_the_first_start(Point(arrow=f"table made: {table}", when=when))

    assert left["alerts"] == [["closed", "handed-over"], ["retracted", None]]
    assert left["not sent once"] == []
    assert left["audit chain is whole"] is True


@pytest.mark.parametrize("table", ["holds", "reports"])
async def test_so_does_an_edge(ground: Ground, table: str) -> None:
    left = await ground.after_a_kill_at_the_first_start(Point(arrow=f"table made: {table}", when=When.AFTER))

    assert left["alerts"] == [["closed", "handed-over"], ["retracted", None]]
    assert left["differing replicas"] == []
