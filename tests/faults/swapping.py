"""A process that is traced from outside: a whole list takes the place of another, beside that of another
incarnation.

    python -m tests.faults.swapping FOLDER
"""

import asyncio
import sys
from contextlib import closing
from pathlib import Path

from adapters.replica.replica import Replica
from tests.faults.screening import say
from tests.unit.adapters.test_replica import KEYS, NEXT, B, put, signed
from tests.unit.adapters.test_replica_swap import loaded


async def main(folder: Path) -> None:
    with closing(Replica(folder / "replica", KEYS)) as replica:
        other = put(1, 5, B)
        await replica.apply_packet(signed([other], [other], NEXT))
        complete = loaded(replica)
        say("complete")
        await replica.take_over(complete, is_doubted=False)
        say("taken over")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
