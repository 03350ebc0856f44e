"""The watch list on the screen: who sees what, what is written down of it, and which buttons there are."""

from datetime import timedelta

import pytest

from schemas.canary import CANARY
from scripts import cast
from scripts.desk import court_time
from tests.contract.web.site import Site
from tracker.domain.ids import AgencyId
from tracker.services.lines.canaries import hear_canaries
from tracker.storage import audit, lines
from tracker.storage.refusals import count_refusals


async def reads(site: Site, about: str) -> list[tuple[str, str]]:
    async with site.stage.registry.reading() as tx:
        events = await audit.list_events_about(tx, about)
    return [(event.actor, event.detail["purpose"]) for event in events if event.action == "read"]


async def test_the_list_shows_how_far_each_entry_has_come(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.CLERK)).opens("/entries")

    assert "佟大川" in seen.text
    assert "4 / 4" in seen.text
    assert "0 / 4" in seen.text


async def test_the_list_can_be_cut_to_one_state(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.CLERK)).opens("/entries?state=submitted")

    assert "程远舟" in seen.text
    assert "佟大川" not in seen.text


@pytest.mark.parametrize("sought", [cast.A.name, cast.A.number, "(2026)京0199执1357号", f" {cast.A.number} "])
async def test_an_entry_is_found_by_name_number_and_case(quiet_site: Site, sought: str) -> None:
    seen = await (await quiet_site.signed_in(cast.CLERK)).sends("/entries/search", {"sought": sought})

    assert f"/entries/{quiet_site.listed}" in seen.text
    assert f"/entries/{quiet_site.waiting}" not in seen.text


async def test_an_entry_is_found_by_the_number_that_its_page_shows(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    page = await clerk.opens(f"/entries/{quiet_site.listed}")
    shown = page.text.split('条目编号</dt><dd class="figure">')[1].split("<")[0]

    seen = await clerk.sends("/entries/search", {"sought": f" {shown.upper()} "})

    assert f"/entries/{quiet_site.listed}" in seen.text
    assert f"/entries/{quiet_site.waiting}" not in seen.text


async def test_what_was_sought_is_in_no_address_and_what_was_found_is_written_down(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)

    seen = await clerk.sends("/entries/search", {"sought": cast.A.name})
    by_address = await clerk.opens(f"/entries/search?sought={cast.A.name}")

    assert seen.leads_to == ""
    assert by_address.status == 404
    async with site.stage.registry.reading() as tx:
        (event,) = await audit.list_events_about(tx, "entries")
    assert (event.actor, event.action) == (cast.CLERK.person_id, "read")
    assert event.detail == {"purpose": "entry search", "shown": [site.listed]}


async def test_who_sees_no_entry_of_a_team_finds_none_by_its_number(quiet_site: Site) -> None:
    bailiff = await quiet_site.signed_in(cast.BAILIFF_ONE)

    seen = await bailiff.sends("/entries/search", {"sought": quiet_site.listed})

    assert "没有符合条件" in seen.text


@pytest.mark.parametrize("sought", ["佟", "1357", "", "（2026）京0199执9999号"])
async def test_half_a_name_finds_nobody(quiet_site: Site, sought: str) -> None:
    seen = await (await quiet_site.signed_in(cast.CLERK)).sends("/entries/search", {"sought": sought})

    assert "没有符合条件" in seen.text


async def test_an_entry_shows_each_agency_and_never_the_whole_number(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.JUDGE)).opens(f"/entries/{quiet_site.listed}")

    assert seen.text.count("起生效") == 4
    assert "990*************36" in seen.text
    assert cast.A.number not in seen.text


async def test_a_reading_is_written_down_once_per_look(site: Site) -> None:
    visitor = await site.signed_in(cast.JUDGE)
    await visitor.opens(f"/entries/{site.listed}")
    await visitor.opens(f"/entries/{site.listed}")
    await site.stage.waits(minutes=11)
    await visitor.opens(f"/entries/{site.listed}")

    judge = cast.JUDGE.person_id
    assert await reads(site, site.listed) == [(judge, "entry page"), (judge, "entry page")]


async def test_a_list_says_whose_data_were_shown(site: Site) -> None:
    await (await site.signed_in(cast.CLERK)).opens("/entries?state=active")

    async with site.stage.registry.reading() as tx:
        shown = (await audit.list_events_about(tx, "entries"))[0].detail
    assert shown == {"purpose": "entry list", "shown": [site.listed]}


async def test_who_has_nothing_to_do_with_it_sees_nothing(site: Site) -> None:
    visitor = await site.signed_in(cast.BAILIFF_ONE)

    listed = await visitor.opens("/entries")
    entry = await visitor.opens(f"/entries/{site.listed}")

    assert "佟大川" not in listed.text
    assert (entry.status, "佟大川" in entry.text) == (403, False)
    assert await reads(site, site.listed) == []


async def test_an_unknown_entry_is_not_found(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.JUDGE)).opens("/entries/unknown")

    assert seen.status == 404
    assert "没有这一项" in seen.text


async def test_suspending_takes_the_entry_from_every_agency(site: Site) -> None:
    visitor = await site.signed_in(cast.CLERK)

    seen = await visitor.sends(f"/entries/{site.listed}/suspend")
    await site.stage.settles()
    page = await visitor.opens(f"/entries/{site.listed}")

    assert seen.leads_to == f"/entries/{site.listed}"
    assert page.text.count("起已撤") == 4


async def test_whoever_suspended_gets_no_button_to_resume(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)
    leader = await site.signed_in(cast.LEADER)
    await judge.sends(f"/entries/{site.listed}/suspend")

    own = await judge.opens(f"/entries/{site.listed}")
    others = await leader.opens(f"/entries/{site.listed}")
    refused = await judge.sends(f"/entries/{site.listed}/resume")

    assert "恢复协查" not in own.text
    assert "恢复协查" in others.text
    assert refused.status == 403


async def test_the_page_says_until_when_it_stands_and_by_when_somebody_must_look(quiet_site: Site) -> None:
    judge = await (await quiet_site.signed_in(cast.JUDGE)).opens(f"/entries/{quiet_site.listed}")
    assistant = await (await quiet_site.signed_in(cast.ASSISTANT)).opens(f"/entries/{quiet_site.listed}")

    assert '<dd class="figure far">2026-05-20</dd>' in judge.text
    assert "2026-04-25 09:12" in judge.text
    assert "核验：仍需协查" in judge.text
    assert "核验：仍需协查" not in assistant.text


async def test_what_is_not_near_has_no_button_in_the_list(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.JUDGE)).opens("/entries")

    assert "2026-04-25 09:12" in seen.text
    assert "仍需协查" not in seen.text


async def test_what_is_near_is_validated_from_the_list_by_one_press(site: Site) -> None:
    await site.stage.reaches(court_time(4, 12, 12, 0))
    judge = await site.signed_in(cast.JUDGE)
    assistant = await site.signed_in(cast.ASSISTANT)
    listed, others = await judge.opens("/entries"), await assistant.opens("/entries")

    seen = await judge.sends(f"/entries/{site.listed}/validate", {"asked_from": "/entries"})

    assert 'class="near"' in listed.text
    assert f'action="/entries/{site.listed}/validate"' in listed.text
    assert f'action="/entries/{site.listed}/validate"' not in others.text
    assert seen.leads_to == "/entries"
    assert (await site.stage.entry(site.listed)).validate_by == court_time(7, 11, 12, 0)


async def test_what_is_suspended_and_undecided_for_a_day_turns_red(site: Site) -> None:
    await site.stage.reaches(court_time(4, 26, 9, 12))
    judge = await site.signed_in(cast.JUDGE)
    in_time = await judge.opens("/entries")
    await site.stage.waits(seconds=1)
    too_late = await judge.opens("/entries")
    refused = await judge.sends(f"/entries/{site.listed}/validate")

    assert "未按期核验" in in_time.text
    assert "逾24小时待决定" not in in_time.text
    assert "逾24小时待决定" in too_late.text
    assert refused.status == 409


async def test_withdrawing_needs_a_reason(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)

    without = await judge.sends(f"/entries/{site.listed}/withdraw")
    given = await judge.sends(f"/entries/{site.listed}/withdraw", {"cause": "performed"})

    assert (without.status, given.status) == (422, 303)
    assert (await site.stage.entry(site.listed)).state == "ended"


async def test_what_was_done_already_is_a_conflict(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)
    await judge.sends(f"/entries/{site.listed}/withdraw", {"cause": "withdrawn"})

    seen = await judge.sends(f"/entries/{site.listed}/suspend")

    assert seen.status == 409
    assert "当前状态不允许" in seen.text


async def test_the_agencies_page_names_who_lags(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.DESK)).opens("/agencies")

    assert seen.text.count("与法院一致<span") == 4
    assert "最近撤控" in seen.text
    assert "尚未全部撤下" not in seen.text


async def test_the_agencies_page_says_how_long_a_withdrawal_took(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)
    await judge.sends(f"/entries/{site.listed}/withdraw", {"cause": "performed"})
    before = await judge.opens("/agencies")
    await site.stage.settles()
    after = await judge.opens("/agencies")

    assert before.text.count("尚未全部撤下") == 4
    assert after.text.count("已撤，历时") == 4


async def test_the_agencies_page_says_which_line_is_silent_and_what_was_refused(site: Site) -> None:
    async with site.stage.registry.transaction() as tx:
        await hear_canaries(tx, AgencyId("police"), frozenset({"one"}))
        (rail,) = await lines.lock_lines(tx, AgencyId("rail"), ["one"])
        await lines.record_silent(tx, rail.line_id, tx.at - timedelta(minutes=37))
        await count_refusals(tx, AgencyId("police"), ["bad-signature", "bad-signature"])

    seen = await (await site.signed_in(cast.DESK)).opens("/agencies")

    assert seen.text.count("线路中断，自") == 1
    assert "2026-02-24 08:35" in seen.text
    assert seen.text.count("刚刚</span>返回") == 1
    assert seen.text.count("尚未返回") == 2
    assert "bad-signature" in seen.text
    assert "2 次，最近" in seen.text
    assert CANARY.number not in seen.text


async def test_the_auditor_proves_the_chain(quiet_site: Site) -> None:
    auditor = await quiet_site.signed_in(cast.AUDITOR)
    await quiet_site.stage.settles()
    await auditor.opens("/audit")

    seen = await auditor.sends("/audit/verify")

    assert "日志链完整" in seen.text


async def test_the_audit_log_is_the_auditors(quiet_site: Site) -> None:
    judge = await quiet_site.signed_in(cast.JUDGE)

    assert (await judge.opens("/audit")).status == 403
    assert (await judge.sends("/audit/verify")).status == 403
