"""One court for each test, or one for a module whose tests leave nothing behind."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contract.web.site import PUBLIC_URL, Prepared, Site, open_site, prepare
from tests.short_cuts import taking_short_cuts


@pytest.fixture(scope="package", autouse=True)
def short_cuts() -> Iterator[None]:
    """The pages are looked at here, and no driver."""
    with taking_short_cuts():
        yield


@pytest.fixture(scope="session")
async def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return await prepare(tmp_path_factory.mktemp("court") / "data")


@pytest.fixture
async def site(prepared: Prepared, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(prepared, tmp_path / "data") as site:
        yield site


@pytest.fixture(scope="module")
async def quiet_site(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One court for all tests of a module that leave nothing behind."""
    async with open_site(prepared, tmp_path_factory.mktemp("quiet") / "data") as site:
        yield site


@pytest.fixture
async def public_site(prepared: Prepared, tmp_path: Path) -> AsyncIterator[Site]:
    """The court as the outside world sees it, behind https."""
    async with open_site(prepared, tmp_path / "data", PUBLIC_URL) as site:
        yield site
