"""The console in a real browser: under its strict content policy, on a phone, and without any script."""

from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from scripts import cast
from scripts.desk import court_time
from tests.browser.conftest import Desk
from tests.import_sheets import rows_about, sheet

PAGES = ["/alerts", "/entries", "/entries/new", "/cases/new", "/imports", "/approvals", "/agencies"]
NUMBER = '[name="documents[0].number"]'
NUMBERS_WARNING = '[data-warning-for="documents[0].number"]'
NUMBERS_PROBLEM = '[data-problem-for="documents[0].number"]'


async def test_a_wrong_number_is_told_while_the_form_is_filled_in(desk: Desk) -> None:
    await desk.signs_in(cast.CLERK)
    await desk.opens("/entries/new")

    await desk.page.fill(NUMBER, "990000197903120135")
    await desk.page.press(NUMBER, "Tab")
    await expect(desk.page.locator(NUMBERS_PROBLEM)).to_contain_text("校验码不符")
    await expect(desk.page.locator('[data-problem-for="subject_name"]')).to_be_hidden()

    await desk.page.fill(NUMBER, cast.resident_number(date(1979, 3, 12), 77))
    await expect(desk.page.locator(NUMBERS_PROBLEM)).to_be_hidden()
    await expect(desk.page.locator(NUMBERS_WARNING)).to_contain_text("地区代码不属于任何省份")


async def test_a_refused_form_leads_to_what_is_wrong_and_keeps_saying_it(phone: Desk) -> None:
    await phone.signs_in(cast.CLERK)
    await phone.opens("/entries/new")
    await phone.page.fill('[name="case_number"]', cast.A_CASE)
    await phone.page.get_by_role("button", name="登记并提交审批").click()
    await expect(phone.page.locator('[name="release_amount"]')).to_be_focused()

    await phone.page.fill('[name="release_amount"]', "86,400")

    await expect(phone.page.locator('[data-problem-for="release_amount"]')).to_be_hidden()
    await expect(phone.page.locator('[data-problem-for="subject_name"]')).to_be_visible()


async def test_who_is_listed_already_is_told_before_the_form_is_sent(desk: Desk) -> None:
    await desk.signs_in(cast.CLERK)
    await desk.opens("/entries/new")

    await desk.page.fill('[name="case_number"]', cast.A_CASE)
    await desk.page.fill(NUMBER, cast.A.number)

    await expect(desk.page.locator("#listed")).to_contain_text("26执1357")


async def test_the_form_asks_for_the_papers_of_its_measure(desk: Desk) -> None:
    await desk.signs_in(cast.CLERK)
    await desk.opens("/entries/new")

    await desk.page.select_option("[name=measure]", "hold-for-summons")

    await expect(desk.page.locator('[data-paper="summons-warrant"]')).to_be_visible()
    await expect(desk.page.locator('[data-paper="assistance-letter"]')).to_be_hidden()
    await expect(desk.page.locator("#limit")).to_have_text("本措施最长 90 日")


async def test_an_open_page_shows_who_took_the_alert(desk: Desk) -> None:
    alert = await desk.site.sees_a()
    await desk.signs_in(cast.DUTY_OFFICER)
    await desk.opens(f"/alerts/{alert.alert_id}")

    await desk.site.stage.takes(cast.JUDGE, alert)

    await expect(desk.page.locator("#now")).to_contain_text("沈法官 已接手")


async def test_what_somebody_is_writing_is_not_swept_away(desk: Desk) -> None:
    alert = await desk.site.sees_a()
    await desk.signs_in(cast.JUDGE)
    await desk.opens(f"/alerts/{alert.alert_id}")
    await desk.page.fill("[name=muster_place]", "北京西站台")

    await desk.site.stage.takes(cast.JUDGE, alert)

    await expect(desk.page.locator("#now")).to_contain_text("沈法官 已接手")
    await expect(desk.page.locator("[name=muster_place]")).to_have_value("北京西站台")


async def test_what_somebody_is_writing_outlives_the_session(desk: Desk) -> None:
    """A page that changes by itself may not stay when the session ends, whatever is being written on it."""
    page, ends = desk.page, "form[action='/roster/leaves'] [name=ends_at]"
    await desk.signs_in(cast.ADMINISTRATOR)
    await desk.opens("/roster")
    await page.get_by_text("请假", exact=True).click()
    await page.fill(ends, "2026-03-09T12:00")

    desk.site.stage.clock.move_to(desk.site.stage.clock.now() + timedelta(hours=13))
    await desk.site.stage.settles()
    await expect(page.locator("[role=status]")).to_contain_text("内容尚未提交")
    await page.fill("[name=login]", cast.ADMINISTRATOR.login)
    await page.fill("[name=password]", cast.DEMO_PASSWORD)
    await page.click("button.primary")

    await expect(page.locator("[role=status]").first).to_contain_text("填写的内容都在，尚未提交")
    await expect(page.locator(ends)).to_have_value("2026-03-09T12:00")


async def test_a_judge_takes_and_dispatches_on_the_phone(phone: Desk) -> None:
    alert = await phone.site.sees_a()
    await phone.signs_in(cast.JUDGE)
    await phone.opens(f"/alerts/{alert.alert_id}")

    await phone.page.get_by_role("button", name="接手").click()
    await phone.page.get_by_role("checkbox", name="高鸣").check()
    await phone.page.select_option("[name=leader]", cast.JUDGE.person_id)
    await phone.page.fill("[name=muster_place]", "北京西站台")
    await phone.page.fill("[name=muster_at]", "2026-03-05T06:10")
    await phone.page.get_by_role("button", name="派员").click()

    # It came back from another address, and stays while the rest of the page follows what changes.
    await expect(phone.page.locator("#dispatch")).to_contain_text("集合时间晚于线索有效时间")
    await expect(phone.page).to_have_url(f"{phone.site.url}/alerts/{alert.alert_id}")
    await phone.page.fill("[name=muster_at]", "2026-02-28T06:10")
    await phone.page.get_by_role("button", name="派员").click()

    await expect(phone.page.locator("#now")).to_contain_text("派员: 高干警、沈法官")
    assert await phone.overflow() == 0


async def test_the_time_left_is_counted_down(desk: Desk) -> None:
    alert = await desk.site.sees_a()
    await desk.signs_in(cast.JUDGE)
    await desk.opens(f"/alerts/{alert.alert_id}")

    await expect(desk.page.locator("#confirmations .left")).to_contain_text("秒")
    await expect(desk.page.locator("#now .left")).to_contain_text("3天21小时")


async def test_an_open_page_shows_how_far_an_import_has_come(phone: Desk) -> None:
    right, wrong = rows_about(2)
    content = sheet(right, wrong | {"解除金额": "0"})
    await phone.signs_in(cast.CLERK)
    await phone.opens("/imports")
    await phone.page.set_input_files(
        "[name=file]", {"name": "entries.csv", "mimeType": "text/csv", "buffer": content}
    )
    await phone.page.get_by_role("button", name="上传并核对").click()
    await expect(phone.page.locator("#batch")).to_contain_text("已核对 0 / 2")

    await phone.site.stage.settles()

    await expect(phone.page.get_by_role("button", name="提交 1 行审批")).to_be_visible()
    await expect(phone.page.locator("#batch")).to_contain_text("请填写大于零的解除金额")
    assert await phone.overflow() == 0


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_fits_a_phone_and_breaks_no_policy(phone: Desk, path: str) -> None:
    await phone.signs_in(cast.CLERK)
    await phone.opens(path)

    assert await phone.overflow() == 0


async def test_on_a_phone_the_tab_of_the_page_is_in_view(phone: Desk) -> None:
    await phone.signs_in(cast.ADMINISTRATOR)
    await phone.opens("/ladders")

    await expect(phone.page.locator("nav [aria-current]")).to_be_in_viewport(ratio=1)
    assert await phone.overflow() == 0


async def test_an_entry_is_registered_without_any_script(desk_without_script: Desk) -> None:
    page = desk_without_script.page
    await desk_without_script.signs_in(cast.CLERK)
    await desk_without_script.opens("/entries/new")

    await page.fill('[name="case_number"]', cast.A_CASE)
    await page.fill('[name="release_amount"]', "86,400")
    await page.fill('[name="subject_name"]', "欧阳若谷")
    await page.fill(NUMBER, "99000019790312900x")
    await page.get_by_label("户籍信息").check()
    await page.select_option("[name=measure]", "serve")
    await page.fill('[name="papers.document-to-serve.number"]', "1")
    await page.fill('[name="papers.document-to-serve.issued_on"]', "2026-01-12")
    await page.get_by_role("button", name="登记并提交审批").click()
    await expect(page.locator('[data-problem-for="papers.document-to-serve.signer"]')).to_have_text("请填写")
    await page.fill('[name="papers.document-to-serve.signer"]', "岳衡")
    await page.get_by_role("button", name="登记并提交审批").click()

    await expect(page.locator("h1")).to_contain_text("欧阳若谷")
    await expect(page.locator("#state")).to_contain_text("待审批")


async def test_an_entry_that_is_near_its_validation_is_validated_from_the_list_by_phone(phone: Desk) -> None:
    await phone.site.stage.reaches(court_time(4, 20, 12, 0))
    await phone.signs_in(cast.JUDGE)
    await phone.opens("/entries")
    await expect(phone.page.locator(".near").first).to_contain_text("2026-04-25 09:12")
    assert await phone.overflow() == 0

    await phone.page.get_by_role("button", name="仍需协查").click()
    await expect(phone.page.locator(".near")).to_have_count(0)
    await phone.page.get_by_role("link", name="佟大川").click()

    await expect(phone.page.locator("#state")).to_contain_text("协查至2026-05-20")
    await expect(phone.page.locator("#history")).to_contain_text("核验：仍需协查 沈法官")
    assert await phone.overflow() == 0


async def test_a_text_is_counted_while_it_is_typed(phone: Desk) -> None:
    await phone.signs_in(cast.ADMINISTRATOR)
    await phone.opens("/texts/C2/zh")

    await phone.page.fill("[name=sms]", "测试" * 40)
    await expect(phone.page.locator("#count")).to_have_text("示例 86 / 70 · 最长时 89 / 70")
    await expect(phone.page.locator("[data-problem-for=sms]")).to_contain_text("超出19字符")
    await phone.page.fill("[name=sms]", "测试通知，请放心")

    await expect(phone.page.locator("#count")).to_have_text("示例 14 / 70 · 最长时 17 / 70")
    await expect(phone.page.locator("[data-problem-for=sms]")).to_be_hidden()
    await expect(phone.page.locator("#tried")).to_contain_text("【云河法院】重发：测试通知，请放心")
    assert await phone.overflow() == 0
