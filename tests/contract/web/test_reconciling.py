"""After a restore: who sees what waits for a look, and who puts it back, singly or all that is listed."""

import pytest

from scripts import cast
from tests.contract.web.site import Site
from tracker.commands.restored import take_up
from tracker.domain.entries import EntryState
from tracker.services.feeds.journal import Journal

PUT_BACK_ALL = "条全部恢复协查"


@pytest.fixture
async def restored(site: Site) -> Site:
    """The court was restored from a backup of a moment ago; A was to be held."""
    court = site.stage.system.court
    folder = site.stage.system.world.data / "journal"
    journal = Journal(folder=folder, court_id=court.court_id, key=court.registry.keys.chain)
    await take_up(court.registry, journal)
    await site.stage.settles()
    return site


async def test_nothing_is_said_of_a_restore_that_never_was(quiet_site: Site) -> None:
    visitor = await quiet_site.signed_in(cast.JUDGE)

    assert "/restored" not in (await visitor.opens("/entries")).text
    assert "没有待核对的条目" in (await visitor.opens("/restored")).text


async def test_the_judge_of_the_case_puts_it_back_by_one_press(restored: Site) -> None:
    judge = await restored.signed_in(cast.JUDGE)
    led = await judge.opens("/entries")
    waiting = await judge.opens("/restored")

    sent = await judge.sends(f"/entries/{restored.listed}/resume", {"asked_from": "/restored"})
    seen = await judge.opens("/restored")

    assert 'href="/restored"' in led.text
    assert "恢复备份后待核对" in waiting.text
    assert cast.A.name in waiting.text
    assert PUT_BACK_ALL not in waiting.text
    assert sent.headers["Location"] == "/restored"
    assert "没有待核对的条目" in seen.text
    assert (await restored.stage.entry(restored.listed)).state is EntryState.ACTIVE


async def test_a_clerk_sees_it_and_puts_nothing_back(restored: Site) -> None:
    clerk = await restored.signed_in(cast.CLERK)
    seen = await clerk.opens("/restored")

    refused = await clerk.sends("/restored/put-back", {"entry": restored.listed})

    assert cast.A.name in seen.text
    assert "/resume" not in seen.text
    assert refused.status == 403
    assert (await restored.stage.entry(restored.listed)).state is EntryState.SUSPENDED


async def test_the_bureau_leader_puts_back_all_that_is_listed(restored: Site) -> None:
    leader = await restored.signed_in(cast.LEADER)
    seen = await leader.opens("/restored")

    await leader.sends("/restored/put-back", {"entry": restored.listed})
    after = await leader.opens("/restored")

    assert PUT_BACK_ALL in seen.text
    assert f'name="entry" value="{restored.listed}"' in seen.text
    assert "没有待核对的条目" in after.text
    assert (await restored.stage.entry(restored.listed)).state is EntryState.ACTIVE


async def test_what_cannot_be_put_back_stays_in_the_list(restored: Site) -> None:
    await restored.stage.pays(cast.A_CASE, cast.A_DEBT_FEN)
    leader = await restored.signed_in(cast.LEADER)

    await leader.sends("/restored/put-back", {"entry": restored.listed})

    assert (await restored.stage.entry(restored.listed)).state is EntryState.SUSPENDED


async def test_the_page_is_there_in_english(restored: Site) -> None:
    judge = await restored.signed_in(cast.JUDGE)

    await judge.opens("/restored?lang=en")
    seen = await judge.opens("/restored")

    assert "After the restore" in seen.text
    assert "Put back" in seen.text
