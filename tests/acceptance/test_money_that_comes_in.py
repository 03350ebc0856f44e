"""Money on the case account: all receipts add up, each counts once, and nothing comes back by itself."""

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from schemas.signing import SigningKey
from schemas.webhooks import AsymmetricKey
from scripts import cast
from scripts.cast import A_CASE, B_CASE, CLERK, DESK, JUDGE, LEADER, A
from scripts.stage import Registration
from scripts.web_line import WebhookAnswer
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import AGENCIES, gone_at, in_force_at, inbox_of, opens_bs_case
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict
from tracker.domain.ids import CourtId, EntryId
from tracker.services.refused_messages import list_refused_messages
from tracker.storage import agencies, cases, people
from tracker.storage.people import Court
from tracker.storage.tables.court import person_role

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


async def reverses(stage: CourtStage, receipt: str, amount_fen: int, number: str = "V-1") -> WebhookAnswer:
    return await posts(
        stage,
        f"reversal-{number}",
        event="payment.reversed",
        receipt_number=number,
        reverses=receipt,
        amount_fen=amount_fen,
    )


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


async def test_one_fen_short_is_a_note(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1", amount_fen=OPEN_FEN - 1)

    await assert_still_sought(stage, entry_a)
    assert await received_fen(stage, entry_a) == 100_299_999
    assert stage.pushes(JUDGE) == stage.pushes(DESK) == []


async def test_several_receipts_and_the_earlier_ones_add_up(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1", receipt_number="R-1", amount_fen=50_000_000)
    await posts(stage, "m-2", receipt_number="R-2", amount_fen=40_599_999)
    await assert_still_sought(stage, entry_a)

    await posts(stage, "m-3", receipt_number="R-3", amount_fen=1)

    await assert_released(stage, entry_a)


async def test_the_same_event_again_gets_the_same_answer_and_counts_once(
    stage: CourtStage, entry_a: EntryId
) -> None:
    first = await posts(stage, "m-1", amount_fen=50_000_000)
    again = await posts(stage, "m-1", amount_fen=50_000_000)

    assert again == first
    assert await received_fen(stage, entry_a) == 59_700_000
    await assert_still_sought(stage, entry_a)


async def test_the_same_receipt_under_a_new_id_counts_once(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1", amount_fen=50_000_000)
    answer = await posts(stage, "m-2", amount_fen=50_000_000)

    assert answer.status == 202
    assert await received_fen(stage, entry_a) == 59_700_000
    await assert_still_sought(stage, entry_a)


@pytest.mark.parametrize(
    "other",
    [{"case_number": B_CASE}, {"amount_fen": OPEN_FEN}, {"event": "payment.reversed", "reverses": "R-1"}],
)
async def test_other_money_under_a_known_receipt_number_is_refused_and_seen(
    stage: CourtStage, entry_a: EntryId, other: dict[str, Any]
) -> None:
    await opens_bs_case(stage)
    await posts(stage, "m-1", amount_fen=50_000_000)

    await posts(stage, "m-2", **{"amount_fen": 50_000_000, **other})

    reason = "receipt_number: is recorded for other money already: check case, amount and number"
    assert await refused_reasons(stage) == [reason]
    async with stage.acting(DESK) as (tx, actor):
        assert [one.reason for one in await list_refused_messages(tx, actor)] == [reason]


async def test_a_receiver_whose_role_has_ended_stops_no_payment(stage: CourtStage, entry_a: EntryId) -> None:
    async with stage.registry.transaction() as tx:
        ended = sa.update(person_role).where(person_role.c.person_id == DESK.person_id)
        await tx.run(ended.values(valid_until=tx.at))

    await posts(stage, "m-1")

    await assert_released(stage, entry_a)
    async with stage.registry.reading() as tx:
        desk = await people.get_person(tx, DESK.person_id)
    assert (desk.role, desk.title) == (None, "白")


async def test_another_courts_account_system_has_no_say_here(stage: CourtStage, entry_a: EntryId) -> None:
    key = SigningKey.from_secret("other-1", b"o" * 32)
    other = Court(
        court_id=CourtId("other"), code="京0198", name="另一法院", sms_name="另一法院", desk_phone="010-0000"
    )
    async with stage.registry.transaction() as tx:
        await people.add_court(tx, other)
        public = AsymmetricKey(key_id="other-1", public=key.verifying.public)
        await agencies.add_webhook_key(tx, other.court_id, "case-system", public)
    body = json.dumps(payment(stage.clock.now())).encode()

    answer = await stage.line.post_raw(EVENTS, body, stage.line.headers("m-1", body, key))
    await stage.settles()

    assert answer.status == 401
    await assert_still_sought(stage, entry_a)


async def test_a_reversal_puts_nothing_back_and_asks_judge_and_desk(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await posts(stage, "m-1")
    stage.reads_everything()

    await reverses(stage, "R-1", OPEN_FEN)

    await assert_released(stage, entry_a)
    assert await received_fen(stage, entry_a) == 9_700_000
    assert stage.pushes(JUDGE) == stage.pushes(DESK) == [ASKED]


async def test_after_a_reversal_a_person_may_put_it_back(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1")
    with pytest.raises(Conflict, match="its release amount was received"):
        await stage.resumes(entry_a, LEADER)

    await reverses(stage, "R-1", OPEN_FEN)
    await stage.resumes(entry_a, LEADER)

    await assert_still_sought(stage, entry_a)


async def test_what_was_reversed_no_longer_counts(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1", receipt_number="R-1", amount_fen=90_000_000)
    await reverses(stage, "R-1", 90_000_000)
    await posts(stage, "m-2", receipt_number="R-2", amount_fen=600_000)
    await assert_still_sought(stage, entry_a)

    await posts(stage, "m-3", receipt_number="R-3", amount_fen=90_000_000)

    await assert_released(stage, entry_a)


async def test_a_receipt_reversed_twice_is_not_counted_against_the_debtor(
    stage: CourtStage, entry_a: EntryId
) -> None:
    await posts(stage, "m-1", receipt_number="R-1", amount_fen=40_000_000)
    await reverses(stage, "R-1", 40_000_000, "V-1")
    await reverses(stage, "R-1", 40_000_000, "V-2")
    assert await refused_reasons(stage) == [
        "amount_fen: is more than is left of that receipt: check what was reversed before"
    ]

    await posts(stage, "m-2", receipt_number="R-2", amount_fen=OPEN_FEN)

    await assert_released(stage, entry_a)


async def test_only_what_was_received_can_be_reversed(stage: CourtStage, entry_a: EntryId) -> None:
    await reverses(stage, "R-9", 1)

    assert await refused_reasons(stage) == [
        "reverses: is no receipt of this case: give the number of the receipt it reverses"
    ]
    assert await received_fen(stage, entry_a) == 9_700_000


async def test_a_reversal_after_the_end_is_a_note(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1")
    await stage.withdraws(entry_a, JUDGE, Cause.PERFORMED)
    assert len(stage.sms(A)) == 1, "who paid is told once"
    stage.reads_everything()

    await reverses(stage, "R-1", OPEN_FEN)

    assert (await stage.entry(entry_a)).state is EntryState.ENDED
    assert stage.pushes(JUDGE) == stage.pushes(DESK) == []


async def test_a_case_nobody_knows(stage: CourtStage, entry_a: EntryId) -> None:
    answer = await posts(stage, "m-1", case_number="（2026）京0199执9999号")

    assert answer.status == 202
    assert await refused_reasons(stage) == ["case not found: check the address or search the list"]
    await assert_still_sought(stage, entry_a)


@pytest.mark.parametrize("amount_fen", [0, -1])
async def test_an_amount_that_cannot_be(stage: CourtStage, entry_a: EntryId, amount_fen: int) -> None:
    answer = await posts(stage, "m-1", amount_fen=amount_fen)

    assert answer.status == 400
    assert answer.body["errors"] == [{"field": "amount_fen", "message": "is too small: send more than 0"}]
    assert await inbox_of(stage) == []


async def test_a_case_number_that_cannot_be(stage: CourtStage, entry_a: EntryId) -> None:
    answer = await posts(stage, "m-1", case_number="京0199执1357")

    assert answer.status == 400
    assert [error["field"] for error in answer.body["errors"]] == ["case_number"]
    assert await inbox_of(stage) == []


async def test_only_the_entries_of_that_case_are_released(stage: CourtStage, entry_a: EntryId) -> None:
    await opens_bs_case(stage)
    other = await stage.lists(Registration(case=B_CASE, wanted=A, release_fen=cast.B_DEBT_FEN))

    await posts(stage, "m-1")

    assert (await stage.entry(entry_a)).state is EntryState.SUSPENDED
    await assert_still_sought(stage, other)
    assert {one.basis for one in await stage.instructions(other)} == {(other,)}


async def test_each_entry_has_its_own_release_amount(stage: CourtStage, entry_a: EntryId) -> None:
    smaller = await stage.lists(
        Registration(case=A_CASE, wanted=cast.B, capacity="actual-controller", release_fen=20_000_000)
    )

    await posts(stage, "m-1", amount_fen=10_300_000)

    await assert_released(stage, smaller)
    await assert_still_sought(stage, entry_a)


async def test_money_is_taken_from_the_account_system_only(stage: CourtStage, entry_a: EntryId) -> None:
    by_the_railway = await stage.line.post(EVENTS, "m-1", payment(stage.clock.now()), agency_id="rail")
    await stage.settles()

    assert by_the_railway.status == 401
    assert await inbox_of(stage) == []
    await assert_still_sought(stage, entry_a)


async def test_a_case_number_in_half_width_is_the_same_case(stage: CourtStage, entry_a: EntryId) -> None:
    await posts(stage, "m-1", case_number="(2026)京0199执1357号")

    await assert_released(stage, entry_a)
    assert stage.sms(CLERK) == []
