"""For loops that leave work under way when a round ends."""

import asyncio
from types import TracebackType
from typing import Self


class SideBySide:
    """As a context it lets no round wait for what the round began; its end waits for all of it. Without a
    context a round waits.
    """

    _group: asyncio.TaskGroup | None = None

    async def __aenter__(self) -> Self:
        self._group = await asyncio.TaskGroup().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        group, self._group = self._group, None
        assert group is not None
        await group.__aexit__(kind, error, trace)
