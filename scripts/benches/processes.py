"""Parts of a bench that are processes of their own: told by one line of JSON, they answer by one."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from scripts.engines.processes import EngineFailed, stop

ROOT: Final = Path(__file__).resolve().parents[2]


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
