"""A process under strace: what it wrote where, and what it waited for the disk to keep, in order."""

import asyncio
import re
import shutil
import sys
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CALLS: Final = "openat,write,writev,pwrite64,pwritev,fsync,fdatasync,msync,/^rename"
SYNCS: Final = frozenset({"fsync", "fdatasync"})
CALL: Final = re.compile(r"(?P<thread>\d+) +(?P<name>\w+)\((?P<fd>\d+)<(?P<path>[^>]*)>(?P<rest>.*)")
RESUMED: Final = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<name>\w+) resumed>")
RENAMED: Final = re.compile(r'\d+ +rename\w*\(.*"(?P<path>[^"]+)"')
OPENED_DURABLE: Final = re.compile(r"O_D?SYNC.*= (?P<fd>\d+)<(?P<path>[^>]*)>")
UNFINISHED: Final = "<unfinished ...>"
LONGEST_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`what`: written, synced, renamed to that name, or what was said on standard output. A sync counts from
    its end, everything else from its beginning.
    """

    file: str
    what: str


async def trace(module: str, folder: Path) -> list[Event]:
    """Run a module of the tests on a folder and read its trace."""
    strace = shutil.which("strace")
    assert strace is not None, "strace was not found: apt-get install strace"
    log = folder / "trace"
    tracing = (strace, "-f", "--seccomp-bpf", "-y", "-s", "64", "-e", f"trace={CALLS}", "-o", str(log))
    process = await asyncio.create_subprocess_exec(
        *tracing, sys.executable, "-m", module, str(folder), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(LONGEST_S):
        await process.communicate()
    assert process.returncode == 0
    return read(log.read_text(errors="replace").splitlines())


def read(lines: list[str]) -> list[Event]:
    events, durable, waiting = list[Event](), set[str](), dict[str, Event]()
    for line in lines:
        opened = OPENED_DURABLE.search(line)
        if opened is not None:
            durable.add(opened["fd"])
        renamed = RENAMED.match(line)
        if renamed is not None:
            events.append(Event(file=Path(renamed["path"]).name, what="renamed"))
        resumed = RESUMED.match(line)
        if resumed is not None and resumed["thread"] in waiting:
            events.append(waiting.pop(resumed["thread"]))
        call = CALL.match(line)
        if call is not None:
            begun, ended = _of_call(call, call["fd"] in durable)
            events += begun
            if ended is not None and line.endswith(UNFINISHED):
                waiting[call["thread"]] = ended
            elif ended is not None:
                events.append(ended)
    return events


def _of_call(call: re.Match[str], is_durable: bool) -> tuple[list[Event], Event | None]:
    """What a call does at its beginning and at its end."""
    file = Path(call["path"]).name
    if call["name"] in SYNCS:
        return [], Event(file=file, what="synced")
    if call["fd"] == "1":
        said = re.search(r'"(.*?)\\n"', call["rest"])
        return [Event(file="answer", what=said[1] if said else "")], None
    written = Event(file=file, what="written")
    return [written], Event(file=file, what="synced") if is_durable else None


def between(events: list[Event], begin: str, end: str, *files: str) -> list[tuple[str, str]]:
    """What happened to some files between two words on standard output; alike in a row counts once."""
    first, last = (events.index(Event(file="answer", what=word)) for word in (begin, end))
    happened = [(one.file, one.what) for one in events[first:last] if one.file in files]
    return [one for one, _ in groupby(happened)]
