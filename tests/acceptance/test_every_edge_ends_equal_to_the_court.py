"""Whatever a court does with its list, and whatever its lines to the agencies lose, double or reorder: nobody
who is not wanted is found at any edge, and in the end each edge holds what the court lists, entry by entry.
"""

from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.screening import FeedCondition
from schemas.measures import AgencyKind
from scripts.engines.port import Engines
from tests.acceptance.rough_lines import EVERYWHERE, ROLLED, SOUGHT, RoughLines, RoughTimes
from tests.acceptance.scenes import Scene

RAIL, BORDER = ROLLED
NOBODY: dict[AgencyKind, set[str]] = {where: set() for where in EVERYWHERE}
Act: TypeAlias = tuple[str, str, AgencyKind]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("put", "put", "tombstone", "tombstone", "remove", "resume", "resume"),
                *("snapshot", "roll", "roll", "restart", "restore", "minutes"),
            ]
        ),
        st.sampled_from(sorted(SOUGHT)),
        st.sampled_from(ROLLED),
    ),
    min_size=6,
    max_size=12,
)
WHIMS = st.lists(st.sampled_from(["comes", "comes", "lost", "twice", "late"]), min_size=1, max_size=7)


@given(acts=ACTS, whims=WHIMS)
@example(
    acts=[
        *(("put", "B", RAIL), ("roll", "A", RAIL), ("tombstone", "A", RAIL), ("snapshot", "A", RAIL)),
        *(("resume", "A", RAIL), ("restart", "A", BORDER), ("remove", "B", RAIL), ("restore", "A", RAIL)),
        *(("resume", "A", RAIL), ("put", "B", BORDER), ("roll", "B", BORDER), ("minutes", "A", RAIL)),
    ],
    whims=["comes", "lost", "twice", "late"],
)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_every_edge_ends_equal_to_the_court(
    acts: list[Act], whims: list[str], seeking_a: Scene, engines: Engines
) -> None:
    lines = RoughLines(whims)
    with TemporaryDirectory() as folder, lines.laid():
        async with AsyncExitStack() as opened:
            times = await RoughTimes.begin(engines, seeking_a, Path(folder), lines, opened)
            hit_in_vain = []
            for act in acts:
                await times.does(*act)
                hit_in_vain.append(await times.hit_in_vain())
            await times.calms_down()

            assert hit_in_vain == [NOBODY] * len(acts)
            assert times.hit() == dict.fromkeys(EVERYWHERE, await times.wanted())
            assert await times.conditions() == {FeedCondition.PROVEN}
            held, listed = await times.lists()
            assert held == listed
        await engines.forget(times.data)
