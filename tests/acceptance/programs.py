"""The court's programs as an operator has them: started by command with settings, watched by address, ended
by signal.
"""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from scripts.engines.processes import Command
from scripts.town.program import ROOT, environment_of
from scripts.town.starting import Process, Starter, start_anew
from tests.programs import warm

EXAMPLE = ROOT / "docs" / "court.example.toml"
READY = re.compile(r"ready: (http://127\.0\.0\.1:\d+), adapters at port (\d+)")
PATIENCE_S = 60
NOTHING_WRONG = (200, {"ready": True, "reasons": []})
SESSION = "__Host-session"
BROKER_PASSWORD = "of-the-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended: exit code, what it said and complained of, how long it took once told to."""

    code: int
    said: str
    complaints: str
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody at the court's machine, with the settings of one court."""

    settings: Mapping[str, str] = field(repr=False)
    starter: Starter = warm

    def with_settings(self, **changed: str) -> "Operator":
        """The same court with other settings, named without their prefix."""
        named = {f"TRACKER_{name}": text for name, text in changed.items()}
        return replace(self, settings={**self.settings, **named})

    def starting_anew(self) -> "Operator":
        """Every program in an interpreter of its own, as outside of tests."""
        return replace(self, starter=start_anew)

    async def runs(self, *command: str) -> Ended:
        """A command that ends by itself."""
        process = await self._start(*command)
        async with asyncio.timeout(PATIENCE_S):
            said, complaints = await process.communicate()
        return Ended(code=process.returncode or 0, said=said.decode(), complaints=complaints.decode())

    @asynccontextmanager
    async def serves(self, worker: str) -> AsyncIterator["ServingProcess"]:
        """A `tracker serve` of this name, ready; killed at the end if it still runs."""
        began = asyncio.get_running_loop().time()
        process = await self.with_settings(WORKER=worker)._start("serve")
        try:
            async with asyncio.timeout(PATIENCE_S):
                said, url = await _read_until_ready(process)
            took_s = asyncio.get_running_loop().time() - began
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
                yield ServingProcess(process, said, url, client, took_s)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _start(self, *command: str) -> Process:
        return await self.starter(
            Command(
                arguments=("tracker", *command),
                environment=environment_of(self.settings),
                folder=ROOT,
                log=None,
            )
        )


class ServingProcess:
    """A running `tracker serve`."""

    def __init__(
        self, process: Process, said: str, url: str, client: aiohttp.ClientSession, ready_after_s: float
    ) -> None:
        self._process = process
        self._said = said
        self._client = client
        self.url = url
        self.ready_after_s = ready_after_s
        self._complaints: list[str] = []
        self._looked_at = 0
        self._complained = asyncio.Event()
        # Always read: a program whose log nobody takes stands still.
        self._hearing = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._complaints.append(line.decode())
            self._complained.set()
        self._complained.set()

    async def answers(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a page."""
        async with self._client.get(f"{self.url}{path}") as answer:
            return answer.status, await answer.json()

    async def reasons(self) -> list[str]:
        """Why it is not ready; empty when it is."""
        _, body = await self.answers("/readyz")
        return list(body["reasons"])

    async def becomes_ready(self) -> None:
        """Asked again until it says so, and that nothing is wrong any more."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.answers("/readyz") != NOTHING_WRONG:  # noqa: ASYNC110 - another process is waited for
                await asyncio.sleep(0.2)

    async def comes_to(self, reasons: list[str]) -> None:
        """Asked again until just this is wrong: on a busy machine even a database may answer late."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.reasons() != reasons:  # noqa: ASYNC110 - another process is waited for
                await asyncio.sleep(0.2)

    async def comes_to_say(self, reason: str) -> None:
        """Asked again until something wrong begins so; what cannot work for it is named beside it."""
        said: list[str] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not any(one.startswith(reason) for one in said):
                    await asyncio.sleep(0.2)
                    said = await self.reasons()
        except TimeoutError:
            raise AssertionError(f"it says {said}") from None

    async def logs(self, event: str) -> None:
        """Until it has logged an event."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._has_logged(event):
                assert not self._hearing.done(), f"it ended without {event}"
                self._complained.clear()
                await self._complained.wait()

    def _has_logged(self, event: str) -> bool:
        """Among the lines that were not looked at yet."""
        while self._looked_at < len(self._complaints):
            self._looked_at += 1
            if f'"{event}"' in self._complaints[self._looked_at - 1]:
                return True
        return False

    @asynccontextmanager
    async def is_followed(self, login: str, password: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Somebody has signed in and keeps a page open; the cookie is of https, behind a proxy."""
        own_page = {"Sec-Fetch-Site": "same-origin"}
        form = {"login": login, "password": password}
        async with self._client.post(
            f"{self.url}/sign-in", data=form, headers=own_page, allow_redirects=False
        ) as answer:
            session = answer.cookies[SESSION].value
        async with self._client.get(f"{self.url}/live", headers={"Cookie": f"{SESSION}={session}"}) as stream:
            yield stream

    async def ends(self, sign: signal.Signals = signal.SIGTERM) -> Ended:
        """Told to end."""
        began = asyncio.get_running_loop().time()
        self._process.send_signal(sign)
        async with asyncio.timeout(PATIENCE_S):
            assert self._process.stdout is not None
            said = await self._process.stdout.read()
            code = await self._process.wait()
            await self._hearing
        return Ended(
            code=code,
            said=self._said + said.decode(),
            complaints="".join(self._complaints),
            took_s=asyncio.get_running_loop().time() - began,
        )


async def _read_until_ready(process: Process) -> tuple[str, str]:
    assert process.stdout is not None
    assert process.stderr is not None
    said = ""
    while (found := READY.search(said)) is None:
        line = await process.stdout.readline()
        assert line, f"it ended before it was ready: {(await process.stderr.read()).decode()}"
        said += line.decode()
    return said, found[1]


def settings_of_a_court(folder: Path, database_url: str) -> dict[str, str]:
    """Everything but the broker, on free ports."""
    journal = folder / "journal"
    journal.mkdir(exist_ok=True)
    return {
        "TRACKER_COURT_ID": "yunhe",
        "TRACKER_DATABASE_URL": database_url,
        "TRACKER_KEYS_FILE": str(folder / "keys.json"),
        "TRACKER_JOURNAL": str(journal),
        "TRACKER_LISTEN": "127.0.0.1:0",
        "TRACKER_EDGE_LISTEN": "127.0.0.1:0",
        "TRACKER_PUBLIC_URL": "https://court.example",
        "TRACKER_SMS": "twilio",
        "TRACKER_TWILIO_ACCOUNT_SID": "AC0",
        "TRACKER_TWILIO_AUTH_TOKEN": "token-of-the-tests",
        "TRACKER_TWILIO_SENDER": "+12025550100",
        # Nothing listens there: nobody invented is ever told anything.
        "TRACKER_TWILIO_URL": "https://127.0.0.1:9",
    }
