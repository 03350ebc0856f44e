"""The provider of SMS in front of a town: takes the court's messages, reports their delivery and passes on
what people answer, each again until the court has taken it, and has troubles of its own when told to.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from scripts.town.program import AWAY, Program
from scripts.town.twilio_server import (
    ACCOUNT,
    TOKEN,
    AcceptThenTimeOut,
    Callback,
    Deliver,
    FakeTwilio,
    Ignore,
    Refuse,
    Script,
)

INBOUND: Final = "/providers/twilio/inbound"
AGAIN_AFTER_S: Final = 0.5
LOOKS_EVERY_S: Final = 0.05
AT_ONCE: Final = 8
CODE: Final = re.compile(r"回(\d{5})")
TROUBLES: Final[dict[str, Script | None]] = {
    "silent": Ignore(),
    "failing": None,
    "takes and does not answer": AcceptThenTimeOut(statuses=("sent", "delivered")),
}
"""By name; None: whatever is asked is answered with 503, look-ups among it."""


class Provider:
    """`public_url`: of the court, as the provider knows it; `phones`: the only ones it reaches."""

    def __init__(self, twilio: FakeTwilio, public_url: str, phones: Sequence[str]) -> None:
        self.twilio = twilio
        self._public_url = public_url
        self._phones = phones
        self._waiting: asyncio.Queue[Callback] = asyncio.Queue()
        self._under_way = 0
        self._replies = 0
        self.recovers()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, now: Callable[[], datetime], public_url: str, phones: Sequence[str]
    ) -> AsyncIterator["Provider"]:
        async with FakeTwilio(now=now) as twilio:
            yield cls(twilio, public_url, phones)

    @property
    def settings(self) -> dict[str, str]:
        """What the court is told of its provider."""
        return {
            "TRACKER_SMS": "twilio",
            "TRACKER_TWILIO_ACCOUNT_SID": ACCOUNT,
            "TRACKER_TWILIO_AUTH_TOKEN": TOKEN,
            "TRACKER_TWILIO_SENDER": "+12025550100",
            "TRACKER_TWILIO_URL": self.twilio.address,
        }

    @property
    def waiting(self) -> int:
        """What the court has not taken yet."""
        return len(self.twilio.reports) + self._waiting.qsize() + self._under_way

    def has_trouble(self, name: str) -> None:
        """From now on, until it recovers."""
        script = TROUBLES[name]
        self.twilio.outage = Refuse(status=503) if script is None else None
        self._answer_with(script or Deliver())

    def recovers(self) -> None:
        self.twilio.outage = None
        self._answer_with(Deliver())

    def _answer_with(self, script: Script) -> None:
        self.twilio.scripts = dict.fromkeys(self._phones, script)

    def texts_to(self, phone: str) -> list[str]:
        return self.twilio.texts_to(phone)

    def replies(self, phone: str, text: str) -> None:
        """Somebody answers by SMS."""
        self._replies += 1
        form = {"From": phone, "Body": text, "MessageSid": f"SMin{self._replies}"}
        self._waiting.put_nowait(self.twilio.signed(f"{self._public_url}{INBOUND}", form))

    async def calls_back(self, court: Sequence[Program]) -> None:
        """For ever: post to any process of the court what waits, until it is taken."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._collect())
            for number in range(AT_ONCE):
                group.create_task(self._post_all(court, number))

    async def _collect(self) -> None:
        while True:
            reports, self.twilio.reports = self.twilio.reports, []
            for report in reports:
                self._waiting.put_nowait(self.twilio.callback_of(report))
            await asyncio.sleep(LOOKS_EVERY_S)

    async def _post_all(self, court: Sequence[Program], number: int) -> None:
        while True:
            callback = await self._waiting.get()
            self._under_way += 1
            while not await _taken(court[number % len(court)], callback):
                number += 1
                await asyncio.sleep(AGAIN_AFTER_S)
            self._under_way -= 1


async def _taken(program: Program, callback: Callback) -> bool:
    try:
        return await program.taken(str(callback.path), data=callback.form, headers=callback.headers)
    except AWAY:
        return False


def code_in(text: str) -> str | None:
    """What a text asks to be answered with."""
    found = CODE.search(text)
    return None if found is None else found[1]
