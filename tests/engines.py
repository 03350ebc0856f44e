"""The production engines of a test run: one PostgreSQL, one RabbitMQ and one Kannel, started when a test
first asks for them and ended with the run, which says in its last lines which engines took part.

A server that cannot be had is an error of every test that needs it, never a skip.
"""

import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from scripts.engines.kannel import KannelServer
from scripts.engines.postgresql import PostgresServer
from scripts.engines.rabbitmq import RabbitServer
from tests.push_service.service import PushService, push_service_started

ENGINES = pytest.StashKey[set[str]]()


class Worker(Protocol):
    """What pytest-xdist tells of one of its processes that has ended."""

    config: pytest.Config
    workeroutput: dict[str, Any]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ENGINES] = {f"SQLite {sqlite3.sqlite_version}", "embedded bus"}


class Servers:
    """Starts a server when it is first asked for."""

    def __init__(self, folder: Path, engines: set[str], stack: AsyncExitStack) -> None:
        self._folder = folder
        self._engines = engines
        self._stack = stack
        self._postgres: PostgresServer | None = None
        self._rabbit: RabbitServer | None = None
        self._kannel: KannelServer | None = None
        self._push_service: PushService | None = None

    async def postgres(self) -> PostgresServer:
        if self._postgres is None:
            started = PostgresServer.started(self._folder / "postgresql")
            self._postgres = await self._stack.enter_async_context(started)
            self._engines.add(f"PostgreSQL {await self._postgres.version()}")
        return self._postgres

    async def rabbit(self) -> RabbitServer:
        if self._rabbit is None:
            started = RabbitServer.started(self._folder / "rabbitmq")
            self._rabbit = await self._stack.enter_async_context(started)
            self._engines.add(f"RabbitMQ {await self._rabbit.version()}")
        return self._rabbit

    async def kannel(self) -> KannelServer:
        if self._kannel is None:
            started = KannelServer.started(self._folder / "kannel")
            self._kannel = await self._stack.enter_async_context(started)
            self._engines.add(f"Kannel {await self._kannel.version()}")
        return self._kannel

    async def push_service(self) -> PushService:
        if self._push_service is None:
            self._push_service = await self._stack.enter_async_context(push_service_started())
        return self._push_service


@pytest.fixture(scope="session")
async def servers(pytestconfig: pytest.Config) -> AsyncIterator[Servers]:
    """The real servers; each test makes databases of its own, each suite a virtual host of its own."""
    # Not among the folders of pytest: every start of pytest closes those to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="debtor-tracker-engines-") as folder:
        async with AsyncExitStack() as stack:
            yield Servers(Path(folder), pytestconfig.stash[ENGINES], stack)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["engines"] = engines_of(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Worker, error: object) -> None:
    """A process of pytest-xdist says which engines its tests ran on."""
    node.config.stash[ENGINES].update(node.workeroutput.get("engines", ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    terminalreporter.write_line(f"engines: {', '.join(engines_of(config))}")


def engines_of(config: pytest.Config) -> list[str]:
    found = config.stash[ENGINES]
    return sorted(found)
