"""A real browser in front of a court at work. What its console complains of fails the test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from scripts.cast import DEMO_PASSWORD, Member
from tests.contract.web.site import Prepared, Site, open_site, prepare
from tests.short_cuts import taking_short_cuts

CHROMIUM = "/usr/bin/chromium"
PATIENCE_MS = 30_000
PHONE = ViewportSize(width=390, height=844)
# What the browser itself says of every form that comes back; no fault of the page.
SIGN_IN_AGAIN = "status of 401"
FORM_CAME_BACK = "status of 422"


@pytest.fixture(scope="package", autouse=True)
def short_cuts() -> Iterator[None]:
    """The pages are looked at here, and no driver."""
    with taking_short_cuts():
        yield


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    # As long as for pages and clicks.
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return await prepare(tmp_path_factory.mktemp("court") / "data")


@pytest.fixture
async def site(prepared: Prepared, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(prepared, tmp_path / "data") as site:
        yield site


class Desk:
    """One browser window of a member of the court."""

    def __init__(self, site: Site, page: Page) -> None:
        self.site = site
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hears(message.text))
        page.on("pageerror", lambda error: self._hears(str(error)))

    def _hears(self, complaint: str) -> None:
        if FORM_CAME_BACK not in complaint and SIGN_IN_AGAIN not in complaint:
            self.complaints.append(complaint)

    async def signs_in(self, member: Member) -> None:
        await self.page.goto(f"{self.site.url}/sign-in")
        await self.page.fill("[name=login]", member.login)
        await self.page.fill("[name=password]", DEMO_PASSWORD)
        await self.page.click("button.primary")
        await self.page.wait_for_url("**/alerts")

    async def opens(self, path: str) -> None:
        await self.page.goto(f"{self.site.url}{path}")

    async def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(await self.page.evaluate(width))


@pytest.fixture
async def window(chromium: Browser) -> AsyncIterator[BrowserContext]:
    context = await chromium.new_context()
    yield context
    await context.close()


@pytest.fixture
async def desk(site: Site, window: BrowserContext) -> AsyncIterator[Desk]:
    desk = Desk(site, await window.new_page())
    yield desk
    assert desk.complaints == []


@pytest.fixture
async def phone(site: Site, chromium: Browser) -> AsyncIterator[Desk]:
    context = await chromium.new_context(viewport=PHONE, has_touch=True)
    phone = Desk(site, await context.new_page())
    yield phone
    await context.close()
    assert phone.complaints == []


@pytest.fixture
async def desk_without_script(site: Site, chromium: Browser) -> AsyncIterator[Desk]:
    context = await chromium.new_context(java_script_enabled=False)
    yield Desk(site, await context.new_page())
    await context.close()
