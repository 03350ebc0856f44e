"""A private Kannel: bearerbox and smsbox, and its fake centre, behind which all phones are.

The fake centre is a program of Kannel's own. It prints what it is given, which is how texts arrive here; what
a phone sends it is told at its start, so it leaves and comes back for each such SMS.
"""

import asyncio
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

import aiohttp

from scripts.engines.processes import (
    LOCAL,
    Command,
    EngineFailed,
    EngineMissing,
    end_of_log,
    free_port,
    hand_over,
    start,
    stop,
)

CENTRE: Final = Path("/usr/lib/kannel/test/fakesmsc")
SENDER: Final = "10690000"
STARTS_WITHIN_S: Final = 30.0
ASKED_EVERY_S: Final = 0.02
QUIETLY: Final = ("-v", "2")
"""Warnings and errors."""
CONFIGURATION: Final = """\
group = core
admin-interface = {local}
admin-port = {admin}
admin-password = {password}
smsbox-interface = {local}
smsbox-port = {boxes}
box-allow-ip = {local}
sms-resend-freq = 1

group = smsc
smsc = fake
smsc-id = centre
port = {centre}
connect-allow-ip = {local}

group = smsbox
bearerbox-host = {local}
sendsms-interface = {local}
sendsms-port = {sendsms}
mo-recode = true
http-request-retry = 3
http-queue-delay = 1

group = sendsms-user
username = court
password = {password}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
post-url = "http://kannel:{password}@{local}:{court}/providers/kannel/inbound?id=%I"
send-sender = true
max-messages = 0
"""
_ARRIVED: Final = re.compile(r"Got message \d+: <(\S+) (\S+) (text|ucs-2) (.*)>$", re.MULTILINE)
_SENT: Final = re.compile(r"SMS: received \d+ \(\d+ queued\), sent (\d+) \((\d+) queued\)")
_CENTRE_IS_THERE: Final = re.compile(r"centre.*\(online", re.IGNORECASE)


def find_kannel() -> Path:
    """The program `bearerbox`; the fake centre comes in a package of its own."""
    found = shutil.which("bearerbox", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None or not CENTRE.exists():
        raise EngineMissing("Kannel was not found: apt-get install kannel kannel-extras")
    return Path(found)


class KannelServer:
    """A running gateway. `court_port`: where it brings what phones send; `password` proves both ways."""

    def __init__(self, folder: Path) -> None:
        self._programs = find_kannel().parent
        self._folder = folder
        self._ports = {name: free_port() for name in ("admin", "boxes", "centre", "sendsms", "court")}
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self.password = secrets.token_hex(16)
        self.court_port = self._ports["court"]

    @classmethod
    @asynccontextmanager
    async def started(cls, folder: Path) -> AsyncIterator["KannelServer"]:
        """A gateway in an empty folder with its centre, until the end of the block."""
        server = cls(folder)
        hand_over(folder, None)
        settings = CONFIGURATION.format(local=LOCAL, password=server.password, **server._ports)
        (folder / "kannel.conf").write_text(settings)
        try:
            await server._start("bearerbox", *QUIETLY, "kannel.conf")
            await server.starts_smsbox()
            await server.connects_centre()
            yield server
        finally:
            for name in tuple(server._running):
                await server._stop(name)

    @property
    def url(self) -> str:
        """Where texts are handed in."""
        return f"http://{LOCAL}:{self._ports['sendsms']}/cgi-bin/sendsms"

    async def version(self) -> str:
        """Such as 1.4.5."""
        found = re.search(r"version `?([0-9.]+)", await self._status())
        return found[1] if found else "of unknown version"

    async def starts_smsbox(self) -> None:
        await self._start("smsbox", *QUIETLY, "kannel.conf")
        await self._until("smsbox", lambda status: "smsbox" in status and "on-line" in status)

    async def stops_smsbox(self) -> None:
        await self._stop("smsbox")

    async def connects_centre(self, *sent: str) -> None:
        """The centre connects and hands in what a phone has sent, if anything."""
        words = ("-H", LOCAL, "-r", str(self._ports["centre"]), "-m", str(len(sent)), *(sent or ("none",)))
        await self._start("fakesmsc", *words)
        await self._until("fakesmsc", lambda status: _CENTRE_IS_THERE.search(status) is not None)

    async def loses_centre(self) -> None:
        await self._stop("fakesmsc")
        await self._until("bearerbox", lambda status: _CENTRE_IS_THERE.search(status) is None)

    async def phone_sends(self, number: str, text: str) -> None:
        """An SMS from a phone, as the centre hands it in."""
        await self.loses_centre()
        await self.connects_centre(f"{number} {SENDER} text {text}")

    async def arrived(self) -> list[tuple[str, str]]:
        """All that ever came to the centre, as (number, text), once nothing is under way."""
        async with asyncio.timeout(STARTS_WITHIN_S):
            while True:
                counted = _SENT.search(await self._status())
                came = _ARRIVED.findall(self._log("fakesmsc").read_text())
                if counted and counted[2] == "0" and len(came) == int(counted[1]):
                    return [(number, _text(kind, said)) for _, number, kind, said in came]
                await asyncio.sleep(ASKED_EVERY_S)

    async def _start(self, name: str, *arguments: str) -> None:
        program = CENTRE if name == CENTRE.name else self._programs / name
        self._running[name] = await start(
            Command(
                arguments=[program, *arguments],
                environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                folder=self._folder,
                log=self._log(name),
            )
        )
        await self._until(name, bool)

    async def _stop(self, name: str) -> None:
        await stop(self._running.pop(name))

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    async def _until(self, name: str, is_so: Callable[[str], bool]) -> None:
        """Wait until Kannel's own status says so; `name`: the program it depends on."""
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                while not is_so(await self._status()):
                    process = self._running.get(name)
                    if process is None or process.returncode is not None:
                        raise EngineFailed(end_of_log(self._log(name)))
                    await asyncio.sleep(ASKED_EVERY_S)
        except TimeoutError as silent:
            raise EngineFailed(end_of_log(self._log(name))) from silent

    async def _status(self) -> str:
        """Kannel's status page; empty while it does not answer."""
        url = f"http://{LOCAL}:{self._ports['admin']}/status.txt"
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as answer:
                return await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return ""


def _text(kind: str, said: str) -> str:
    """What is no plain ASCII comes as UTF-16, as in the air."""
    return said if kind == "text" else unquote_to_bytes(said.replace("+", " ")).decode("utf-16-be")
