"""The name of a process: for one at a time, free again when its session ends."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from scripts.engines.postgresql import PostgresServer
from tests.engines import Servers
from tracker.storage.worker_names import WorkerName


@pytest.fixture(scope="module")
async def server(servers: Servers) -> PostgresServer:
    return await servers.postgres()


@pytest.fixture
async def url(server: PostgresServer) -> AsyncIterator[str]:
    name = f"names_{uuid4().hex}"
    yield await server.create_database(name)
    await server.drop_database(name)


@pytest.fixture
async def first(url: str) -> AsyncIterator[WorkerName]:
    name = WorkerName(url, "one")
    yield name
    await name.release()


@pytest.fixture
async def second(url: str) -> AsyncIterator[WorkerName]:
    name = WorkerName(url, "one")
    yield name
    await name.release()


async def test_a_name_is_for_one_process(first: WorkerName, second: WorkerName) -> None:
    assert await first.take()
    assert not await second.take()
    assert await first.keep()


async def test_other_names_are_free(first: WorkerName, url: str) -> None:
    other = WorkerName(url, "two")
    assert await first.take()

    assert await other.take()

    await other.release()


async def test_a_name_that_was_given_up_is_free(first: WorkerName, second: WorkerName) -> None:
    assert await first.take()
    await first.release()

    assert await second.take()


async def test_a_lost_session_takes_its_name_again(
    first: WorkerName, second: WorkerName, server: PostgresServer
) -> None:
    assert await first.take()
    await server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'debtor-tracker worker'"
    )

    assert not await first.keep()
    assert await first.keep()
    assert not await second.take()


async def test_a_process_knows_whether_it_is_alone(first: WorkerName, url: str) -> None:
    await first.take()
    alone = await first.is_alone()
    other = WorkerName(url, "two")
    await other.take()

    accompanied = await first.is_alone()
    await other.release()

    assert (alone, accompanied) == (True, False)
