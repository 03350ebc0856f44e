"""The auditor's page: fifty events at a time, and only those that were looked for."""

import re
from collections.abc import Sequence
from datetime import timedelta

from scripts import cast
from tests.contract.web.site import Site
from tests.contract.web.visitor import Seen, Visitor
from tracker.storage import audit
from tracker.storage.audit import AuditEvent, EventSearch

ROW = re.compile(r'data-label="何事">(.*?)</td>\s*<td data-label="对象">(.*?)</td>')


def rows(seen: Seen) -> Sequence[str]:
    """What is said to have happened, the newest first."""
    return [re.sub(r"<[^>]+>", "", what) for what, _ in ROW.findall(seen.text)]


def next_page(seen: Seen) -> str:
    return str(re.findall(r'href="([^"]*before=[^"]*)"', seen.text)[0]).replace("&amp;", "&")


async def looks_for(auditor: Visitor, **typed: str) -> Seen:
    led = await auditor.sends("/audit", {"actor": "", "action": "", "about": "", "day": "", **typed})
    return await auditor.opens(led.leads_to)


async def suspensions(site: Site, count: int) -> None:
    """So many entries were suspended by the judge a day later, one second after the other."""
    async with site.stage.registry.transaction() as tx:
        for number in range(count):
            event = AuditEvent(
                court_id=cast.COURT.court_id,
                at=tx.at + timedelta(days=1, seconds=number),
                actor=cast.JUDGE.person_id,
                action="entry suspended",
                about_kind="entry",
                about=f"00000000-0000-7000-8000-{number:012}",
                detail={},
            )
            await audit.add_event(tx, event)


async def test_a_page_holds_fifty_and_leads_to_the_older_ones(site: Site) -> None:
    await suspensions(site, 60)
    auditor = await site.signed_in(cast.AUDITOR)

    first = await auditor.opens("/audit?action=entry+suspended")
    second = await auditor.opens(next_page(first))

    assert rows(first) == ["暂停协查"] * 50
    assert "00000000-0000-7000-8000-000000000059" in first.text
    assert rows(second) == ["暂停协查"] * 10
    assert "00000000-0000-7000-8000-000000000000" in second.text
    assert "更早的记录" not in second.text


async def test_a_case_number_finds_what_happened_to_its_entries(site: Site) -> None:
    auditor = await site.signed_in(cast.AUDITOR)

    led = await auditor.sends("/audit", {"about": "(２０２６) 京0199 执1357号", "action": "entry approved"})
    seen = await auditor.opens(led.leads_to)

    assert "1357" not in led.leads_to
    assert rows(seen) == ["审批通过"]
    assert site.listed in seen.text
    assert site.waiting not in seen.text
    assert f'value="{cast.A_CASE}"' in seen.text


async def test_an_entry_a_person_and_a_day_find_theirs(site: Site) -> None:
    auditor = await site.signed_in(cast.AUDITOR)

    of_entry = await looks_for(auditor, about=site.waiting)
    of_clerk = await looks_for(auditor, actor=cast.CLERK.person_id, about=site.listed)
    of_tomorrow = await looks_for(auditor, day="2026-02-25")

    assert rows(of_entry) == ["提交审批", "登记条目"]
    assert rows(of_clerk) == ["提交审批", "登记条目"]
    assert (rows(of_tomorrow), "没有符合条件的记录" in of_tomorrow.text) == ([], True)


async def test_what_is_no_number_is_refused_and_stands_in_no_address(site: Site) -> None:
    auditor = await site.signed_in(cast.AUDITOR)

    seen = await auditor.sends("/audit", {"about": cast.A.name})

    assert (seen.status, seen.leads_to) == (422, "")
    assert "请填写本院案号，或条目、预警的编号" in seen.text
    assert f'value="{cast.A.name}"' in seen.text


async def test_an_address_that_was_meddled_with_shows_what_it_can(quiet_site: Site) -> None:
    auditor = await quiet_site.signed_in(cast.AUDITOR)

    seen = await auditor.opens("/audit?actor=nobody&action=x&about=y&day=9999-12-31&before=" + "9" * 30)

    assert (seen.status, len(rows(seen)) > 0) == (200, True)


async def test_who_read_the_log_and_what_for_is_in_the_log(site: Site) -> None:
    auditor = await site.signed_in(cast.AUDITOR)

    await looks_for(auditor, actor=cast.JUDGE.person_id, day="2026-02-24")
    async with site.stage.registry.reading() as tx:
        search = EventSearch(court_id=cast.COURT.court_id, actor=cast.AUDITOR.person_id)
        look, signed_in = await audit.search_events(tx, search, 3)

    assert (signed_in.action, look.action) == ("signed in", "read")
    assert (look.about_kind, look.about) == ("list", "audit")
    assert look.detail == {
        "purpose": "audit log",
        "shown": [cast.JUDGE.person_id, "", "", "2026-02-24", ""],
    }
