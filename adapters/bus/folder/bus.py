"""The bus of one end of a line by folder."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from adapters.bus.embedded import EmbeddedBus
from adapters.bus.folder import spool
from adapters.bus.folder.carrier import Carrier
from adapters.bus.folder.settings import FolderSettings
from adapters.bus.port import DeadLetter, Handler, SetHandler
from adapters.sqlite import SqliteDatabase
from schemas.carryings import Carryings


class FolderBus:
    """`loops` carry it: one moves letters, the other hands over what they brought. What is refused here lies
    among the dead letters of this end.
    """

    def __init__(self, database: SqliteDatabase, user: str, inner: EmbeddedBus, carrier: Carrier) -> None:
        self._database = database
        self._user = user
        self._inner = inner
        self._carrier = carrier
        self.loops: Final = (carrier, inner)

    @classmethod
    async def open(
        cls,
        database: SqliteDatabase,
        settings: FolderSettings,
        now: Callable[[], datetime],
        draw: Callable[[int], bytes],
    ) -> "FolderBus":
        """On a store of its own; `draw` gives so many random bytes. The folders may come later."""
        inner = EmbeddedBus(database, now)
        carrier = Carrier(database, settings, inner, now, draw)
        await carrier.open()
        return cls(database, settings.user, inner, carrier)

    @property
    def trouble(self) -> str | None:
        """Why the folders cannot be used, in plain words; None while they can."""
        return self._carrier.trouble

    @property
    def carryings(self) -> Carryings:
        """When the gateway has brought something, both ways."""
        return self._carrier.carryings

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit to the store."""
        self._database.on_commit(listener)

    async def publish(self, queue: str, body: bytes, *, message_id: str, sender: str) -> None:
        """Durable in this end's own store; a letter as soon as the folder can be written to."""
        if sender != self._user:
            raise ValueError(f"this end publishes as {self._user}, not as {sender}")
        async with self._database.transaction() as tx:
            await spool.add_letter(tx, queue, message_id, body)

    def subscribe(self, queue: str, handler: Handler) -> None:
        self._inner.subscribe(queue, handler)

    def subscribe_to_sets(self, queue: str, handler: SetHandler) -> None:
        self._inner.subscribe_to_sets(queue, handler)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._inner.dead_letters()

    async def replay(self, message_ids: Collection[str]) -> Collection[str]:
        return await self._inner.replay(message_ids)

    async def discard(self, mark: str) -> bool:
        return await self._inner.discard(mark)
