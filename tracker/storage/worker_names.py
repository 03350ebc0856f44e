"""The name of a process, held by a session of its own on PostgreSQL: nobody else works under it meanwhile.

A process frees the leases of its former life, which it knows by its name; two of one name would free each
other's.
"""

import asyncio
import contextlib
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

CONNECT_S: Final = 5.0
ANSWER_S: Final = 5.0
TRIES: Final = 10
TRY_AGAIN_S: Final = 0.2
"""Together two seconds: the server needs a moment to notice that a process of the same name has died."""
# A machine that vanished without a word keeps the name for half a minute, not for hours.
KEEP_ALIVE: Final = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
LOCKS_OF_WORKERS: Final = 0x776F_726B

_WORKERS: Final = sa.text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
    "WHERE locktype = 'advisory' AND granted AND datname = current_database() "
    "AND classid = CAST(:of_workers AS bigint)::oid"
)


class WorkerName:
    """One name at one database."""

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._engine: AsyncEngine = create_async_engine(
            url,
            poolclass=sa.NullPool,
            hide_parameters=True,
            isolation_level="AUTOCOMMIT",
            connect_args={
                "timeout": CONNECT_S,
                "command_timeout": ANSWER_S,
                "server_settings": {"application_name": "debtor-tracker worker", **KEEP_ALIVE},
            },
        )
        self._session: AsyncConnection | None = None

    async def take(self) -> bool:
        """Take the name; False when another process has it."""
        self._session = await self._engine.connect()
        for _ in range(TRIES):
            if await self._lock(self._session):
                return True
            await asyncio.sleep(TRY_AGAIN_S)
        return False

    async def is_alone(self) -> bool:
        """Whether no process of another name works on the database."""
        assert self._session is not None, "take the name first"
        answer = await self._session.execute(_WORKERS, {"of_workers": LOCKS_OF_WORKERS})
        return int(answer.scalar_one()) == 1

    async def keep(self) -> bool:
        """Whether the name is still ours, taking it again after the session was lost."""
        try:
            if self._session is not None:
                await self._session.execute(sa.select(1))
                return True
            self._session = await self._engine.connect()
            if await self._lock(self._session):
                return True
        except (SQLAlchemyError, OSError, TimeoutError):
            pass
        await self._drop_session()
        return False

    async def release(self) -> None:
        """Give the name up."""
        await self._drop_session()
        await self._engine.dispose()

    async def _lock(self, session: AsyncConnection) -> bool:
        key = sa.func.hashtext(self._name)
        answer = await session.execute(sa.select(sa.func.pg_try_advisory_lock(LOCKS_OF_WORKERS, key)))
        return bool(answer.scalar_one())

    async def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await session.close()
