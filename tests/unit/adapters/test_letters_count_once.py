"""A letter counts once, however often it comes, and none is dropped for another that has come."""

import shutil
from pathlib import Path

from tests.contract.bus.folder_lines import End
from tests.unit.adapters.test_folder_line import EXPRESS, Line, line

__all__ = ["line"]


async def test_a_letter_that_is_carried_twice_counts_once(line: Line) -> None:
    (letter,) = await line.writes(EXPRESS, b"withdrawn")
    copy = Path(shutil.copy(letter, line.folder / letter.name))
    await line.brings(letter)

    await line.brings(copy)

    assert line.heard == [b"withdrawn"]
    assert list(line.into_rail.iterdir()) == []


async def test_one_that_was_written_again_and_comes_with_its_first_copy_counts_once(line: Line) -> None:
    lost, letter = await line.writes(EXPRESS, b"lost", b"withdrawn")
    lost.unlink()
    shutil.copy(letter, line.into_rail / letter.name.replace("-001-", "-002-"))
    await line.brings(letter)

    await line.waits(seconds=60)

    assert line.heard == [b"withdrawn"]


async def test_one_that_is_carried_again_after_a_restart_counts_once(line: Line) -> None:
    """The harm: what the court said before is heard after what it has said since."""
    (letter,) = await line.writes(EXPRESS, b"hold")
    copy = Path(shutil.copy(letter, line.folder / letter.name))
    await line.brings(letter)
    await line.restarts()

    await line.brings(copy)

    assert line.heard == [b"hold"]
    assert list(line.into_rail.iterdir()) == []


async def test_what_was_taken_before_a_lost_letter_and_is_carried_again_counts_once(line: Line) -> None:
    lost, letter = await line.writes(EXPRESS, b"lost", b"withdrawn")
    lost.unlink()
    copy = Path(shutil.copy(letter, line.folder / letter.name))
    await line.brings(letter)
    await line.waits(seconds=60)

    await line.brings(copy)
    await line.waits(seconds=60)

    assert line.heard == [b"withdrawn"]


async def test_a_store_that_was_put_back_from_a_copy_is_not_taken_for_doubles(line: Line) -> None:
    await line.court.close()
    shutil.copytree(line.folder / "court", line.folder / "copy")
    line.court = await End.open(line.folder / "court", ("court", "agency.rail"), line.clock.now)
    await line.writes(EXPRESS, b"one", b"two")
    await line.carries_everything()
    await line.answers(b"receipt")
    await line.court.close()

    line.clock.jump(minutes=1)
    line.court = await End.open(line.folder / "copy", ("court", "agency.rail"), line.clock.now)
    await line.writes(EXPRESS, b"three")
    await line.carries_everything()
    await line.carries_everything()

    assert line.heard == [b"one", b"two", b"three"]


async def test_what_is_said_of_its_former_letters_takes_none_of_the_new_ones_away(line: Line) -> None:
    """The harm: a court whose store was put back says that somebody paid, and the letter never comes."""
    await line.court.close()
    shutil.copytree(line.folder / "court", line.folder / "copy")
    line.court = await End.open(line.folder / "court", ("court", "agency.rail"), line.clock.now)
    await line.writes(EXPRESS, b"one", b"two")
    await line.carries_everything()
    await line.court.close()
    line.clock.jump(minutes=1)
    line.court = await End.open(line.folder / "copy", ("court", "agency.rail"), line.clock.now)
    await line.answers(b"receipt")
    await line.carries_back()
    await line.writes(EXPRESS, b"three", b"withdrawn")
    await line.answers(b"another receipt")
    await line.carries_back()

    await line.carries_everything()

    assert line.heard == [b"one", b"two", b"three", b"withdrawn"]
