"""The card of somebody nobody seeks leaves nothing: not at the agency, not on the bus, not at the court."""

from pathlib import Path

from adapters.edge.card_use import Clear, Hit
from schemas.measures import AgencyKind
from scripts.cast import A, B
from scripts.story.props import TONIGHT
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import BEIJING_GATE
from tests.acceptance.listing import HOTEL, books_of
from tracker.domain.ids import EntryId

READERS = ("lock.mdb", "-shm")
"""Tables of who is reading now: they hold process and transaction numbers, nothing of what is read."""


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(READERS)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


async def everybody_uses_cards(stage: CourtStage) -> set[object]:
    return {
        await stage.railway.sells_ticket(B, TONIGHT),
        await stage.railway.opens_gate(B, BEIJING_GATE),
        await stage.agency(AgencyKind.POLICE).checks_in(B, HOTEL),
        await stage.agency(AgencyKind.BORDER).opens_gate(B, BEIJING_GATE),
    }


async def test_not_one_byte_changes(stage: CourtStage, entry_a: EntryId) -> None:
    data = stage.system.world.data
    before = bytes_of(data)

    answers = await everybody_uses_cards(stage)
    await stage.settles()

    assert answers == {Clear()}
    assert bytes_of(data) == before


async def test_a_hit_would_have_been_seen_in_those_bytes(stage: CourtStage, entry_a: EntryId) -> None:
    data = stage.system.world.data
    before = bytes_of(data)

    assert isinstance(await stage.railway.opens_gate(A, BEIJING_GATE), Hit)

    changed = {name for name, content in bytes_of(data).items() if content != before.get(name)}
    assert changed == {"edges/rail/edge.sqlite-wal"}
    await stage.settles()
    stage.reads_everything()


async def test_the_number_of_whoever_passed_is_nowhere(stage: CourtStage, entry_a: EntryId) -> None:
    await everybody_uses_cards(stage)
    await stage.settles()

    everything = b"".join(bytes_of(stage.system.world.data).values())

    assert B.number.encode() not in everything
    assert B.name.encode() not in everything
    assert B.number not in str(await books_of(stage))


async def test_the_court_hears_of_no_other_use(stage: CourtStage, entry_a: EntryId) -> None:
    before = await books_of(stage)

    await everybody_uses_cards(stage)
    await stage.settles()

    assert await books_of(stage) == before
