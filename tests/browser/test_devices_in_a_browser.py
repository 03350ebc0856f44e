"""A phone is put on: its browser subscribes, shows what comes, and says so. Only the subscribing is scripted:
a browser's own push service is not to be had here, so another one stands in for it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Worker, expect

from notifications.channels.outbound import Outbound
from notifications.channels.web_push import WebPush
from scripts import cast
from tests.browser.conftest import Desk
from tests.contract.channels.pushes import LOCAL, WEB_PUSH
from tests.contract.web.site import Prepared, open_site
from tests.push_service.service import Browser, PushService, push_service_started
from tracker.web.settings import PushWays

HANDLES_WITHIN_S = 60
SUBSCRIBES = """
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async () => ({ toJSON: () => (%s) });
"""
HANDLES = """() => {
    const waits = ExtendableEvent.prototype.waitUntil;
    self.handled = new Promise((resolve, reject) => {
        ExtendableEvent.prototype.waitUntil = function (work) {
            work.then(resolve, reject);
            waits.call(this, work);
        };
    });
}"""
# Never asked while it is being shown: what Chromium has written and does not display yet, it forgets.
SHOWN = """async (title) => {
    const shown = await self.registration.getNotifications();
    return shown.find((one) => one.title === title);
}"""
READS = f"""async (title) => {{
    const shown = await ({SHOWN})(title);
    return {{ body: shown.body, actions: shown.actions.map((action) => action.title) }};
}}"""
TAPS = f"""async (title) => {{
    const notification = await ({SHOWN})(title);
    self.dispatchEvent(new NotificationEvent("notificationclick", {{ notification }}));
}}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """The judge's phone, and what stands for it at the push service."""

    desk: Desk
    service: PushService
    browser: Browser

    @property
    def worker(self) -> Worker:
        return self.desk.page.context.service_workers[0]

    async def gets(self, message: dict[str, Any]) -> None:
        """The push service hands over a message, and its worker is done with it."""
        await self.worker.evaluate(HANDLES)
        session = await self.desk.page.context.new_cdp_session(self.desk.page)
        registered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def note(told: dict[str, Any]) -> None:
            for one in told["registrations"]:
                if not registered.done():
                    registered.set_result(one["registrationId"])

        session.on("ServiceWorker.workerRegistrationUpdated", note)
        await session.send("ServiceWorker.enable")
        to = {"origin": self.desk.site.url, "registrationId": await registered}
        await session.send("ServiceWorker.deliverPushMessage", to | {"data": json.dumps(message)})
        await session.detach()
        async with asyncio.timeout(HANDLES_WITHIN_S):
            await self.worker.evaluate("() => self.handled")


@pytest.fixture
async def phone(prepared: Prepared, chromium: Chromium, tmp_path: Path) -> AsyncIterator[Phone]:
    outbound = Outbound(LOCAL)
    web_push = WebPush(WEB_PUSH, outbound)
    ways = PushWays(channels={web_push.name: web_push}, web_push=web_push, outbound=outbound)
    window = await chromium.new_context()
    async with push_service_started() as service, open_site(prepared, tmp_path / "data", push=ways) as site:
        browser = service.subscribes(web_push.public_key)
        await window.grant_permissions(["notifications"], origin=site.url)
        await window.add_init_script(SUBSCRIBES % json.dumps(browser.subscription))
        desk = Desk(site, await window.new_page())
        yield Phone(desk=desk, service=service, browser=browser)
        await window.close()
        assert desk.complaints == []
    await outbound.close()


async def test_a_phone_is_put_on_proven_rung_and_given_up(phone: Phone) -> None:
    desk = phone.desk
    devices = desk.page.locator("#devices")
    await desk.signs_in(cast.JUDGE)
    await desk.opens("/devices")
    await desk.page.fill("[name=label]", "我的手机")
    await desk.page.get_by_role("button", name="允许通知").click()
    await expect(devices).to_contain_text("已发出，等待点击")
    await expect(devices).to_contain_text("未经测试，不计入")

    (test,) = phone.service.received(phone.browser)
    await phone.gets(test)
    await phone.worker.evaluate(TAPS, "测试通知")
    await expect(devices).to_contain_text("已看到")
    await expect(devices).to_contain_text("可用")

    alert = await desk.site.sees_a()
    page = phone.service.received(phone.browser)[-1]
    await phone.gets(page)
    assert await phone.worker.evaluate(READS, "行踪预警 · 28日06:59 北京西") == {
        "body": "26执1357 佟某 · Z38次 7车12下 · 点开看剩余时间与文书",
        "actions": ["接手", "不便出动"],
    }
    assert page["alert"] == alert.alert_id
    await desk.opens(f"/alerts/{alert.alert_id}")
    await expect(desk.page.locator("main")).to_contain_text("推送 已送达")

    phone.service.expires(phone.browser)
    await desk.site.stage.takes(cast.DUTY_OFFICER, alert)
    await desk.opens("/devices")
    await expect(devices).to_contain_text("已失效")
    await expect(devices).to_contain_text("设备已退订")
