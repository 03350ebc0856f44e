"""A keeper as a process of its own, to be killed: its edge has 佟 on the list, its screeners stand in front.

python -m tests.contract.edge.keeping FOLDER PORT SCREENERS
"""

import asyncio
import sys
from datetime import date
from pathlib import Path

import structlog

from adapters.commands.front import Front, screening_in_front
from adapters.commands.lock import locked
from adapters.logs import configure_logs
from adapters.station import Station
from adapters.web.local_api import make_local_api
from schemas.settings import Address
from tests.unit.adapters.world import PHONE, REFERENCE, TONG, World

FOR_EVER = date(2999, 12, 31)
"""The screeners go by the system's clock, unlike the edge behind them."""


async def main(folder: Path, port: int, screeners: int) -> None:
    world = await World.start(folder)
    await world.court.lists(REFERENCE, TONG, valid_until=FOR_EVER)
    await world.beat()
    station = Station(name="rail.1", phone_24h=PHONE)
    front = Front(wanted=screeners, folder=folder / "rail", listen=Address("127.0.0.1", port))
    with locked(front.folder):
        async with screening_in_front(make_local_api(station), station, front) as taken:
            station.open_edge(world.edge)
            structlog.get_logger().info("adapter-listening", port=taken)
            await asyncio.Event().wait()


if __name__ == "__main__":
    configure_logs("adapter")
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
