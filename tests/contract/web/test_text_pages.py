"""The texts of notices on the screen: what each says, tried in other words before they are saved."""

import sqlalchemy as sa

from notifications.texts import Language, TextId
from notifications.texts.checks import built_in
from scripts import cast
from tests.contract.web.site import Site
from tracker.storage import texts
from tracker.storage.tables.texts import edited_text
from tracker.storage.texts import TextKey

ADDRESS = "/texts/A1/zh"
OWN = built_in(TextId.PLANNED_JUDGE, Language.CHINESE)
TYPED = {"sms": OWN.sms, "push_title": OWN.push_title, "push_body": OWN.push_body, "version": "1"}
SHORTER = {**TYPED, "sms": "请看：{case}{surname}某，{act_at}到{act_place}。回{code}"}


async def test_a_text_is_tried_saved_and_taken_back(site: Site) -> None:
    administrator = await site.signed_in(cast.ADMINISTRATOR)

    opened = await administrator.opens(ADDRESS)
    tried = await administrator.sends(ADDRESS, {**SHORTER, "act": "try"})
    async with site.stage.registry.reading() as tx:
        kept_by_trying = await texts.list_texts(tx, cast.COURT.court_id)
    saved = await administrator.sends(ADDRESS, {**SHORTER, "reason": "更易读", "act": "save"})
    listed = await administrator.opens("/texts")
    shown = await administrator.opens(saved.leads_to)
    back = {**SHORTER, "version": "2", "reason": "仍用内置", "act": "built-in"}
    await administrator.sends(ADDRESS, back)
    after = await administrator.opens(ADDRESS)

    assert "承办法官" in opened.text
    assert "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718" in opened.text
    assert "53 / 70" in opened.text
    assert "【云河法院】请看：26执1357佟某，28日06:59到北京西。回40718" in tried.text
    assert kept_by_trying == {}
    assert saved.leads_to == ADDRESS
    assert "【云河法院】请看：26执1357佟某，28日06:59到北京西。回40718" in listed.text
    assert "本院第2版" in listed.text
    assert ("钟管理员" in shown.text, "更易读" in shown.text) == (True, True)
    assert ("第3版" in after.text, "【云河法院】行踪预警：" in after.text) == (True, True)


async def test_what_is_wrong_is_told_with_the_remedy_and_kept_in_the_form(site: Site) -> None:
    administrator = await site.signed_in(cast.ADMINISTRATOR)
    unknown = {**TYPED, "sms": "{case}{phone}", "reason": "x", "act": "save"}
    too_long = {**TYPED, "sms": OWN.sms + "，务必请于出发前登录系统核对文书", "act": "try"}

    await administrator.opens(ADDRESS)
    refused = await administrator.sends(ADDRESS, unknown)
    tried = await administrator.sends(ADDRESS, too_long)
    nameless = await administrator.sends(ADDRESS, {**SHORTER, "act": "save"})

    assert (refused.status, "没有{phone}，可用的有：{case}" in refused.text) == (422, True)
    assert ">{case}{phone}</textarea>" in refused.text
    assert "无法试看" in refused.text
    assert (tried.status, "最长时74字符，超出4字符" in tried.text) == (200, True)
    assert nameless.status == 422
    async with site.stage.registry.reading() as tx:
        assert await texts.list_texts(tx, cast.COURT.court_id) == {}


async def test_a_text_that_would_not_be_saved_now_is_marked_in_the_list(site: Site) -> None:
    administrator = await site.signed_in(cast.ADMINISTRATOR)
    await administrator.opens(ADDRESS)
    await administrator.sends(ADDRESS, {**SHORTER, "reason": "更易读", "act": "save"})
    async with site.stage.registry.transaction() as tx:
        await tx.run(sa.update(edited_text).values(sms="请看：{case}，{word_of_a_later_release}"))

    listed = await administrator.opens("/texts")

    assert listed.status == 200
    assert "已不合要求，说不了时按内置文本发送：没有{word_of_a_later_release}" in listed.text


async def test_who_is_no_administrator_reads_the_texts_and_changes_none(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)

    listed = await desk.opens("/texts")
    opened = await desk.opens(ADDRESS)
    missing = [await desk.opens(address) for address in ("/texts/Z9/zh", "/texts/A1/fr")]
    refused = await desk.sends(ADDRESS, {**SHORTER, "reason": "x", "act": "save"})

    assert "【云河法院】行踪预警：" in listed.text
    assert "Yunhe Court: Sighting: 26 Zhi 1357 Tong" in listed.text
    assert "修改中文" not in listed.text
    assert (opened.status, refused.status) == (403, 403)
    assert [one.status for one in missing] == [404, 404]


async def test_an_edited_text_is_what_the_next_alert_says(site: Site) -> None:
    administrator = await site.signed_in(cast.ADMINISTRATOR)
    await administrator.opens(ADDRESS)
    await administrator.sends(ADDRESS, {**SHORTER, "reason": "更易读", "act": "save"})

    alert = await site.sees_a()
    judge = await site.signed_in(cast.JUDGE)
    proof = await judge.opens(f"/alerts/{alert.alert_id}/proof")

    sms = site.stage.recorder.sent_to(cast.JUDGE.phone)[0].message.text
    assert sms.startswith("【云河法院】请看：26执1357佟某，28日06:59到北京西。回")
    assert "【云河法院】请看：26执1357佟某，28日06:59到北京西。回•••••" in proof.text
    async with site.stage.registry.reading() as tx:
        key = TextKey(TextId.PLANNED_JUDGE, Language.CHINESE)
        assert len(await texts.list_versions(tx, cast.COURT.court_id, key)) == 1
