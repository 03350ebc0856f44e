"""Whatever is lost, doubled, late, overtaken, rolled or restarted on the way: nobody whose withdrawal
has come is ever hit, and in the end the edge holds exactly what the court lists, in every epoch in force.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.adapters.play import PEOPLE, Play, Step

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("list", "list", "list", "list", "tombstone", "tombstone", "tombstone", "tombstone"),
                *("remove", "remove", "remove", "rest", "rest", "rest", "rest", "edge works"),
                *("roll", "roll", "roll", "roll", "roll", "roll", "roll", "roll"),
                *("feed arrives", "feed arrives", "feed overtakes", "express arrives", "express arrives"),
                *("repeat", "beat", "a minute passes", "log comes back", "log comes back", "snapshot"),
                *("restart", "restart late", "new machine", "new life", "prune", "doubt", "line cut"),
            ]
        ),
        st.sampled_from(sorted(PEOPLE)),
        st.booleans(),
    ),
    min_size=20,
    max_size=40,
)
"""Long enough for a roll to come to its end, and for people to come back who were withdrawn."""


def resting(*steps: Step) -> list[Step]:
    """The steps, after each of which all arrives and is done; a withdrawal is on both lanes."""
    return [
        one
        for what, person, is_lost in steps
        for one in (
            ("tombstone" if what == "withdraw" else what, person, is_lost),
            *((("remove", person, is_lost),) if what == "withdraw" else ()),
            ("rest", person, is_lost),
        )
    ]


@given(steps=STEPS)
@example(steps=resting(("list", 1, False), ("withdraw", 1, False), ("new machine", 1, True)))
@example(steps=resting(("list", 1, False), ("list", 2, True), ("new life", 1, False), ("list", 1, True)))
@example(
    steps=resting(
        *(("list", 1, False), ("list", 2, False), ("snapshot", 1, True), ("prune", 1, True)),
        *(("list", 2**62 + 3, True), ("line cut", 1, True), ("new machine", 1, False), ("restart", 1, True)),
        *(("withdraw", 1, True), ("log comes back", 1, True)),
    )
)
@example(
    steps=resting(
        *(("list", 1, False), ("snapshot", 1, True), ("withdraw", 1, False), ("prune", 1, True)),
        *(("doubt", 1, True), ("log comes back", 1, True), ("beat", 1, True), ("new machine", 1, False)),
    )
)
@example(
    steps=resting(
        *(("list", 1, False), ("list", 2, True), ("log comes back", 1, True), ("roll", 1, True)),
        *(("restart", 1, True), ("roll", 1, False), ("withdraw", 1, True), ("roll", 1, True)),
        *(("beat", 1, True), ("snapshot", 1, True), ("prune", 1, True), ("restart late", 1, True)),
        *(("log comes back", 1, True), ("beat", 1, True), ("roll", 1, True), ("withdraw", 2, True)),
    )
)
@example(steps=resting(("list", 1, False), ("new life", 1, False), ("restart late", 1, False)))
@example(
    steps=[
        *(("list", 1, False), ("list", 2, False), ("rest", 1, True), ("tombstone", 1, True)),
        *(("express arrives", 1, True), ("list", 1, True), ("snapshot", 1, True), ("remove", 1, True)),
        *(("prune", 1, True), ("tombstone", 2, True), ("feed overtakes", 1, True), ("restart", 1, True)),
        *(("log comes back", 1, True), ("list", 2, False), ("roll", 1, True), ("remove", 2, False)),
        *(("roll", 1, False), ("express arrives", 1, False), ("roll", 1, True), ("tombstone", 1, True)),
        *(("rest", 1, True), ("list", 1, False), ("remove", 1, False), ("roll", 1, False), ("rest", 1, True)),
        *(("roll", 1, True), ("new life", 1, True), ("list", 1, False), ("roll", 1, True)),
    ]
)
@settings(max_examples=10, deadline=None)
async def test_the_edge_ends_equal_to_the_court(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        play = await Play.begins(Path(folder))
        for step in steps:
            await play.does(step)
            await play.nobody_withdrawn_is_hit()
        await play.ends()
        await play.is_equal()
        await play.world.stop()
