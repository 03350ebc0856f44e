"""An adapter is lost or stolen: one act makes its copy of the list harmless, another person's lets the agency
begin anew. Who paid meanwhile is on no list, and nobody is called gone on the word of a closed line.
"""

from pathlib import Path

import pytest

from adapters.edge.card_use import Clear, Hit, NotScreened, Silence
from adapters.edge.instruction import DoNotStop
from schemas.certificates import Holder
from schemas.measures import AgencyKind
from schemas.messages import SightingKind
from scripts import cast
from scripts.cast import DESK, DUTY_OFFICER, JUDGE, LEADER, A, B
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import BEIJING_GATE
from tests.acceptance.listing import B_IS_WANTED, HOTEL, gone_at, in_force_at, opens_bs_case
from tests.acceptance.test_many_entries_come_in_one_file import approves, rows_in, submits
from tests.acceptance.test_nobody_is_sought_without_a_look import DUE as VALIDATION_DUE
from tests.import_sheets import row, sheet
from tracker.domain.entries import Cause
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import AgencyId, EntryId
from tracker.domain.imports import RowState
from tracker.domain.line_closing import ClosingReason
from tracker.domain.people import system_actor
from tracker.services.agencies.enrolment import hand_out_keys
from tracker.services.lines.closing import close_line, open_line
from tracker.services.lines.status import list_statuses
from tracker.storage import agencies
from tracker.storage.agencies import Instance

RAIL = AgencyId("rail")
OTHERS = {"police", "border", "exit-entry"}
EVERYWHERE = {"rail", *OTHERS}
TOLD = "【云河法院】线路关闭：铁路名单已停用，该单位不再比对、不再报告，正在办理的请电话联系。请登录查看"


async def closes_line(
    stage: CourtStage, by: cast.Member = LEADER, reason: ClosingReason = ClosingReason.FAULTY
) -> None:
    async with stage.acting(by) as (tx, actor):
        await close_line(tx, actor, RAIL, reason)


async def opens_line(stage: CourtStage, by: cast.Member = LEADER) -> None:
    async with stage.acting(by) as (tx, actor):
        await open_line(tx, actor, RAIL)


async def adapter_at_court(stage: CourtStage) -> Instance:
    async with stage.registry.reading() as tx:
        return (await agencies.list_instances(tx, RAIL))[0]


async def everybody_has_read(stage: CourtStage) -> None:
    assert stage.sms(DESK) == stage.sms(JUDGE) == [TOLD]
    stage.reads_everything()


def list_of(stage: CourtStage) -> Path:
    return stage.system.world.data / "edges" / "rail" / "replica"


@pytest.fixture
async def closed(stage: CourtStage, entry_a: EntryId) -> CourtStage:
    """The desk has closed the line to the railway; desk and judge have read of it."""
    await closes_line(stage, by=DESK)
    await everybody_has_read(stage)
    return stage


async def test_the_adapter_removes_its_list_and_hits_nobody(closed: CourtStage, entry_a: EntryId) -> None:
    use = await closed.railway.opens_gate(A, BEIJING_GATE)
    reference = await closed.reference_at(AgencyKind.RAIL, entry_a)

    assert use == NotScreened(reason=Silence.LINE_CLOSED, phone_24h=cast.COURT.desk_phone)
    assert isinstance(await closed.railway.edge.before_stop(reference), DoNotStop)
    assert [path for path in list_of(closed).rglob("*") if path.is_file()] == []
    assert (await adapter_at_court(closed)).emptied_at == closed.clock.now()


async def test_desk_and_judge_are_told_once_in_one_segment(stage: CourtStage, entry_a: EntryId) -> None:
    await closes_line(stage)

    assert stage.sms(DESK) == stage.sms(JUDGE) == [TOLD]
    assert len(TOLD.encode("utf-16-le")) // 2 <= 70
    assert stage.pushes(JUDGE) == ["线路关闭 · 铁路 / 名单已停用，该单位不再比对、不再报告 · 点开看原因"]


async def test_the_court_hands_out_no_keys_and_takes_no_webhook(closed: CourtStage) -> None:
    key_id = (await adapter_at_court(closed)).verifying.key_id
    holder = Holder(agency="rail", instance="one", key_id=key_id)
    answer = await closed.line.post_sighting("rail", "after-closing", {})

    with pytest.raises(NotAllowed, match="closed this line"):
        async with closed.registry.transaction() as tx:
            await hand_out_keys(tx, system_actor(cast.COURT.court_id), holder)
    assert (answer.status, answer.body["type"].rpartition("/")[2]) == (403, "line-closed")


async def test_what_a_thief_reports_with_the_adapters_keys_is_not_believed(
    stage: CourtStage, entry_a: EntryId
) -> None:
    async with stage.mute(AgencyKind.RAIL):
        await stage.railway.opens_gate(A, BEIJING_GATE)
        await closes_line(stage)
    await stage.settles()
    await everybody_has_read(stage)

    assert not await stage.has_alert(entry_a)


async def test_a_closed_line_starts_without_keys_and_without_a_list(closed: CourtStage) -> None:
    await closed.starts_adapter_anew(AgencyKind.RAIL)

    use = await closed.railway.opens_gate(A, BEIJING_GATE)

    assert use == NotScreened(reason=Silence.LINE_CLOSED, phone_24h=cast.COURT.desk_phone)


async def test_who_is_listed_meanwhile_does_not_reach_it(closed: CourtStage) -> None:
    await opens_bs_case(closed)
    entry_b = await closed.lists(B_IS_WANTED)

    assert await in_force_at(closed, entry_b) == OTHERS


async def test_nor_who_comes_in_a_file(closed: CourtStage) -> None:
    await opens_bs_case(closed)
    batch_id = await submits(closed, sheet(row()))
    await approves(closed, batch_id)
    await closed.settles()

    (one,) = await rows_in(closed, batch_id, RowState.LISTED)
    assert one.entry_id is not None
    assert await in_force_at(closed, one.entry_id) == OTHERS


async def test_whom_nobody_validates_meanwhile_is_not_called_gone_there(
    closed: CourtStage, entry_a: EntryId
) -> None:
    await closed.reaches(VALIDATION_DUE)

    assert (await closed.entry(entry_a)).cause is Cause.NOT_VALIDATED
    assert await gone_at(closed, entry_a) == OTHERS
    closed.reads_everything()


async def test_who_pays_meanwhile_is_not_called_gone_there(closed: CourtStage, entry_a: EntryId) -> None:
    await closed.pays(cast.A_CASE, cast.A_DEBT_FEN)
    await closed.withdraws(entry_a, JUDGE, Cause.PERFORMED)

    assert await gone_at(closed, entry_a) == OTHERS
    assert closed.sms(A) == []


async def test_once_it_is_open_again_who_paid_is_on_no_list_and_then_only_told(
    closed: CourtStage, entry_a: EntryId
) -> None:
    await closed.pays(cast.A_CASE, cast.A_DEBT_FEN)
    await closed.withdraws(entry_a, JUDGE, Cause.PERFORMED)
    await opens_line(closed)
    assert await gone_at(closed, entry_a) == OTHERS

    await closed.starts_adapter_anew(AgencyKind.RAIL)
    await closed.waits(seconds=30)

    assert await gone_at(closed, entry_a) == EVERYWHERE
    assert await closed.railway.opens_gate(A, BEIJING_GATE) == Clear()
    assert len(closed.sms(A)) == 1


async def test_the_list_begins_anew_with_everybody_who_is_wanted(
    closed: CourtStage, entry_a: EntryId
) -> None:
    await opens_bs_case(closed)
    entry_b = await closed.lists(B_IS_WANTED)
    before = await closed.reference_at(AgencyKind.RAIL, entry_a)

    await opens_line(closed)
    await closed.starts_adapter_anew(AgencyKind.RAIL)
    await closed.waits(seconds=30)

    assert await in_force_at(closed, entry_a) == await in_force_at(closed, entry_b) == EVERYWHERE
    assert await closed.reference_at(AgencyKind.RAIL, entry_a) != before
    state = await closed.railway.edge.state()
    # Two people and the canary.
    assert (state.epoch, state.count) == (2, 3)
    assert isinstance(await closed.railway.sees(SightingKind.CHECKPOINT, B, HOTEL), Hit)
    await closed.settles()
    assert len(closed.sms(DUTY_OFFICER)) == len(closed.sms(JUDGE)) == 1


async def test_of_an_adapter_that_says_nothing_nothing_is_claimed(
    stage: CourtStage, entry_a: EntryId
) -> None:
    async with stage.mute(AgencyKind.RAIL):
        await closes_line(stage)
        await everybody_has_read(stage)
        await stage.withdraws(entry_a, JUDGE)
        async with stage.registry.reading() as tx:
            rail = next(
                one for one in await list_statuses(tx, cast.COURT.court_id) if one.agency.agency_id == RAIL
            )

        assert (await adapter_at_court(stage)).emptied_at is None
        assert not rail.is_well
        assert await gone_at(stage, entry_a) == OTHERS


async def test_whoever_closed_it_does_not_open_it(stage: CourtStage, entry_a: EntryId) -> None:
    await closes_line(stage)
    await everybody_has_read(stage)

    with pytest.raises(NotAllowed, match="second person"):
        await opens_line(stage)


async def test_a_judge_neither_closes_nor_opens(closed: CourtStage) -> None:
    with pytest.raises(NotAllowed):
        await opens_line(closed, by=JUDGE)
    with pytest.raises(Conflict):
        await closes_line(closed)
    with pytest.raises(NotAllowed):
        await closes_line(closed, by=JUDGE)


async def test_after_a_theft_the_old_keys_are_not_let_in_again(stage: CourtStage, entry_a: EntryId) -> None:
    await closes_line(stage, by=DESK, reason=ClosingReason.LOST)
    await everybody_has_read(stage)
    await opens_line(stage)
    thief = await adapter_at_court(stage)
    holder = Holder(agency="rail", instance="one", key_id=thief.verifying.key_id)

    await stage.starts_adapter_anew(AgencyKind.RAIL)

    with pytest.raises(NotAllowed, match="closed this line"):
        async with stage.registry.transaction() as tx:
            await hand_out_keys(tx, system_actor(cast.COURT.court_id), holder)
    assert await in_force_at(stage, entry_a) == OTHERS
    assert isinstance(await stage.railway.opens_gate(A, BEIJING_GATE), NotScreened)
