"""Parts of a bench that are processes of their own: told by one line of JSON, they answer by one."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

from adapters.machine import program_loop
from scripts.engines.processes import EngineFailed, stop

ROOT: Final = Path(__file__).resolve().parents[2]
Part: TypeAlias = Callable[[Mapping[str, Any]], Coroutine[Any, Any, None]]


async def said_by(module: str, end: str, **given: Any) -> dict[str, float]:
    """What a part has to say once it is done."""
    async with running(module, end, **given) as said:
        return said


@asynccontextmanager
async def running(module: str, end: str, **given: Any) -> AsyncIterator[dict[str, float]]:
    """What a part has to say; it goes on until the end of the block, if it waits for the end of its input."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, end),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given).encode() + b"\n")
    try:
        yield await _line_of(end, process)
        process.stdin.close()
    finally:
        await stop(process)


async def _line_of(end: str, process: asyncio.subprocess.Process) -> dict[str, float]:
    assert process.stdout is not None
    async for line in process.stdout:
        # Its log goes elsewhere; whatever else is printed is none of its answer.
        if line.startswith(b"{"):
            said: dict[str, float] = json.loads(line)
            return said
    raise EngineFailed(f"the process of the {end} has ended without an answer")


def be_one_of(parts: Mapping[str, Part]) -> None:
    """Be the part that the command line names, on what the first line of the input gives."""
    given = json.loads(sys.stdin.readline())
    with asyncio.Runner(loop_factory=program_loop) as runner:
        runner.run(parts[sys.argv[1]](given))


def tell(**facts: float) -> None:
    """The answer of a part."""
    print(json.dumps(facts), flush=True)
