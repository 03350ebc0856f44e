"""A line between two programs that can be cut, stalled, slowed and mended: plain TCP, byte for byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LOCAL = "127.0.0.1"
CHUNK = 65_536


class Proxy:
    """Listens on a free port and hands everything on to another one."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._lines: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._last_words = b""
        self.port = 0
        self.delay_s = 0.0

    @classmethod
    @asynccontextmanager
    async def before(cls, to_port: int) -> AsyncIterator["Proxy"]:
        proxy = cls(to_port)
        proxy._server = await asyncio.start_server(proxy._accept, LOCAL, 0)
        proxy.port = proxy._server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            proxy._server.close()
            await proxy.cut()

    async def cut(self) -> None:
        """End every connection, and refuse new ones until it is mended."""
        self._is_cut = True
        lines = list(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    def end_behind(self, words: bytes) -> None:
        """The next connection on which these words are said ends right behind them."""
        self._last_words = words

    def stall(self) -> None:
        """Keep every connection open and hand nothing on."""
        self._flows.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._flows.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.ensure_future(self._carry(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward: asyncio.StreamWriter | None = None
        try:
            if self._is_cut:
                return
            answers, onward = await asyncio.open_connection(LOCAL, self._to_port)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, onward))
                group.create_task(self._pass(answers, writer))
        except* OSError:
            pass
        finally:
            for end in filter(None, (writer, onward)):
                end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            await self._flows.wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            writer.write(chunk)
            if self._last_words and self._last_words in chunk:
                self._last_words = b""
                writer.transport.abort()
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
