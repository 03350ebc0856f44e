"""Money on the case account: all receipts add up, each counts once, and nothing comes back by itself."""

from datetime import datetime
from typing import Any

from scripts.cast import A_CASE, DESK, JUDGE, A
from scripts.web_line import WebhookAnswer
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import AGENCIES, gone_at, in_force_at, inbox_of
from tracker.domain.entries import Cause, EntryState
from tracker.domain.ids import EntryId
from tracker.services.lines.refused_messages import list_refused_messages
from tracker.storage import cases

OPEN_FEN = 90_600_000
"""What A still owes: 97,000 yuan of 1,003,000 had been collected before the entry was made."""

ASKED = "待决定 · 26执1357 / 佟某，协查已暂停 · 请决定终止或恢复"
EVENTS = "/webhooks/case-events"


def payment(at: datetime, **changes: Any) -> dict[str, Any]:
    event = {
        "event": "payment.received",
        "case_number": A_CASE,
        "receipt_number": "R-1",
        "amount_fen": OPEN_FEN,
        "occurred_at": at.isoformat(),
    }
    return {**event, **changes}


async def posts(stage: CourtStage, message_id: str, **changes: Any) -> WebhookAnswer:
    """The account system posts a signed event, and the court has worked on it."""
    answer = await stage.line.post(EVENTS, message_id, payment(stage.clock.now(), **changes))
    await stage.settles()
    return answer


async def is_reversed(stage: CourtStage) -> WebhookAnswer:
    """The whole of it."""
    return await posts(stage, "m-2", event="payment.reversed", receipt_number="V-1", reverses="R-1")


async def received_fen(stage: CourtStage, entry_id: EntryId) -> int:
    case_id = (await stage.entry(entry_id)).case_id
    async with stage.registry.reading() as tx:
        return await cases.received_fen(tx, case_id)


async def refused_reasons(stage: CourtStage) -> list[str | None]:
    return [reason for _, state, reason in await inbox_of(stage) if state == "refused"]


async def assert_still_sought(stage: CourtStage, entry_id: EntryId) -> None:
    assert (await stage.entry(entry_id)).state is EntryState.ACTIVE
    assert await in_force_at(stage, entry_id) == set(AGENCIES)


async def assert_released(stage: CourtStage, entry_id: EntryId) -> None:
    entry = await stage.entry(entry_id)
    assert (entry.state, entry.cause) == (EntryState.SUSPENDED, Cause.PERFORMED)
    assert await gone_at(stage, entry_id) == set(AGENCIES)


async def test_the_whole_sum_releases_at_once_and_asks_judge_and_desk(
    stage: CourtStage, entry_a: EntryId
) -> None:
    answer = await posts(stage, "m-1")

    assert answer.status == 202
    await assert_released(stage, entry_a)
    assert stage.pushes(JUDGE) == stage.pushes(DESK) == [ASKED]


async def test_the_same_event_again_gets_the_same_answer_and_counts_once(
    stage: CourtStage, entry_a: EntryId
) -> None:
    first = await posts(stage, "m-1", amount_fen=50_000_000)
    again = await posts(stage, "m-1", amount_fen=50_000_000)

    assert again == first
    assert await received_fen(stage, entry_a) == 59_700_000
    await assert_still_sought(stage, entry_a)


async def test_other_money_under_a_known_receipt_number_is_refused_and_seen(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await posts(stage, "m-1", amount_fen=50_000_000)

    await posts(stage, "m-2", amount_fen=OPEN_FEN)

    reason = "receipt_number: is recorded for other money already: check case, amount and number"
    assert await refused_reasons(stage) == [reason]
    async with stage.acting(DESK) as (tx, actor):
        assert [one.reason for one in await list_refused_messages(tx, actor)] == [reason]


async def test_a_reversal_puts_nothing_back_and_asks_judge_and_desk(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await posts(stage, "m-1")
    stage.reads_everything()

    await is_reversed(stage)

    await assert_released(stage, entry_a)
    assert await received_fen(stage, entry_a) == 9_700_000
    assert stage.pushes(JUDGE) == stage.pushes(DESK) == [ASKED]


async def test_a_reversal_after_the_end_is_a_note(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1")
    await stage.withdraws(entry_a, JUDGE, Cause.PERFORMED)
    assert len(stage.sms(A)) == 1, "who paid is told once"
    stage.reads_everything()

    await is_reversed(stage)

    assert (await stage.entry(entry_a)).state is EntryState.ENDED
    assert stage.pushes(JUDGE) == stage.pushes(DESK) == []
