"""A file of entries is checked first, approved by a second person as one, and put on the list behind
everything that is urgent: once each, whatever dies on the way.
"""

import io
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.edge.card_use import Clear, Hit
from schemas.measures import AgencyKind, Measure
from scripts import cast
from scripts.cast import CLERK, JUDGE, LEADER, B
from scripts.engines.port import Engines
from scripts.stage import Registration
from tests.acceptance.court import BEGINS, CourtStage, Opening, open_stage
from tests.acceptance.listing import AGENCIES, HOTEL, in_force_at, opens_bs_case
from tests.import_sheets import row, rows_about, sheet, stranger
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import AgencyId, BatchId, EntryId
from tracker.domain.imports import ROWS_KEPT, Batch, BatchState, ImportRow, RowState
from tracker.loops.due_work import PatientWorkLoop
from tracker.loops.feed_writer import FeedWriterLoop
from tracker.services.audit import READ, ChainWhole, verify
from tracker.services.entries import import_steps
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.import_steps import LISTED_FOR_THE_SAME, list_next_rows
from tracker.services.entries.imports import approve_import, reject_import, submit_import
from tracker.services.entries.standing import withdraw_entry
from tracker.storage import audit, entries, entry_search, imports, people
from tracker.storage.entry_search import EntrySearch
from tracker.storage.tables import feeds
from tracker.web.entries.imports.upload import take_file

A_STEP = 5
MANY = 2 * A_STEP + 1


async def uploads(stage: CourtStage, content: bytes) -> BatchId:
    """The clerk uploads a file, and its rows are checked."""
    async with stage.registry.reading() as tx:
        clerk = await people.get_actor(tx, CLERK.person_id)
    batch_id = await take_file(stage.registry, clerk, io.BytesIO(content))
    await stage.settles()
    return batch_id


async def submits(stage: CourtStage, content: bytes) -> BatchId:
    batch_id = await uploads(stage, content)
    async with stage.acting(CLERK) as (tx, actor):
        await submit_import(tx, actor, batch_id)
    return batch_id


async def approves(stage: CourtStage, batch_id: BatchId, by: cast.Member = LEADER) -> None:
    async with stage.registry.transaction() as tx:
        await approve_import(tx, await people.get_actor(tx, by.person_id), batch_id)


async def batch_of(stage: CourtStage, batch_id: BatchId) -> Batch:
    async with stage.registry.reading() as tx:
        return await imports.get_batch(tx, batch_id)


async def rows_in(stage: CourtStage, batch_id: BatchId, state: RowState) -> tuple[ImportRow, ...]:
    async with stage.registry.reading() as tx:
        return await imports.list_rows(tx, batch_id, state, 1000)


async def listed(stage: CourtStage) -> list[EntryState]:
    """The state of every entry there is."""
    search = EntrySearch(court_id=cast.COURT.court_id)
    async with stage.registry.reading() as tx:
        return [entry.state for entry in await entry_search.search_entries(tx, search, 1000)]


async def takes_one_step(stage: CourtStage) -> None:
    """The court does one piece of due work, and nothing else happens."""
    assert await PatientWorkLoop(stage.registry).step()


class Killed(Exception):
    """The process is gone."""


async def dies_in_the_next_step(stage: CourtStage, batch_id: BatchId) -> None:
    """Everything of the step has been written, and nothing is committed."""
    with suppress(Killed):
        async with stage.registry.transaction() as tx:
            await list_next_rows(tx, await imports.lock_batch(tx, batch_id))
            raise Killed


async def writes_feed_of(stage: CourtStage, agency: AgencyKind) -> None:
    """The feed writer of an agency numbers what waits, and nothing else happens."""
    court = stage.system.court
    assert await FeedWriterLoop(court.registry, stage.system.bus, [AgencyId(agency.value)]).step()


async def numbers_at(stage: CourtStage, agency: AgencyKind, entry_ids: Sequence[EntryId]) -> list[int]:
    """Where the newest changes of entries stand on an agency's feed."""
    instruction, listing = feeds.instruction.c, feeds.listing.c
    async with stage.registry.reading() as tx:
        subjects = [(await entries.get_entry(tx, entry_id)).subject_id for entry_id in entry_ids]
        at = sa.select(instruction.subject_id, listing.feed_sequence).where(
            listing.instruction_id == instruction.id, listing.agency_id == agency.value
        )
        numbers = {row.subject_id: row.feed_sequence for row in await tx.rows(at)}
    return [numbers[subject_id] for subject_id in subjects]


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_steps, "LISTED_AT_ONCE", A_STEP)


@pytest.fixture
async def case_b(stage: CourtStage) -> None:
    await opens_bs_case(stage)


async def test_a_file_is_checked_approved_and_in_force_at_every_agency(
    stage: CourtStage, case_b: None
) -> None:
    batch_id = await submits(stage, sheet(*rows_about(2), row(解除金额="0")))
    before = await stage.railway.checks_in(stranger(0), HOTEL)
    await approves(stage, batch_id)
    await stage.settles()

    first, second = await rows_in(stage, batch_id, RowState.LISTED)

    assert before == Clear()
    assert first.entry_id is not None
    assert second.entry_id is not None
    assert await in_force_at(stage, first.entry_id) == set(AGENCIES)
    assert await in_force_at(stage, second.entry_id) == set(AGENCIES)
    assert type(await stage.railway.checks_in(stranger(0), HOTEL)) is Hit
    assert await stage.railway.checks_in(B, HOTEL) == Clear()
    await stage.settles()
    stage.reads_everything()


async def test_every_entry_and_the_batch_have_their_lines_in_the_audit_log(
    stage: CourtStage, case_b: None
) -> None:
    batch_id = await submits(stage, sheet(*rows_about(1), row(解除金额="0")))
    await approves(stage, batch_id)
    await stage.settles()
    (one,) = await rows_in(stage, batch_id, RowState.LISTED)
    assert one.entry_id is not None

    async with stage.registry.reading() as tx:
        of_batch = [(event.action, event.actor) for event in await audit.list_events_about(tx, batch_id)]
        of_entry = [(event.action, event.actor) for event in await audit.list_events_about(tx, one.entry_id)]
        chain = await verify(tx)

    assert sorted(of_batch) == [
        ("import approved", LEADER.person_id),
        ("import listed", "system"),
        ("import submitted", CLERK.person_id),
        ("import uploaded", CLERK.person_id),
    ]
    assert sorted(of_entry) == [
        ("entry approved", LEADER.person_id),
        ("entry registered", CLERK.person_id),
        ("entry submitted", CLERK.person_id),
    ]
    assert isinstance(chain, ChainWhole)


async def test_who_uploaded_it_cannot_approve_it(stage: CourtStage, case_b: None) -> None:
    batch_id = await submits(stage, sheet(row()))

    with pytest.raises(NotAllowed, match="approve an entry"):
        await approves(stage, batch_id, by=CLERK)

    assert (await batch_of(stage, batch_id)).state is BatchState.SUBMITTED
    assert await listed(stage) == []


async def test_a_judge_who_uploaded_it_needs_a_second_person_too(stage: CourtStage, case_b: None) -> None:
    async with stage.registry.reading() as tx:
        judge = await people.get_actor(tx, JUDGE.person_id)
    batch_id = await take_file(stage.registry, judge, io.BytesIO(sheet(row())))
    await stage.settles()
    async with stage.acting(JUDGE) as (tx, actor):
        await submit_import(tx, actor, batch_id)

    with pytest.raises(NotAllowed, match="ask a second person"):
        await approves(stage, batch_id, by=JUDGE)


async def test_rule_data_says_who_approves_the_measures_of_a_batch(stage: CourtStage, case_b: None) -> None:
    report = row(措施="通报行踪") | letter_and_record()
    batch_id = await submits(stage, sheet(*rows_about(1), report))
    assert (await batch_of(stage, batch_id)).measures == {Measure.SERVE: 1, Measure.REPORT_WHEREABOUTS: 1}

    with pytest.raises(NotAllowed, match="the rule for this measure names other approvers"):
        await approves(stage, batch_id, by=JUDGE)


def letter_and_record() -> dict[str, str]:
    papers = ("协助执行通知书", "下落不明记录")
    told = {"文号": "（2026）京0199执1402号之一", "日期": "2026-01-12", "签发人": "岳衡"}
    return {f"{paper}{field}": value for paper in papers for field, value in told.items()}


async def test_a_rejected_batch_lists_nobody(stage: CourtStage, case_b: None) -> None:
    batch_id = await submits(stage, sheet(*rows_about(3)))
    async with stage.acting(LEADER) as (tx, actor):
        await reject_import(tx, actor, batch_id)

    assert await listed(stage) == []
    with pytest.raises(Conflict, match="the batch is rejected by now"):
        await approves(stage, batch_id)


async def test_a_withdrawal_and_a_single_entry_overtake_an_import(
    stage: CourtStage, case_b: None, small_steps: None
) -> None:
    to_serve = Registration(case=cast.B_CASE, wanted=B, measure=Measure.SERVE)
    withdrawn = await stage.lists(to_serve)
    single = await stage.registers(Registration(case=cast.B_CASE, wanted=cast.A, measure=Measure.SERVE))
    batch_id = await submits(stage, sheet(*rows_about(MANY)))
    await approves(stage, batch_id)
    await takes_one_step(stage)
    imported = [row.entry_id for row in await rows_in(stage, batch_id, RowState.LISTED) if row.entry_id]

    async with stage.registry.transaction() as tx:
        leader = await people.get_actor(tx, LEADER.person_id)
        await approve_entry(tx, leader, single)
        await withdraw_entry(tx, await people.get_actor(tx, JUDGE.person_id), withdrawn, Cause.WITHDRAWN)
    await writes_feed_of(stage, AgencyKind.RAIL)
    bulk = await numbers_at(stage, AgencyKind.RAIL, imported)
    urgent = await numbers_at(stage, AgencyKind.RAIL, [withdrawn, single])

    assert len(bulk) == A_STEP
    assert urgent == [min(bulk) - 2, min(bulk) - 1]


async def test_a_crash_in_the_middle_neither_loses_nor_doubles(
    data: Path, engines: Engines, scene: object, small_steps: None
) -> None:
    async with open_stage(Opening(data=data, engines=engines)) as former:
        await opens_bs_case(former)
        batch_id = await submits(former, sheet(*rows_about(MANY)))
        await approves(former, batch_id)
        await takes_one_step(former)
        await dies_in_the_next_step(former, batch_id)
        done = await batch_of(former, batch_id)

    later = BEGINS + timedelta(minutes=1)
    async with open_stage(Opening(data=data, begins_at=later, engines=engines)) as stage:
        finished = await batch_of(stage, batch_id)
        states = await listed(stage)

    assert (done.state, done.listed) == (BatchState.LISTING, A_STEP)
    assert (finished.state, finished.listed, finished.refused) == (BatchState.LISTED, MANY, 0)
    assert states == [EntryState.ACTIVE] * MANY


async def test_a_row_that_is_right_no_more_is_told_and_the_others_go_on(
    stage: CourtStage, case_b: None
) -> None:
    batch_id = await submits(stage, sheet(row(解除金额="5,000.00"), *rows_about(2)))
    await stage.pays(cast.B_CASE, 600_000)
    await approves(stage, batch_id)
    await stage.settles()

    (refused,) = await rows_in(stage, batch_id, RowState.REFUSED)

    assert refused.number == 2
    assert [one.en for one in refused.problems] == ["its release amount was received: end the entry"]
    assert len(await rows_in(stage, batch_id, RowState.LISTED)) == 2
    assert await listed(stage) == [EntryState.ACTIVE] * 2


async def test_the_rows_are_deleted_after_their_time_and_the_entries_stay(
    stage: CourtStage, case_b: None
) -> None:
    batch_id = await submits(stage, sheet(*rows_about(2)))
    await approves(stage, batch_id)
    await stage.settles()

    await stage.reaches(stage.clock.now() + ROWS_KEPT)

    assert (await batch_of(stage, batch_id)).purged_at == stage.clock.now()
    assert await rows_in(stage, batch_id, RowState.LISTED) == ()
    assert await listed(stage) == [EntryState.ACTIVE] * 2
    # Thirty days ahead of their validation, both together.
    assert len(stage.sms(JUDGE)) == len(stage.sms(CLERK)) == 1


async def test_a_batch_that_nobody_decides_on_ends_by_itself(stage: CourtStage, case_b: None) -> None:
    batch_id = await submits(stage, sheet(*rows_about(2)))

    await stage.reaches(stage.clock.now() + ROWS_KEPT)

    assert (await batch_of(stage, batch_id)).state is BatchState.DISCARDED
    assert await listed(stage) == []


async def test_a_file_that_comes_twice_lists_nobody_twice(stage: CourtStage, case_b: None) -> None:
    first = await submits(stage, sheet(*rows_about(2)))
    second = await submits(stage, sheet(*rows_about(2)))
    await approves(stage, first)
    await approves(stage, second)
    await stage.settles()

    assert await listed(stage) == [EntryState.ACTIVE] * 2
    refused = await rows_in(stage, second, RowState.REFUSED)
    assert [row.problems for row in refused] == [(LISTED_FOR_THE_SAME,)] * 2


async def test_who_asks_by_a_file_who_is_listed_is_written_down(stage: CourtStage, case_b: None) -> None:
    batch_id = await submits(stage, sheet(*rows_about(1)))
    await approves(stage, batch_id)
    await stage.settles()
    entry_id = (await rows_in(stage, batch_id, RowState.LISTED))[0].entry_id

    again = await uploads(stage, sheet(*rows_about(1)))

    assert (await rows_in(stage, again, RowState.WRONG))[0].problems == (LISTED_FOR_THE_SAME,)
    async with stage.registry.reading() as tx:
        looks = [one for one in await audit.list_events_about(tx, again) if one.action == READ]
    assert [(look.actor, look.detail["shown"]) for look in looks] == [(CLERK.person_id, [entry_id])]
