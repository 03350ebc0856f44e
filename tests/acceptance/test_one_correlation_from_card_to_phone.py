"""Who asks what became of a card use finds every step of it in the logs by one word, and nobody's name."""

from typing import Any, TypeAlias

import pytest

from scripts.cast import JUDGE, A
from scripts.story.props import FIRST_PLAN, TONIGHT
from tests.acceptance.court import CourtStage
from tests.acceptance.test_poison_on_the_bus import Letter, sends, sighting_sealed_for
from tests.acceptance.test_signed_webhooks_end_to_end import as_sent, check_in, posts, signed
from tracker.domain.entries import Cause
from tracker.domain.ids import EntryId

Logged: TypeAlias = list[dict[str, Any]]

FROM_CARD_TO_ANSWER = {
    "hit-spooled",
    "report-published",
    "sighting-taken",
    "alert-raised",
    "notice-claimed",
    "notice-sent",
    "reply-taken",
}


def steps_of(logged: Logged, correlation: str) -> list[str]:
    """What happened to one card use, each step named once, in the order of its first time."""
    return list(dict.fromkeys(event["event"] for event in logged if event.get("correlation") == correlation))


def values(logged: Logged, event: str, field: str) -> list[Any]:
    return [one[field] for one in logged if one["event"] == event]


async def test_one_word_leads_from_the_card_to_the_answer_by_sms(
    stage: CourtStage, entry_a: EntryId, logged: Logged
) -> None:
    await stage.railway.sells_ticket(A, FIRST_PLAN)
    await stage.settles()
    await stage.replies(JUDGE, "40718")
    stage.reads_everything()

    [correlation] = values(logged, "hit-spooled", "correlation")
    steps = steps_of(logged, correlation)
    assert set(steps) == FROM_CARD_TO_ANSWER
    assert (steps[0], steps[-1]) == ("hit-spooled", "reply-taken")


async def test_a_change_of_plan_is_told_under_the_use_that_changed_it(
    alerted: CourtStage, logged: Logged
) -> None:
    await alerted.railway.changes_ticket(A, TONIGHT)
    await alerted.settles()
    alerted.reads_everything()

    [correlation] = values(logged, "hit-spooled", "correlation")
    assert values(logged, "alert-joined", "correlation") == [correlation]
    assert set(values(logged, "notice-sent", "correlation")) == {correlation}


@pytest.mark.parametrize("claimed", [None, A.number, "019c9a5e-0000-7000-8000-00000000000A"])
async def test_an_agency_writes_nothing_of_its_own_into_the_logs(
    stage: CourtStage, entry_a: EntryId, logged: Logged, claimed: str | None
) -> None:
    report = sighting_sealed_for(stage.registry.keys.sealing.public)
    await sends(stage, Letter(body=report.model_copy(update={"correlation": claimed})))
    await stage.settles()
    stage.reads_everything()

    [correlation] = values(logged, "alert-raised", "correlation")
    assert correlation != claimed
    assert "notice-sent" in steps_of(logged, correlation)


async def test_the_receipt_of_a_webhook_is_its_correlation(
    stage: CourtStage, entry_a: EntryId, logged: Logged
) -> None:
    raw = as_sent(check_in(stage))
    answer = await posts(stage, raw, signed(stage, raw))
    stage.reads_everything()

    steps = steps_of(logged, answer.body["receipt"])
    assert steps[0] == "webhook-taken"
    assert {"sighting-taken", "alert-raised", "notice-sent"} <= set(steps)


async def test_an_entry_leads_to_its_packet_its_tombstone_and_the_receipts(
    stage: CourtStage, entry_a: EntryId, logged: Logged
) -> None:
    await stage.withdraws(entry_a, JUDGE, Cause.WITHDRAWN)
    await stage.waits(seconds=5)

    of_entry = [one for one in logged if one.get("entries") == entry_a and one["agency"] == "rail"]
    [changed] = [one for one in of_entry if one["event"] == "instruction-changed"]
    [numbered] = [one for one in logged if one.get("change") == changed["change"] and "sequence" in one]
    [posted] = [one for one in logged if one["event"] == "message-posted" and one["agency"] == "rail"]
    receipts = [one for one in logged if one["event"] == "receipt-taken" and one["agency"] == "rail"]
    assert posted["message"] in values(logged, "message-published", "message")
    assert posted["message"] in values(logged, "tombstone-applied", "message")
    assert numbered["sequence"] in values(logged, "packets-published", "sequence")
    assert receipts[-1]["sequence"] == numbered["sequence"]
    assert sum(one["gone"] for one in receipts) == 1
