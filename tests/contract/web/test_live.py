"""Open pages hear that something changed, and never hold up a shutdown."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from scripts import cast
from tests.contract.web.site import Prepared, Site, open_site

SOON_S = 30.0
"""Half of what this server grants to what will not end."""


@pytest.fixture
async def stream(site: Site) -> AsyncIterator[aiohttp.ClientResponse]:
    judge = await site.signed_in(cast.JUDGE)
    async with judge.session.get(f"{site.url}/live") as stream:
        yield stream


async def test_a_commit_wakes_the_page(site: Site, stream: aiohttp.ClientResponse) -> None:
    await site.sees_a()

    async with asyncio.timeout(SOON_S):
        assert await stream.content.readuntil(b"\n\n") == b"event: changed\ndata:\n\n"


async def test_a_stranger_is_told_not_to_come_back(quiet_site: Site) -> None:
    seen = await quiet_site.visitor().opens("/live")

    assert seen.status == 204


async def test_an_open_stream_does_not_hold_up_the_shutdown(prepared: Prepared, tmp_path: Path) -> None:
    async with open_site(prepared, tmp_path / "data") as site:
        judge = await site.signed_in(cast.JUDGE)
        stream = await judge.session.get(f"{site.url}/live")
        assert stream.status == 200

        async with asyncio.timeout(SOON_S):
            await site.closes()

        assert await stream.read() == b""
