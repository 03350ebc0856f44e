"""A demonstration server as a stranger has it: started by command, read from its pages, ended by Ctrl-C."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"(?:已就绪：|ready: )(http://127\.0\.0\.1:\d+)")
PATIENCE_S = 60
BASH = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a server ended: its exit code, what it wrote to standard error, and how long it took."""

    code: int
    complaints: str
    took_s: float


class Server:
    """A running demonstration. `said` is what it printed until it was ready."""

    def __init__(self, process: Process, said: str, url: str, client: aiohttp.ClientSession) -> None:
        self._process = process
        self._client = client
        self.said = said
        self.url = url

    async def page(self, path: str) -> str:
        """The page, which must be there."""
        async with self._client.get(f"{self.url}{path}") as answer:
            assert answer.status == 200, f"{path} answers {answer.status}"
            return await answer.text()

    async def post(self, path: str, origin: str | None = None, **fields: str) -> int:
        """Send a form; the status of the answer, not of the page it leads to."""
        headers = {} if origin is None else {"Origin": origin}
        async with self._client.post(
            f"{self.url}{path}", data=fields, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status

    async def page_with(self, path: str, text: str) -> str:
        """The page once it shows a text; like a browser, it looks again whenever something happened."""
        async with asyncio.timeout(PATIENCE_S), self._client.get(f"{self.url}/demo/live") as stream:
            while text not in (page := await self.page(path)):
                await stream.content.readuntil(b"\n\n")
        return page

    async def ends(self) -> Ended:
        """Ctrl-C, with a page open that follows the stream."""
        async with self._client.get(f"{self.url}/demo/live"):
            began = asyncio.get_running_loop().time()
            self._process.send_signal(signal.SIGINT)
            _, complaints = await self._process.communicate()
        took_s = asyncio.get_running_loop().time() - began
        return Ended(code=self._process.returncode or 0, complaints=complaints.decode(), took_s=took_s)


@asynccontextmanager
async def demonstration(data: Path, *options: str) -> AsyncIterator[Server]:
    """`./scripts/run` on a free port, without simulated traffic; ended if it has not been."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "scripts.main", "--port", "0", "--rate", "0", "--data", str(data), *options),
        cwd=ROOT,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            said, url = await _read_until_ready(process)
        async with aiohttp.ClientSession() as client:
            yield Server(process, said, url, client)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def _read_until_ready(process: Process) -> tuple[str, str]:
    assert process.stdout is not None
    said = ""
    while (found := ADDRESS.search(said)) is None:
        line = await process.stdout.readline()
        assert line, f"the server ended before it was ready, having said: {said}"
        said += line.decode()
    return said, found[1]


def snippets_of(document: str) -> tuple[str, str]:
    """The bash blocks of a README: how a sighting is posted, and how somebody pays."""
    sighting, payment = BASH.findall((ROOT / document).read_text(encoding="utf-8"))
    return sighting, payment


async def run_in_bash(snippet: str, folder: Path) -> str:
    """What a shell prints that stands in the folder."""
    shell = await asyncio.create_subprocess_exec("bash", "-c", snippet, cwd=folder, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(PATIENCE_S):
        printed, complaints = await shell.communicate()
    assert complaints == b"", complaints.decode()
    return printed.decode()
