"""The traffic of the demonstration: strangers are screened and written nowhere; listed people hit."""

from pathlib import Path
from random import SystemRandom

from adapters.running import Loop
from schemas.measures import AgencyKind
from scripts.demo.listed import list_demo_people
from scripts.demo.windows import Window
from scripts.partners import PARTNERS
from scripts.simulate import OUTINGS, Outings, Traffic
from scripts.stage import Opening, Stage
from tests.acceptance.court import BEGINS, SHIFTS


def windows_of(stage: Stage) -> dict[AgencyKind, Window]:
    return {partner.kind: Window(partner, stage.system.edges[partner.kind]) for partner in PARTNERS}


async def goes_on(stage: Stage, loop: Loop, *, rounds: int) -> None:
    """Time goes on from one round of the loop to the next."""
    for _ in range(rounds):
        due = await loop.next_due()
        assert due is not None
        await stage.reaches(max(due, stage.clock.now()))
        assert await loop.step()
    await stage.settles()


def written(data: Path) -> dict[str, bytes]:
    """The journals of all adapters: whatever they store passes through these files."""
    return {str(path): path.read_bytes() for path in data.glob("edges/*/edge.sqlite-wal")}


async def counted(windows: dict[AgencyKind, Window], word: str) -> int:
    return sum([(await window.view()).counts[word] for window in windows.values()])


async def test_strangers_are_clear_and_written_nowhere(tmp_path: Path) -> None:
    async with Stage.opened(Opening(data=tmp_path, begins_at=BEGINS, shifts=SHIFTS)) as stage:
        windows = windows_of(stage)
        before = written(tmp_path)

        await goes_on(stage, Traffic(windows, 2.0, SystemRandom(), stage.clock.now), rounds=40)

        assert await counted(windows, "clear") == 40
        assert written(tmp_path) == before


async def test_what_listed_people_do_hits_and_somebody_is_told(tmp_path: Path) -> None:
    async with Stage.opened(Opening(data=tmp_path, begins_at=BEGINS, shifts=SHIFTS)) as stage:
        await list_demo_people(stage.registry)
        await stage.settles()
        windows = windows_of(stage)

        await goes_on(stage, Outings(windows, SystemRandom(), stage.clock.now), rounds=len(OUTINGS))

        assert await counted(windows, "hit") == len(OUTINGS)
        assert "行程取消：26执1402程某" in "".join(text for _, text in stage.new_sms())


async def test_listing_the_demo_people_again_changes_nothing(tmp_path: Path) -> None:
    async with Stage.opened(Opening(data=tmp_path, begins_at=BEGINS, shifts=SHIFTS)) as stage:
        await list_demo_people(stage.registry)
        await list_demo_people(stage.registry)
        await stage.settles()

        assert (await stage.railway.edge.state()).count == 6, "five people, and the canary"
