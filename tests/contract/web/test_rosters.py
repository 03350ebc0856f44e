"""The page of the roster: everybody reads it, the administrator edits it, two people swap by themselves."""

import re

from scripts import cast
from tests.contract.web.site import Site
from tracker.domain.people import HeldRole, Role
from tracker.storage import people

HELD = re.compile(r'<option value="(person-[^"]*)"')
GAP = 'class="overdue">无人'


async def test_everybody_of_the_court_reads_who_is_on_duty(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    page = await clerk.opens("/roster")

    assert page.status == 200
    assert "您正在值班" in page.text
    assert "高鸣" in page.text
    assert "28日 周六（调休上班）" in page.text
    assert GAP not in page.text
    assert "新增班次或轮值" not in page.text
    english = await clerk.opens("/roster?lang=en")
    assert english.leads_to == "/roster"
    assert "On duty now" in (await clerk.opens("/roster")).text


async def test_only_the_administrator_edits_it(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    form = {"people": cast.LEADER.person_id, "begins_at": "2026-02-25T08:00", "ends_at": "2026-02-25T12:00"}

    refused = await clerk.sends("/roster/leaves", form)
    calendar = await clerk.sends("/calendar/days", {"day": "2026-03-04", "kind": "rest"})

    assert (refused.status, calendar.status) == (403, 403)


async def test_what_is_wrong_is_shown_beside_what_was_typed(quiet_site: Site) -> None:
    admin = await quiet_site.signed_in(cast.ADMINISTRATOR)
    form = {
        "duty": "leader",
        "days": "every-day",
        "begins": "20:00",
        "ends": "08:00",
        "first_day": "2026-03-02",
        "last_day": "2026-03-30",
        "turn": "weekly",
        "turns_from": "",
        "people": ["", ""],
    }

    refused = await admin.sends("/roster/rules", form)

    assert refused.status == 422
    assert "轮值没有人员，请至少选一人" in refused.text
    assert "轮换须填写首次交接时间；不轮换则不填" in refused.text
    assert 'name="last_day" value="2026-03-30"' in refused.text


async def test_a_gap_is_red_until_somebody_stands_in(site: Site) -> None:
    admin = await site.signed_in(cast.ADMINISTRATOR)
    away = {"people": cast.DESK.person_id, "substitute": ""}
    span = {"begins_at": "2026-02-25T08:00", "ends_at": "2026-02-25T12:00"}

    await admin.sends("/roster/leaves", away | span)
    gaps = (await admin.opens("/roster")).text
    stand_in = {"duty": "desk", "team": "", "people": cast.BAILIFF_ONE.person_id, "instead_of": ""}
    await admin.sends("/roster/stand-ins", stand_in | span)
    filled = (await admin.opens("/roster")).text

    assert GAP in gaps
    assert "今后14天的缺口" in gaps
    assert GAP not in filled
    assert "秦守一" in filled


async def test_a_swap_is_offered_and_agreed_on_the_page(site: Site) -> None:
    async with site.stage.registry.transaction() as tx:
        await people.grant_role(tx, cast.DESK.person_id, HeldRole(role=Role.BUREAU_LEADER, team_id=None))
        await people.grant_role(tx, cast.LEADER.person_id, HeldRole(role=Role.COMMAND_DESK, team_id=None))
    desk, leader = await site.signed_in(cast.DESK), await site.signed_in(cast.LEADER)
    choices = HELD.findall((await desk.opens("/roster")).text)
    offered = next(one for one in choices if one.startswith("person-bai|desk"))
    wanted = next(one for one in choices if one.startswith("person-gu|leader"))

    asked = await desk.sends("/roster/swaps", {"offered": offered, "wanted": wanted})
    assert asked.leads_to == "/roster"
    waiting = (await leader.opens("/roster")).text
    swap = re.search(r'action="(/roster/swaps/[^"]*/agree)"', waiting)
    assert swap is not None
    agreed = await leader.sends(swap[1])

    assert agreed.leads_to == "/roster"
    page = (await leader.opens("/roster")).text
    assert "顾长河</strong> 替 白露" in page
    confirmed = await desk.sends("/roster/taken-over")
    assert confirmed.leads_to == "/roster"
    assert "上次确认接班" in (await desk.opens("/roster")).text


async def test_a_year_is_entered_as_a_table(quiet_site: Site) -> None:
    admin = await quiet_site.signed_in(cast.ADMINISTRATOR)

    wrong = await admin.sends("/calendar/year", {"year": "2027", "table": "2027-01-01,休,元旦"})
    plan = "2027-01-01,休,元旦\n2027-10-01,休,国庆节\n2027-10-08,班,补班"
    right = await admin.sends("/calendar/year", {"year": "2027", "table": plan})

    assert wrong.status == 422
    assert "缺少放假日 2027-10-01，请录入全年安排" in wrong.text
    assert "2027-10-08不是周末，却录为调休上班，请核对" in right.text
    assert "国庆节" in right.text
    removed = await admin.sends("/calendar/days/2027-10-08/remove")
    assert removed.leads_to == "/calendar"
    assert "2027-10-08" not in (await admin.opens("/calendar")).text
