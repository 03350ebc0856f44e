"""A town under traffic, in which everything is killed at random, loses nothing and doubles nothing that had a
definite answer.

The seed is the order of the strikes; what they hit is never quite the same. `./scripts/bench soak` plays it
with other seeds, and longer.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENDS_WITHIN_S = 900
SEED = "1126"
PROMISED = {
    "lost": [0, True],
    "doubled where definite": [0, True],
    "unsettled": [0, True],
    "dead letters": [0, True],
    "names in logs": [0, True],
    "broken audit chains": [0, True],
}
STRUCK = {
    *("struck: serve-one", "struck: serve-two", "struck: postgresql", "struck: rabbitmq"),
    *("struck: adapter-rail", "struck: adapter-police", "struck: adapter-border"),
    "struck: adapter-exit-entry",
}


PLAYED = {
    *(
        "played: twilio is busy",
        "played: twilio takes and is silent",
        "played: twilio takes and never reports",
    ),
    *("played: twilio reports twice", "played: twilio reports late", "played: kannel takes"),
    *(
        "played: kannel reports late",
        "played: app is busy",
        "played: app is away",
        "played: app reports twice",
    ),
}


async def figures_of_a_soak() -> dict[str, list[object]]:
    """Value and verdict of each figure of a quick soak of 300 alerts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-m", "scripts.benches", "soak", "--quick", "--json", "--warm", "--seed", SEED),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            said, told = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, told.decode()
    lines = [json.loads(line) for line in said.decode().splitlines()]
    return {line["figure"]: [line["value"], line["met"]] for line in lines[1:]}


async def test_nothing_is_lost_and_nothing_doubled() -> None:
    figures = await figures_of_a_soak()

    assert {name: figures[name] for name in PROMISED} == PROMISED
    assert figures["alerts"] == [300, None]
    assert {name for name in figures if name.startswith("struck: ")} >= STRUCK
    assert {name for name in figures if name.startswith("played: ")} >= PLAYED
