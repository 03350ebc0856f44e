"""Who starts an adapter sees how far its list is: on a bar at a terminal, at each tenth in the log."""

import io
from typing import Any

from adapters.commands.progress import LOOKS_EVERY, ListProgress, bar
from tests.unit.adapters.court import START
from tests.unit.adapters.world import REFERENCE, TONG, World


async def steps(terminal: io.StringIO | None, *percents: int | None) -> ListProgress:
    """The list stands at each of these in turn, and is looked at."""
    standing = iter(percents)
    progress = ListProgress("rail.1", lambda: next(standing), lambda: START, terminal)
    for _ in percents:
        assert not await progress.step()
    return progress


async def test_a_bar_is_drawn_over_what_stands_there_and_taken_away_in_the_end() -> None:
    terminal = io.StringIO()

    await steps(terminal, None, 0, 41, 41, None, None)

    drawn = terminal.getvalue().split("\x1b[2K")
    assert drawn == ["", f"{bar(0)}\r", f"{bar(41)}\r", f"{bar(41)}\r", ""]
    assert bar(41) == "the list is on its way  [################------------------------]  41 %"


async def test_the_log_says_each_tenth_once_and_begins_anew_with_the_next_list(
    logged: list[dict[str, Any]],
) -> None:
    await steps(None, 3, 12, 19, 47, None, 25)

    assert [(one["event"], one["percent"]) for one in logged] == [
        ("list-progress", 10),
        ("list-progress", 40),
        ("list-progress", 20),
    ]


async def test_it_is_looked_at_again_while_something_is_missing() -> None:
    on_its_way, whole = await steps(None, 41), await steps(None, 41, None)

    assert await on_its_way.next_due() == START + LOOKS_EVERY
    assert await whole.next_due() is None


async def test_the_edge_counts_the_changes_that_are_missing(listed: World) -> None:
    before = listed.edge.list_percent
    for position in (1, 2, 3):
        listed.court.put(REFERENCE + position, TONG)
    await listed.beat()

    assert (before, listed.edge.list_percent) == (None, 25)
