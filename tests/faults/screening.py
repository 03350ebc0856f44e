"""A process that is traced from outside: its edge takes a list and screens a listed person's card.

    python -m tests.faults.screening FOLDER

What it has done, it says on standard output at once, so that the trace shows what was on the disk by then.
"""

import asyncio
import os
import sys
from pathlib import Path

from tests.unit.adapters.world import REFERENCE, TONG, World, card_use


def say(what: str) -> None:
    os.write(sys.stdout.fileno(), f"{what}\n".encode())


async def main(folder: Path) -> None:
    world = await World.start(folder)
    await world.court.lists(REFERENCE, TONG)
    say("published")
    await world.bus.step()
    say("acknowledged")
    await world.beat()
    say("screening")
    answer = await world.edge.screen(card_use(TONG))
    say(type(answer).__name__)
    await world.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
