"""The provider of `notice-throughput`, a process of its own: takes every message and answers at once.

Run as a program, it says at which port it listens, and ends with its input.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any, Final

from yarl import URL

from adapters.machine import SystemClock
from scripts.benches.processes import be_one_of, tell
from scripts.cast import DUTY_OFFICER, JUDGE
from scripts.town.court import reachable
from scripts.town.twilio_server import FakeTwilio, StaySilent

PROVIDER: Final = "provider"
NUMBERS: Final = {one.person_id: reachable(one.phone) for one in (JUDGE, DUTY_OFFICER)}
"""Invented, and of a country to which the provider sends everything."""


async def _provider(_given: Mapping[str, Any]) -> None:
    async with FakeTwilio(now=SystemClock().now) as server:
        server.scripts = dict.fromkeys(NUMBERS.values(), StaySilent())
        tell(port=URL(server.address).port or 0)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    be_one_of({PROVIDER: _provider})
