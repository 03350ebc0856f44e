"""The line to an agency is closed from the console, with a reason, and opened by somebody else."""

import re
from datetime import timedelta

from schemas.carryings import Carryings
from schemas.messages import FeedHead, Receipt
from schemas.refused import RefusedLately
from scripts import cast
from tests.contract.web.site import Site
from tracker.commands.line_standing import lines_of
from tracker.domain.ids import AgencyId
from tracker.domain.people import system_actor
from tracker.services.lines.canaries import hear_canaries
from tracker.services.lines.epoch_rolls import roll_epoch
from tracker.services.lines.reports import Teller, record_receipt
from tracker.services.lines.status import NOTHING_HEARD, list_statuses
from tracker.storage import agencies, feeds
from tracker.storage.agencies import Held
from tracker.storage.folder_lines import record_carryings, record_transport
from tracker.storage.refusals import count_refusals

RAIL = AgencyId("rail")
CLOSED = "线路已关闭"


async def test_a_line_is_not_closed_without_a_reason(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)

    seen = await desk.sends("/agencies/rail/close", {"reason": ""})

    assert seen.status == 422
    assert "请选择关闭的原因" in seen.text
    assert CLOSED not in seen.text


async def test_the_page_says_who_closed_it_and_why_and_what_the_adapter_says(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)

    await desk.sends("/agencies/rail/close", {"reason": "lost"})
    before = (await desk.opens("/agencies")).text
    await site.stage.settles()
    after = (await desk.opens("/agencies")).text

    assert CLOSED in before
    assert "白值班员" in before
    assert "设备或凭证遗失、被盗" in before
    assert "尚未答复已删除名单" in before
    assert "自称已删除名单" in after


async def test_the_entrys_page_calls_it_neither_in_force_nor_gone(site: Site) -> None:
    leader = await site.signed_in(cast.LEADER)

    await leader.sends("/agencies/rail/close", {"reason": "faulty"})
    await site.stage.settles()
    page = (await leader.opens(f"/entries/{site.listed}")).text

    assert "线路已关闭：名单停用，是否已删除未经证实" in page
    assert page.count("起生效") == 3


async def test_another_person_opens_it_again(site: Site) -> None:
    desk, leader = await site.signed_in(cast.DESK), await site.signed_in(cast.LEADER)
    await leader.sends("/agencies/rail/close", {"reason": "faulty"})

    refused = await leader.sends("/agencies/rail/open")
    not_the_desk = await desk.sends("/agencies/rail/open")
    offered = (await leader.opens("/agencies")).text

    assert (refused.status, not_the_desk.status) == (403, 403)
    assert "/agencies/rail/open" not in offered
    assert CLOSED in offered


async def test_the_page_says_what_an_old_epoch_still_waits_for(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)
    async with site.stage.registry.transaction() as tx:
        await roll_epoch(tx, system_actor(cast.COURT.court_id), RAIL, operator="yunwei")

    seen = " ".join((await desk.opens("/agencies")).text.split())

    assert "正在更换密钥：新名单（第2份）自" in seen
    assert "名单仍在下发；one 尚未齐备；" in seen
    assert seen.count("期间新旧名单同时有效") == 1


async def told_by_the_command(site: Site) -> dict[str, list[str]]:
    """What `tracker agency status` says now, by agency."""
    async with site.stage.registry.reading() as tx:
        statuses = await list_statuses(tx, cast.COURT.court_id)
    return {one.agency.agency_id: list(lines_of(one, site.stage.clock.now())) for one in statuses}


async def test_command_and_page_say_what_came_back_last(site: Site) -> None:
    clock = site.stage.clock
    async with site.stage.registry.transaction() as tx:
        await hear_canaries(tx, RAIL, frozenset({"one"}))
    clock.move_to(clock.now() + timedelta(seconds=20))
    await site.sees_a()
    clock.move_to(clock.now() + timedelta(seconds=30))
    await site.stage.withdraws(site.listed, cast.JUDGE)
    async with site.stage.registry.transaction() as tx:
        await count_refusals(tx, RAIL, ["bad-signature", "bad-signature"])
    clock.move_to(clock.now() + timedelta(seconds=40))

    told = await told_by_the_command(site)
    page = (await (await site.signed_in(cast.DESK)).opens("/agencies")).text

    assert told["rail"] == [
        "rail: epoch 1, incarnation 1, change 3, 1 references",
        "  one: holds the same since 40 s ago",
        "  one: canary came back 90 s ago",
        "  last sighting: 70 s ago",
        "  withdrawal 40 s ago: gone after 0.0 s",
        "  refused 2 times, last 40 s ago: bad-signature",
    ]
    assert told["police"][-1] == "  withdrawal 40 s ago: gone after 0.0 s"
    assert re.findall(r'data-label="最近命中">(?:<time[^>]*>([^<]*)|<span class="quiet">([^<]*))', page) == [
        *[("", "尚无")] * 3,
        ("2026-02-24 09:12", ""),
    ]


async def test_a_bar_shows_how_far_an_adapter_has_come(site: Site) -> None:
    halfway, nowhere = await holds_up_to(site, RAIL, 1), await holds_up_to(site, AgencyId("police"), 0)

    page = " ".join((await (await site.signed_in(cast.DESK)).opens("/agencies")).text.split())

    assert (halfway, nowhere) == (2, 2)
    assert page.count('还差 <span class="figure">1</span> 次变更 <progress max="2" value="1"') == 1
    assert page.count('还差 <span class="figure">2</span> 次变更 <progress max="2" aria') == 1
    assert page.count("<progress") == 2


async def test_and_how_much_has_come_of_a_whole_list(site: Site) -> None:
    await holds_up_to(site, RAIL, 0, percent=43)

    page = " ".join((await (await site.signed_in(cast.DESK)).opens("/agencies")).text.split())
    told = await told_by_the_command(site)
    await holds_up_to(site, RAIL, 2)
    after = (await (await site.signed_in(cast.DESK)).opens("/agencies")).text

    assert '整份名单传输中 <span class="figure">43 %</span> <progress max="100" value="43">' in page
    assert page.count("<progress") == 1
    assert told["rail"][1] == (
        "  one: fetches a whole list, 43 % has come; meanwhile it is 2 changes behind, heard 0 s ago"
    )
    assert "整份名单传输中" not in after


async def test_command_and_page_say_what_an_adapter_has_refused_of_the_court(site: Site) -> None:
    clock = site.stage.clock
    forged = RefusedLately(kind="forged", times=3, last_at=clock.now())
    await says_refused(site, forged, RefusedLately(kind="repeated", times=1, last_at=clock.now()))
    clock.move_to(clock.now() + timedelta(seconds=40))

    told = await told_by_the_command(site)
    page = " ".join((await (await site.signed_in(cast.DESK)).opens("/agencies")).text.split())
    clock.move_to(clock.now() + timedelta(days=1))
    next_day = (await (await site.signed_in(cast.DESK)).opens("/agencies")).text

    assert [line for line in told["rail"] if "refused" in line] == [
        "  one: refused 1 times what came as the court's, last 40 s ago: came again, and changed nothing",
        "  one: refused 3 times what came as the court's, last 40 s ago: not signed by the court: altered on "
        "its way, or somebody forges the court",
    ]
    assert '对方（one）：<span class="warn">签名不是法院的：途中被改动，或有人冒充法院</span>' in page
    assert '对方（one）：<span class="quiet">重复送达，未起作用</span>' in page
    assert page.count('<span class="quiet">无</span>') == 3
    assert "对方（one）：" not in next_day


async def says_refused(site: Site, *refused: RefusedLately) -> None:
    """The railway's adapter has refused these, by its next receipt."""
    async with site.stage.registry.transaction() as tx:
        await record_receipt(
            tx,
            Teller(agency_id=RAIL, instance="one", epoch=0, incarnation=0),
            Receipt(head=NOTHING_HEARD, refused=refused),
        )


async def holds_up_to(site: Site, agency_id: AgencyId, sequence: int, percent: int | None = None) -> int:
    """The agency's adapter has come so far by its last word; up to where the court's list goes."""
    async with site.stage.registry.transaction() as tx:
        feed = await feeds.get_feed(tx, agency_id)
        head = FeedHead(sequence=sequence, count=sequence, digest="0" * 64)
        held = Held(instance="one", feed_id=feed.feed_id, head=head, percent=percent)
        await agencies.record_replica(tx, agency_id, held)
    return feed.head.sequence


async def test_a_line_by_folder_says_when_it_was_carried_and_when_it_is_about_to_be(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)
    noon = site.stage.clock.now()
    carryings = Carryings(outward=(noon - timedelta(minutes=40), noon - timedelta(minutes=10)))
    async with site.stage.registry.transaction() as tx:
        await record_transport(tx, RAIL, "one", is_by_folder=True)
        await record_carryings(tx, RAIL, "one", carryings)

    page = (await desk.opens("/agencies")).text

    assert page.count("按文件夹：送达") == 1
    assert "，下次约" in page
    assert "；送回 尚未送过" in page


async def test_who_may_do_neither_is_offered_neither(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.opens("/agencies")

    assert "/agencies/rail/close" not in seen.text
    assert (await clerk.sends("/agencies/rail/close", {"reason": "lost"})).status == 403


async def test_the_desk_keeps_the_numbers_that_it_calls(site: Site) -> None:
    desk, judge = await site.signed_in(cast.DESK), await site.signed_in(cast.JUDGE)

    wrong = await desk.sends("/agencies/rail/phone", {"phone": "the duty room"})
    saved = await desk.sends("/agencies/rail/phone", {"phone": "010-0000 0002"})
    refused = await judge.sends("/agencies/rail/phone", {"phone": "010-00000003"})

    assert (wrong.status, "请填写电话号码" in wrong.text) == (422, True)
    assert (saved.status, refused.status) == (303, 403)
    assert 'value="010-0000 0002"' in (await desk.opens("/agencies")).text
    assert 'name="phone"' not in (await judge.opens("/agencies")).text


async def test_a_figure_is_said_in_plain_words_and_an_engineers_code_beside_it(site: Site) -> None:
    desk = await site.signed_in(cast.DESK)
    async with site.stage.registry.transaction() as tx:
        await count_refusals(tx, AgencyId("border"), ["wrong-body", "heard of nowhere"])

    page = " ".join((await desk.opens("/agencies")).text.split())

    assert '<span class="warn">消息无法读取</span>' in page
    assert '<code lang="en">wrong-body</code>' in page
    assert '<span class="warn">heard of nowhere</span>' in page
    assert "这些数字是什么意思" in page
    assert page.count('<span class="figure">1</span> 人') == 4
