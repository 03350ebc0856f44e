"""The providers in front of a town, Twilio, a gateway and the court's own app: they take the court's
messages, report their delivery and pass on what people answer, each again until the court has taken it, and
have troubles of their own when told to.
"""

import asyncio
import base64
import json
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from scripts.town import gateways
from scripts.town.gateways import APP_KEY, Gateway, Taken
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
    StaySilent,
)
from scripts.town.whims import Reporting, Treatment, Whims

INBOUND: Final = "/providers/twilio/inbound"
APP_EVENTS: Final = "/providers/app/events"
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
NEVER_OF_TWILIO: Final = Treatment.IS_AWAY
"""Whether it took a message that it answers with 503 nobody knows: that is one of the troubles above."""
TREATED_BY_TWILIO: Final[Mapping[Treatment, Script | None]] = {
    Treatment.TAKES: None,
    Treatment.NEVER_REPORTS: StaySilent(),
    Treatment.DOES_NOT_ANSWER: AcceptThenTimeOut(),
    Treatment.IS_BUSY: Refuse(status=429, code=20429, retry_after="1"),
}


class Text(Protocol):
    """A message that has come to a phone."""

    @property
    def to(self) -> str: ...

    @property
    def body(self) -> str: ...

    @property
    def attempt_id(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What the court is called back with."""

    path: str
    headers: Mapping[str, str]
    data: Any = None
    method: str = "POST"


class Provider:
    """All of them. `public_url`: of the court, as they know it; `phones`: the only ones Twilio reaches."""

    def __init__(self, now: Callable[[], datetime], public_url: str, phones: Sequence[str]) -> None:
        self.whims = Whims()
        self.twilio = FakeTwilio(now=now, chooses=self._treated_by_twilio)
        self.kannel = gateways.kannel(lambda: self.whims.treatment("kannel"))
        self.app = gateways.court_app(lambda: self.whims.treatment("app"))
        self._now = now
        self._public_url = public_url
        self._phones = phones
        self._waiting: asyncio.Queue[Callable[[], Post]] = asyncio.Queue()
        self._late: list[Callable[[], Post]] = []
        self._under_way = 0
        self._replies = 0
        self._events = 0
        self.recovers()

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, now: Callable[[], datetime], public_url: str, phones: Sequence[str]
    ) -> AsyncIterator["Provider"]:
        provider = cls(now, public_url, phones)
        async with AsyncExitStack() as stack:
            for one in (provider.twilio, provider.kannel, provider.app):
                await stack.enter_async_context(one)
            yield provider

    @property
    def settings(self) -> dict[str, str]:
        """What the court is told of its providers."""
        return {
            "TRACKER_SMS": "twilio,kannel",
            "TRACKER_TWILIO_ACCOUNT_SID": ACCOUNT,
            "TRACKER_TWILIO_AUTH_TOKEN": TOKEN,
            "TRACKER_TWILIO_SENDER": "+12025550100",
            "TRACKER_TWILIO_URL": self.twilio.address,
            "TRACKER_KANNEL_URL": self.kannel.address,
            "TRACKER_KANNEL_USERNAME": gateways.USERNAME,
            "TRACKER_KANNEL_PASSWORD": gateways.PASSWORD,
            "TRACKER_KANNEL_SENDER": "+12025550101",
            "TRACKER_KANNEL_TOKEN": gateways.TOKEN,
            "TRACKER_PUSH": "app-webhook",
            "TRACKER_APP_WEBHOOK_URL": self.app.address,
            "TRACKER_APP_WEBHOOK_SECRET": base64.b64encode(APP_KEY.secret).decode(),
            "TRACKER_OUTBOUND_PRIVATE_ALLOWED": "127.0.0.0/8",
        }

    @property
    def waiting(self) -> int:
        """What the court has not taken yet."""
        collected = self._waiting.qsize() + self._under_way
        return sum(len(one.reports) for one in (self.twilio, self.kannel, self.app)) + collected

    def has_whims(self, chance: random.Random) -> None:
        """From now on each message is treated by chance."""
        self.whims = Whims(chance)

    def catches_up(self) -> None:
        """What was to be reported late is reported now, and nothing is late any more."""
        self.whims.may_be_late = False
        for late in self._late:
            self._waiting.put_nowait(late)
        self._late.clear()

    def has_trouble(self, name: str) -> None:
        """Twilio, from now on, until it recovers."""
        script = TROUBLES[name]
        self.twilio.outage = Refuse(status=503) if script is None else None
        self._answer_with(script or Deliver())

    def recovers(self) -> None:
        self.twilio.outage = None
        self._answer_with(Deliver())

    def _treated_by_twilio(self) -> Script | None:
        """None: as its trouble of the hour has it."""
        return TREATED_BY_TWILIO[self.whims.treatment("twilio", but=NEVER_OF_TWILIO)]

    def _answer_with(self, script: Script) -> None:
        self.twilio.scripts = dict.fromkeys(self._phones, script)

    def texts(self) -> Iterator[Sequence[Text]]:
        """The SMS of each provider, in the order in which they came."""
        yield self.twilio.messages
        yield self.kannel.messages

    def messages(self) -> Iterator[Sequence[Text]]:
        """The same, and what the app took."""
        yield from self.texts()
        yield self.app.messages

    def texts_to(self, phone: str) -> list[str]:
        return [one.body for messages in self.texts() for one in messages if one.to == phone]

    def replies(self, phone: str, text: str) -> None:
        """Somebody answers by SMS."""
        self._replies += 1
        form = {"From": phone, "Body": text, "MessageSid": f"SMin{self._replies}"}
        callback = self.twilio.signed(f"{self._public_url}{INBOUND}", form)
        self._waiting.put_nowait(partial(_of_twilio, callback))

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
                self._report("twilio", partial(_of_twilio, self.twilio.callback_of(report)))
            for taken in _emptied(self.kannel):
                self._report("kannel", partial(_of_kannel, taken))
            for taken in _emptied(self.app):
                self._report("app", partial(self._of_app, taken))
            await asyncio.sleep(LOOKS_EVERY_S)

    def _report(self, provider: str, post: Callable[[], Post]) -> None:
        match self.whims.reporting(provider):
            case Reporting.LATE:
                self._late.append(post)
            case Reporting.TWICE:
                self._waiting.put_nowait(post)
                self._waiting.put_nowait(post)
            case Reporting.ONCE:
                self._waiting.put_nowait(post)

    def _of_app(self, taken: Taken) -> Post:
        """Signed when it is posted: what is older than some minutes is refused."""
        self._events += 1
        body = json.dumps({"event": "delivered", "attempt_id": taken.attempt_id}).encode()
        headers = gateways.signed_by_app(f"event-{self._events}", self._now(), body)
        return Post(path=APP_EVENTS, headers=headers, data=body)

    async def _post_all(self, court: Sequence[Program], number: int) -> None:
        while True:
            post = await self._waiting.get()
            self._under_way += 1
            while not await _taken(court[number % len(court)], post()):
                number += 1
                await asyncio.sleep(AGAIN_AFTER_S)
            self._under_way -= 1


def _emptied(gateway: Gateway) -> Sequence[Taken]:
    reports, gateway.reports = gateway.reports, []
    return reports


def _of_twilio(callback: Callback) -> Post:
    return Post(path=str(callback.path), headers=callback.headers, data=callback.form)


def _of_kannel(taken: Taken) -> Post:
    assert taken.report is not None
    return Post(path=str(taken.report.relative()), headers={}, method="GET")


async def _taken(program: Program, post: Post) -> bool:
    try:
        return await program.taken(post.path, data=post.data, headers=post.headers, method=post.method)
    except AWAY:
        return False


def code_in(text: str) -> str | None:
    """What a text asks to be answered with."""
    found = CODE.search(text)
    return None if found is None else found[1]
