"""The console says that a paper is revoked: first whom that lets go, then the act, then who said so."""

import pytest

from scripts import cast
from tests.contract.web.site import Site
from tracker.domain.entries import Cause, EntryState


async def page_of_the_warrant(site: Site) -> str:
    """Where it is said that the last paper of A's entry is revoked."""
    papers = (await site.stage.entry(site.listed)).papers
    return f"/entries/{site.listed}/papers/{papers[-1].paper_id}/revoke"


async def test_from_the_entry_to_every_agency(site: Site) -> None:
    judge = await site.signed_in(cast.JUDGE)
    address = await page_of_the_warrant(site)
    entry = await judge.opens(f"/entries/{site.listed}")
    asked = await judge.opens(address)

    done = await judge.sends(address, {"reason": "set-aside", "revoked_on": "2026-02-23"})
    await site.stage.settles()
    page = await judge.opens(done.leads_to)

    assert f'href="{address}"' in entry.text
    assert (asked.status, cast.A.name in asked.text, "立即撤出各单位" in asked.text) == (200, True, True)
    assert (done.status, done.leads_to) == (303, f"/entries/{site.listed}")
    assert page.text.count("起已撤") == 4
    assert "<strong>登记文书撤销</strong>" in page.text
    assert "自 2026-02-23 · 经异议、复议或再审撤销 · 沈法官 登记于" in page.text
    assert (f'href="{address}"' in page.text, "文书已撤销" in page.text) == (False, True)
    stopped = await site.stage.entry(site.listed)
    assert (stopped.state, stopped.cause) == (EntryState.SUSPENDED, Cause.PAPER_REVOKED)
    assert (await judge.opens(address)).status == 409


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"reason": "", "revoked_on": "2026-02-23"}, "Choose one"),
        ({"reason": "replaced", "revoked_on": ""}, "enter a date"),
        ({"reason": "replaced", "revoked_on": "2026-02-25"}, "is later than today, 2026-02-24"),
    ],
    ids=["no reason", "no day", "not yet"],
)
async def test_what_is_wrong_comes_back_as_it_was_typed(
    quiet_site: Site, typed: dict[str, str], words: str
) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    await clerk.opens("/entries?lang=en")

    seen = await clerk.sends(await page_of_the_warrant(quiet_site), typed)

    assert (seen.status, words.lower() in seen.text.lower()) == (422, True)
    assert ('value="replaced" selected' in seen.text) is (typed["reason"] == "replaced")
    assert (await quiet_site.stage.entry(quiet_site.listed)).state is EntryState.ACTIVE


@pytest.mark.parametrize("who", [cast.ASSISTANT, cast.DESK])
async def test_who_may_not_is_offered_nothing_and_refused(quiet_site: Site, who: cast.Member) -> None:
    visitor = await quiet_site.signed_in(who)
    address = await page_of_the_warrant(quiet_site)

    page = await visitor.opens(f"/entries/{quiet_site.listed}")
    asked = await visitor.opens(address)
    sent = await visitor.sends(address, {"reason": "set-aside", "revoked_on": "2026-02-23"})

    assert (page.status, "/revoke" in page.text) == (200, False)
    assert (asked.status, sent.status, cast.A.name in asked.text) == (403, 403, False)
    assert (await quiet_site.stage.entry(quiet_site.listed)).state is EntryState.ACTIVE


async def test_a_paper_is_found_only_under_an_entry_that_stands_on_it(quiet_site: Site) -> None:
    judge = await quiet_site.signed_in(cast.JUDGE)
    address = await page_of_the_warrant(quiet_site)

    seen = await judge.opens(address.replace(quiet_site.listed, quiet_site.waiting))

    assert seen.status == 404
