"""A form that was written while the session ended is not lost: its writer signs in, and it is there again."""

import re
from datetime import timedelta

import pytest

from scripts import cast
from scripts.cast import DEMO_PASSWORD, Member
from tests.contract.web.site import Site
from tests.contract.web.test_registering import NEW_NUMBER, form
from tests.contract.web.visitor import Seen, Visitor
from tracker.storage import entry_search
from tracker.storage.entry_search import EntrySearch
from tracker.web.kept_forms import KEPT_FOR

KEPT = re.compile(r'name="kept" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
NAME = "欧阳若谷"
TYPED = {**form(), "comes_back": "yes"}


def passes(site: Site, hours: float) -> None:
    site.stage.clock.move_to(site.stage.clock.now() + timedelta(hours=hours))


def kept_in(seen: Seen) -> str:
    return str(KEPT.findall(seen.text)[0])


async def signs_in_with(visitor: Visitor, kept: str, member: Member) -> Seen:
    return await visitor.posts(
        "/sign-in", {"login": member.login, "password": DEMO_PASSWORD, "next": "/", "kept": kept}
    )


async def registered(site: Site) -> int:
    async with site.stage.registry.reading() as tx:
        return len(await entry_search.search_entries(tx, EntrySearch(court_id=cast.COURT.court_id), 100))


async def too_late(site: Site) -> tuple[Visitor, Seen]:
    """A clerk has written a registration for longer than the session lasts, and sends it."""
    clerk = await site.signed_in(cast.CLERK)
    await clerk.opens("/entries/new")
    passes(site, hours=13)
    return clerk, await clerk.sends("/entries", TYPED)


async def test_what_was_typed_is_there_again_after_signing_in(site: Site) -> None:
    clerk, refused = await too_late(site)
    seen = await signs_in_with(clerk, kept_in(refused), cast.CLERK)
    back = await clerk.sends("/entries", dict(HIDDEN.findall(seen.text)) | TYPED | {"shown_again": "yes"})
    before = await registered(site)
    sent = await clerk.sends("/entries", TYPED)

    assert (refused.status, "内容尚未提交" in refused.text) == (401, True)
    assert (seen.status, 'action="/entries" data-send-at-once' in seen.text) == (200, True)
    assert ("subject_name", NAME) in HIDDEN.findall(seen.text)
    assert [one for one in HIDDEN.findall(seen.text) if one[0] == "documents[0].evidence"] == [
        ("documents[0].evidence", "signed-at-hearing"),
        ("documents[0].evidence", "household-register"),
    ]
    assert (back.status, f'name="subject_name" value="{NAME}"' in back.text) == (200, True)
    assert "填写的内容都在，尚未提交" in back.text
    assert (before, sent.status, await registered(site)) == (2, 303, 3)


async def test_the_sign_in_page_holds_it_sealed_also_after_a_wrong_password(site: Site) -> None:
    clerk, refused = await too_late(site)

    wrong = await clerk.posts(
        "/sign-in", {"login": cast.CLERK.login, "password": "wrong", "kept": kept_in(refused)}
    )

    assert (NAME in refused.text, NEW_NUMBER[6:14] in refused.text) == (False, False)
    assert kept_in(wrong) == kept_in(refused)
    assert refused.leads_to == ""


async def test_nobody_else_gets_to_see_it(site: Site) -> None:
    clerk, refused = await too_late(site)

    seen = await signs_in_with(clerk, kept_in(refused), cast.ASSISTANT)

    assert (seen.status, seen.leads_to) == (303, "/")
    assert NAME not in seen.text


async def test_it_comes_back_once(site: Site) -> None:
    clerk, refused = await too_late(site)

    first = await signs_in_with(clerk, kept_in(refused), cast.CLERK)
    second = await signs_in_with(clerk, kept_in(refused), cast.CLERK)

    assert (first.status, second.status, second.leads_to) == (200, 303, "/")


async def test_and_not_after_two_hours(site: Site) -> None:
    clerk, refused = await too_late(site)
    passes(site, hours=KEPT_FOR.total_seconds() / 3600 + 0.1)

    seen = await signs_in_with(clerk, kept_in(refused), cast.CLERK)

    assert (seen.status, seen.leads_to) == (303, "/")


@pytest.mark.parametrize("kept", ["", "no seal", "QUJD", "é"])
async def test_what_the_court_has_not_sealed_is_nothing(quiet_site: Site, kept: str) -> None:
    seen = await signs_in_with(quiet_site.visitor(), kept, cast.CLERK)

    assert (seen.status, seen.leads_to) == (303, "/")


async def test_a_form_of_another_page_or_another_token_is_not_kept(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    passes(site, hours=13)

    elsewhere = await clerk.posts("/entries", {**TYPED, "csrf": clerk.csrf}, {"Sec-Fetch-Site": "cross-site"})
    without = await clerk.posts("/entries", TYPED)

    assert (elsewhere.status, without.status) == (303, 303)


async def test_who_signed_in_anew_beside_it_need_not_type_it_again(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    of_the_form = clerk.csrf
    await clerk.signs_in(cast.CLERK)

    seen = await clerk.posts("/entries", {**TYPED, "csrf": of_the_form})
    of_nobody = await clerk.posts("/entries", {**TYPED, "csrf": "0" * 64})

    assert (seen.status, ("subject_name", NAME) in HIDDEN.findall(seen.text)) == (200, True)
    assert (of_nobody.status, NAME in of_nobody.text) == (403, False)


async def test_a_page_that_may_stay_no_longer_sends_what_is_written_on_it(site: Site) -> None:
    admin = await site.signed_in(cast.ADMINISTRATOR)
    leave = {"people": cast.CLERK.person_id, "begins_at": "2026-03-01T08:00", "comes_back": "yes"}
    passes(site, hours=13)

    left = await admin.sends("/sign-in/written", {**leave, "kept_address": "/roster/leaves"})
    seen = await signs_in_with(admin, kept_in(left), cast.ADMINISTRATOR)
    back = await admin.sends("/roster/leaves", {**leave, "shown_again": "yes"})

    assert 'action="/roster/leaves" data-send-at-once' in seen.text
    assert (back.status, 'value="2026-03-01T08:00"' in back.text) == (200, True)
    assert "无代班人" not in back.text


async def test_a_form_that_cannot_be_shown_again_is_sent_by_hand(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)
    passes(site, hours=13)

    refused = await judge.sends(f"/entries/{site.listed}/suspend")
    seen = await signs_in_with(judge, kept_in(refused), cast.JUDGE)

    assert "立即提交" in seen.text
    assert "data-send-at-once" not in seen.text
    assert (await site.stage.entry(site.listed)).state == "active"
