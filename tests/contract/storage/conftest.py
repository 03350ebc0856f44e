"""Each test has a court of its own, copied from one that has moved in; every engine runs the same tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.storage.books import Books, Engine, Postgresql, Sqlite, move_in, open_books
from tests.contract.storage.sighted import Sighted, see_somebody
from tests.engines import Servers
from tests.kept_courts import KeptCourts


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, servers: Servers) -> AsyncIterator[Engine]:
    if request.param == "sqlite":
        yield Sqlite()
        return
    server = await servers.postgres()
    async with KeptCourts.kept(server) as courts:
        yield Postgresql(server, courts)


@pytest.fixture(scope="session")
async def moved_in(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Path:
    """The folder of a court whose people have moved in, closed."""
    folder = tmp_path_factory.mktemp("books") / "court"
    books, database = await open_books(engine, folder)
    await move_in(books.registry)
    await database.close()
    return folder


@pytest.fixture(scope="session")
async def sighted(
    tmp_path_factory: pytest.TempPathFactory, moved_in: Path, engine: Engine
) -> AsyncIterator[Sighted]:
    """One alert in a court of its own; each test undoes what it did."""
    folder = tmp_path_factory.mktemp("sighted") / "court"
    await engine.copy(moved_in, folder)
    books, database = await open_books(engine, folder)
    yield await see_somebody(books)
    await database.close()


@pytest.fixture
async def books(tmp_path: Path, moved_in: Path, engine: Engine) -> AsyncIterator[Books]:
    folder = tmp_path / "court"
    await engine.copy(moved_in, folder)
    books, database = await open_books(engine, folder)
    yield books
    await database.close()
    await engine.forget(folder)
