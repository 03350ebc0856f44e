"""A line by folder, whatever the gateway does to the letters: half carried, altered, out of order, lost. What
must come has come in the end, once, and what must not wait has not waited.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.bus.port import Accepted, Answer, Delivery
from schemas.letters import LetterHead, LetterName, LetterUnreadable, read_name, unpack_letter
from tests.contract.bus.folder_lines import End, carry
from tests.unit.adapters.outside import Clock
from tests.unit.adapters.world import START

FEED, EXPRESS, BACK = "feed.rail.1", "express.rail.1", "from.rail"


@dataclass
class Line:
    """Court and railway with an end each, and the test as the gateway between them."""

    folder: Path
    clock: Clock
    court: End
    rail: End
    heard: list[bytes] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.court.folders.outgoing

    @property
    def into_rail(self) -> Path:
        return self.rail.folders.incoming

    async def hear(self, delivery: Delivery) -> Answer:
        self.heard.append(delivery.body)
        return Accepted()

    async def writes(self, queue: str, *bodies: bytes) -> list[Path]:
        """The court says something; the files that are new in its folder."""
        before = set(self.out.iterdir())
        for body in bodies:
            await self.court.bus.publish(queue, body, message_id=body.decode(), sender="court")
        await self.court.settle()
        return sorted(set(self.out.iterdir()) - before)

    async def answers(self, body: bytes) -> None:
        await self.rail.bus.publish(BACK, body, message_id=body.decode(), sender="agency.rail")
        await self.rail.settle()

    async def brings(self, *letters: Path) -> None:
        """The gateway carries these files, and the railway looks into its folder."""
        for letter in letters:
            letter.rename(self.into_rail / letter.name)
        await self.rail.settle()

    async def carries_back(self) -> None:
        """The gateway comes from the railway alone."""
        carry(self.rail.folders.outgoing, self.court.folders.incoming)
        await self.court.settle()

    async def carries_everything(self) -> None:
        """One carrying, there and back; each end looks when it is over."""
        carry(self.out, self.into_rail)
        carry(self.rail.folders.outgoing, self.court.folders.incoming)
        await self.rail.settle()
        await self.court.settle()

    async def restarts(self) -> None:
        """Both ends, on their stores."""
        await self.court.close()
        await self.rail.close()
        self.court = await End.open(self.folder / "court", ("court", "agency.rail"), self.clock.now)
        self.rail = await End.open(self.folder / "rail", ("agency.rail", "court"), self.clock.now)
        self.listens()

    def listens(self) -> None:
        for queue in (FEED, EXPRESS):
            self.rail.bus.subscribe(queue, self.hear)

    async def waits(self, **duration: float) -> None:
        self.clock.jump(**duration)
        await self.rail.settle()
        await self.court.settle()

    async def heals(self) -> None:
        """Two carryings, half an hour apart, while the court goes on speaking."""
        for number in range(2):
            await self.writes(FEED, b"beat-%d" % number)
            await self.carries_everything()
            await self.waits(minutes=30)
        await self.carries_everything()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    clock = Clock(START)
    court = await End.open(tmp_path / "court", ("court", "agency.rail"), clock.now)
    rail = await End.open(tmp_path / "rail", ("agency.rail", "court"), clock.now)
    line = Line(tmp_path, clock, court, rail)
    line.listens()
    yield line
    await line.court.close()
    await line.rail.close()


async def test_letters_sort_in_the_order_of_writing_and_are_the_message_unchanged(line: Line) -> None:
    letters = await line.writes(EXPRESS, b"one", b"two", b"three")

    assert [unpack_letter(letter.read_bytes())[1] for letter in letters] == [b"one", b"two", b"three"]


async def test_a_letter_that_is_half_carried_is_waited_for(line: Line) -> None:
    (letter,) = await line.writes(EXPRESS, b"withdrawn")
    content = letter.read_bytes()
    arrived = line.into_rail / letter.name
    arrived.write_bytes(content[:40])
    await line.rail.settle()
    before = list(line.heard)

    arrived.write_bytes(content)
    await line.waits(seconds=2)

    assert (before, line.heard) == ([], [b"withdrawn"])
    assert list(line.into_rail.iterdir()) == []


async def test_however_long_the_carrying_stands_still_in_the_middle_of_it(line: Line) -> None:
    """The harm: the gateway goes on writing to a file that has been removed, and a withdrawal is lost."""
    (letter,) = await line.writes(EXPRESS, b"withdrawn")
    content = letter.read_bytes()
    with (line.into_rail / letter.name).open("wb", buffering=0) as arrives:
        arrives.write(content[:40])
        await line.rail.settle()
        await line.waits(minutes=2)
        arrives.write(content[40:])
    await line.waits(seconds=2)

    assert line.heard == [b"withdrawn"]


async def test_a_file_of_full_length_that_is_still_being_filled_is_waited_for(line: Line) -> None:
    (letter,) = await line.writes(EXPRESS, b"withdrawn")
    content = letter.read_bytes()
    arrived = line.into_rail / letter.name
    arrived.write_bytes(bytes(len(content)))
    await line.rail.settle()

    arrived.write_bytes(content)
    await line.waits(seconds=30)

    assert line.heard == [b"withdrawn"]


async def test_an_altered_letter_is_refused_and_comes_again(line: Line) -> None:
    (letter,) = await line.writes(EXPRESS, b"withdrawn")
    letter.write_bytes(letter.read_bytes().replace(b"withdrawn", b"reinstate"))
    await line.brings(letter)
    await line.waits(seconds=61)
    after_a_minute = list(line.into_rail.iterdir())

    await line.heals()

    assert after_a_minute == []
    assert line.heard.count(b"withdrawn") == 1
    assert b"reinstate" not in line.heard


async def test_letters_that_come_out_of_order_are_taken_in_order(line: Line) -> None:
    first, second, third = await line.writes(EXPRESS, b"one", b"two", b"three")

    await line.brings(third)
    await line.brings(second)
    await line.brings(first)

    assert line.heard == [b"one", b"two", b"three"]


async def test_a_withdrawal_waits_a_minute_for_a_lost_letter_before_it_and_no_longer(line: Line) -> None:
    lost, withdrawal = await line.writes(EXPRESS, b"lost", b"withdrawn")
    lost.unlink()
    await line.brings(withdrawal)
    at_once = list(line.heard)

    await line.waits(seconds=60)

    assert (at_once, line.heard) == ([], [b"withdrawn"])


async def test_a_lost_letter_is_written_again(line: Line) -> None:
    lost, kept = await line.writes(EXPRESS, b"lost", b"kept")
    lost.unlink()
    await line.brings(kept)
    await line.waits(minutes=2)

    await line.heals()

    assert line.heard.count(b"lost") == 1


async def test_the_list_itself_comes_in_its_order_only(line: Line) -> None:
    lost, _kept = await line.writes(FEED, b"lost", b"kept")
    lost.unlink()
    await line.carries_everything()
    await line.waits(minutes=10)
    while_it_lacks = list(line.heard)

    await line.heals()

    assert while_it_lacks == []
    assert line.heard[:2] == [b"lost", b"kept"]


async def test_what_was_written_again_and_cannot_have_come_yet_is_not_written_once_more(line: Line) -> None:
    lost, _kept = await line.writes(EXPRESS, b"lost", b"kept")
    lost.unlink()
    await line.waits(seconds=1)
    await line.carries_everything()
    await line.waits(minutes=30)
    await line.carries_everything()

    await line.answers(b"receipt")
    carry(line.rail.folders.outgoing, line.court.folders.incoming)
    await line.court.settle()

    copies = [name.copy for name in map(_name_of, line.out.iterdir()) if name.number == 1]
    assert copies == [2]


async def test_a_gateway_that_only_copies_finds_its_folder_cleared_of_what_has_come(line: Line) -> None:
    (letter,) = await line.writes(EXPRESS, b"withdrawn")
    shutil.copy(letter, line.into_rail / letter.name)
    await line.rail.settle()
    await line.answers(b"receipt")
    carry(line.rail.folders.outgoing, line.court.folders.incoming)

    await line.court.settle()

    assert list(line.out.iterdir()) == []


async def test_what_has_not_been_carried_yet_stays_in_the_folder(line: Line) -> None:
    (letter,) = await line.writes(EXPRESS, b"one")
    await line.brings(letter)
    await line.answers(b"receipt")
    (withdrawal,) = await line.writes(EXPRESS, b"withdrawn")

    await line.carries_back()

    assert list(line.out.iterdir()) == [withdrawal]


async def test_who_has_nothing_else_to_say_tells_what_has_come(line: Line) -> None:
    line.court.bus.subscribe(BACK, line.hear)
    await line.writes(EXPRESS, b"withdrawn")
    await line.carries_everything()
    await line.waits(minutes=2)

    (note,) = line.rail.folders.outgoing.iterdir()
    head = _head_of(note)
    await line.carries_everything()
    await line.waits(minutes=30)

    assert head.taken is not None
    assert head.taken.up_to == 1
    assert line.heard == [b"withdrawn"], "a note is no message"
    assert list(line.out.iterdir()) == [], "a note asks for no answer"


async def test_each_end_knows_when_something_was_carried_there_and_back(line: Line) -> None:
    await line.writes(EXPRESS, b"one")
    await line.carries_everything()
    await line.waits(minutes=30)
    await line.writes(EXPRESS, b"two")
    await line.carries_everything()
    await line.answers(b"receipt")
    await line.carries_everything()

    half_past = START + timedelta(minutes=30)
    assert line.rail.bus.carryings.inward == (START, half_past)
    assert line.court.bus.carryings.outward == (START, half_past)
    assert line.court.bus.carryings.inward == (half_past,)


async def test_after_a_restart_each_end_still_knows_when_something_was_carried(line: Line) -> None:
    """The harm: a page says nothing of how old the list is, or calls it new."""
    await line.writes(EXPRESS, b"one")
    await line.carries_everything()
    await line.waits(minutes=30)
    await line.answers(b"receipt")
    await line.carries_everything()

    await line.restarts()

    assert line.rail.bus.carryings.inward == line.court.bus.carryings.outward == (START,)
    assert line.court.bus.carryings.inward == (START + timedelta(minutes=30),)


async def test_a_folder_that_is_not_there_loses_nothing(line: Line) -> None:
    line.out.rmdir()
    await line.court.bus.publish(EXPRESS, b"withdrawn", message_id="m-1", sender="court")
    await line.court.settle()
    trouble = line.court.bus.trouble

    line.out.mkdir()
    await line.waits(seconds=5)
    await line.carries_everything()

    assert trouble == "a folder of the line cannot be used: No such file or directory"
    assert (line.court.bus.trouble, line.heard) == (None, [b"withdrawn"])


async def test_a_clock_that_is_set_back_prolongs_no_rest_from_a_folder(line: Line) -> None:
    line.out.rmdir()
    await line.court.bus.publish(EXPRESS, b"withdrawn", message_id="m-1", sender="court")
    await line.court.settle()

    line.out.mkdir()
    await line.waits(seconds=-600)
    await line.carries_everything()

    assert line.heard == [b"withdrawn"]


async def test_what_a_crash_left_half_written_goes(line: Line) -> None:
    (line.out / ".20260225040000-0123abcd-000000000001-001-9-00.letter.part").touch()

    (written,) = await line.writes(EXPRESS, b"withdrawn")

    assert list(line.out.iterdir()) == [written]


async def test_other_files_in_the_folder_are_left_alone(line: Line) -> None:
    (line.into_rail / "notes.txt").write_bytes(b"{}")

    await line.rail.settle()

    assert [one.name for one in line.into_rail.iterdir()] == ["notes.txt"]


def test_a_letter_of_another_version_says_what_to_compare() -> None:
    with pytest.raises(LetterUnreadable, match="compare the versions"):
        unpack_letter(b'{"stream": 7}\n{}')


def _name_of(path: Path) -> LetterName:
    name = read_name(path.name)
    assert name is not None
    return name


def _head_of(path: Path) -> LetterHead:
    return unpack_letter(path.read_bytes())[0]
