"""Both ends of a line by folder in one process, with the gateway between them in the hands of the test."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.folder import FolderBus, Folders, FolderSettings
from adapters.bus.port import DeadLetter, Handler, SetHandler
from adapters.sqlite import SqliteDatabase
from scripts.clocks import JumpingClock


def carry(outgoing: Path, incoming: Path) -> bool:
    """All that is there; whether anything was."""
    letters = sorted(outgoing.glob("*.letter"))
    for letter in letters:
        letter.rename(incoming / letter.name)
    return bool(letters)


class FolderLine:
    """One agency's line: the court's end and the agency's."""

    def __init__(self, name: str, ends: Sequence["End"]) -> None:
        self.name = name
        self.court, self.agency = ends

    @classmethod
    async def open(cls, folder: Path, name: str, clock: JumpingClock) -> "FolderLine":
        court = await End.open(folder / name / "court", ("court", f"agency.{name}"), clock.now)
        agency = await End.open(folder / name / "agency", (f"agency.{name}", "court"), clock.now)
        return cls(name, (court, agency))

    @property
    def inner(self) -> Iterable[EmbeddedBus]:
        return (end.inner for end in (self.court, self.agency))

    async def step(self) -> bool:
        """One round of both ends, and one carrying."""
        worked = [await loop.step() for end in (self.court, self.agency) for loop in end.bus.loops]
        return any([*worked, self.carry()])

    def carry(self) -> bool:
        """Both ways, whole and in order."""
        there = carry(self.court.folders.outgoing, self.agency.folders.incoming)
        return carry(self.agency.folders.outgoing, self.court.folders.incoming) or there

    async def close(self) -> None:
        for end in (self.court, self.agency):
            await end.close()


class End:
    """One end of a line, on its store and its two folders."""

    def __init__(self, bus: FolderBus, database: SqliteDatabase, folders: Folders) -> None:
        self.bus = bus
        self.folders = folders
        self._database = database

    @classmethod
    async def open(cls, folder: Path, parties: tuple[str, str], now: Callable[[], datetime]) -> "End":
        """`parties`: this end's user, and the other end's."""
        folders = Folders(outgoing=folder / "out", incoming=folder / "in")
        for one in (folders.outgoing, folders.incoming):
            one.mkdir(parents=True, exist_ok=True)
        user, peer = parties
        database = await SqliteDatabase.open(folder / "line.sqlite")
        settings = FolderSettings(name=user, user=user, peer=peer, folders=folders)
        bus = await FolderBus.open(database, settings, now, lambda length: user.encode()[-length:])
        return cls(bus, database, folders)

    @property
    def inner(self) -> EmbeddedBus:
        inner = self.bus.loops[1]
        assert isinstance(inner, EmbeddedBus)
        return inner

    async def settle(self) -> None:
        """Until this end has nothing to do."""
        while any([await loop.step() for loop in self.bus.loops]):
            pass

    async def close(self) -> None:
        await self._database.close()


class LinesTogether:
    """Several lines as one bus: each message goes in at its sender's end, and out at its queue's."""

    def __init__(self, lines: Sequence[FolderLine]) -> None:
        self._lines = {line.name: line for line in lines}

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        line = self._line(queue)
        end = line.court if sender == "court" else line.agency
        await end.bus.publish(queue, body, message_id=message_id, sender=sender)

    def subscribe(self, queue: str, handler: Handler) -> None:
        self._consumer(queue).bus.subscribe(queue, handler)

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        self._consumer(queue).bus.subscribe_to_sets(queue, handler)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return [letter for end in self._ends() for letter in await end.bus.dead_letters()]

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        return {one for end in self._ends() for one in await end.bus.replay(message_ids)}

    async def discard(self, mark: str) -> bool:
        return any([await end.bus.discard(mark) for end in self._ends()])

    def _line(self, queue: str) -> FolderLine:
        return self._lines[queue.split(".")[1]]

    def _consumer(self, queue: str) -> End:
        line = self._line(queue)
        return line.court if queue.startswith("from.") else line.agency

    def _ends(self) -> list[End]:
        return [end for line in self._lines.values() for end in (line.court, line.agency)]
