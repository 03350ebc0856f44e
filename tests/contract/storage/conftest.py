"""Each test has a court of its own, copied from one that has moved in; every engine runs the same tests."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.storage.books import Books, OpenDatabase, migrated_sqlite, move_in, open_books

ENGINES: dict[str, OpenDatabase] = {"sqlite": migrated_sqlite}


@pytest.fixture(scope="session", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> OpenDatabase:
    return ENGINES[request.param]


@pytest.fixture(scope="session")
async def moved_in(tmp_path_factory: pytest.TempPathFactory, engine: OpenDatabase) -> Path:
    """The folder of a court whose people have moved in, closed."""
    folder = tmp_path_factory.mktemp("books")
    books, database = await open_books(engine, folder / "court.sqlite")
    await move_in(books.registry)
    await database.close()
    return folder


@pytest.fixture
async def books(tmp_path: Path, moved_in: Path, engine: OpenDatabase) -> AsyncIterator[Books]:
    folder = tmp_path / "court"
    shutil.copytree(moved_in, folder)
    books, database = await open_books(engine, folder / "court.sqlite")
    yield books
    await database.close()
