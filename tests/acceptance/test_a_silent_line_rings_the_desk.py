"""Silence loses a debtor: a line to an agency that died is noticed before anybody was missed on it."""

from dataclasses import replace

from adapters.edge.card_use import Clear
from schemas.canary import CANARY
from schemas.measures import AgencyKind
from scripts import cast
from scripts.cast import DESK, LEADER
from scripts.desk import court_time
from tests.acceptance.court import CourtStage
from tests.acceptance.listing import HOTEL, books_of
from tracker.domain.ids import AgencyId
from tracker.domain.line_closing import ClosingReason
from tracker.services.lines.closing import close_line, open_line
from tracker.services.lines.status import AgencyStatus, list_statuses

NOON = court_time(2, 25, 12, 0)
FIRST_HEARD = court_time(2, 25, 12, 5)
SILENT = "【云河法院】线路告警：铁路25日12:05起无心跳无回执，该线名单或已失效。请联系对方值班室"
HEARD_AGAIN = "【云河法院】线路恢复：铁路25日13:20起恢复，此前自25日12:05起中断。无需回复"
SILENT_AGAIN = "【云河法院】线路告警：铁路25日13:20起无心跳无回执，该线名单或已失效。请联系对方值班室"
THE_CANARYS_CARD = replace(cast.A, number=CANARY.number)
OF_PEOPLE = ("subject", "subject_document", "watch_entry", "instruction", "sighting", "alert", "notice")


async def rail_line(stage: CourtStage) -> AgencyStatus:
    async with stage.registry.reading() as tx:
        statuses = await list_statuses(tx, cast.COURT.court_id)
    return next(one for one in statuses if one.agency.agency_id == "rail")


async def is_heard_again(stage: CourtStage) -> None:
    """Its adapter works again, and the desk has read so."""
    await stage.settles()
    (told,) = stage.sms(DESK)
    assert told.startswith("【云河法院】线路恢复：铁路")


async def test_a_line_that_falls_silent_rings_the_desk_once(watched: CourtStage) -> None:
    await watched.waits(minutes=5)

    async with watched.mute(AgencyKind.RAIL):
        await watched.waits(minutes=14)
        assert watched.sms(DESK) == []
        await watched.waits(minutes=1)
        assert watched.sms(DESK) == [SILENT]
        assert watched.pushes(DESK) == [
            "线路告警 · 铁路 / 25日12:05起无心跳无回执 · 该线名单或已失效 · 请联系对方值班室"
        ]
        await watched.waits(hours=1)
        assert watched.sms(DESK) == []
        (adapter,) = (await rail_line(watched)).instances

    assert (adapter.silent_since, adapter.canary_at) == (FIRST_HEARD, FIRST_HEARD)
    await is_heard_again(watched)


async def test_the_desk_hears_that_it_is_back_and_of_the_next_silence(watched: CourtStage) -> None:
    await watched.waits(minutes=5)
    async with watched.mute(AgencyKind.RAIL):
        await watched.waits(minutes=75)
    assert watched.sms(DESK) == [SILENT]

    await watched.settles()

    assert watched.sms(DESK) == [HEARD_AGAIN]
    assert (await rail_line(watched)).instances[0].silent_since is None

    async with watched.mute(AgencyKind.RAIL):
        await watched.waits(minutes=15)
    assert watched.sms(DESK) == [SILENT_AGAIN]
    await is_heard_again(watched)


async def test_an_adapter_that_never_ran_rings_once(watched: CourtStage) -> None:
    async with watched.mute(AgencyKind.RAIL):
        await watched.waits(hours=3)
        (told,) = watched.sms(DESK)
        (adapter,) = (await rail_line(watched)).instances

    assert told.startswith("【云河法院】线路告警：铁路24日09:00起")
    assert adapter.canary_at is None
    await is_heard_again(watched)


async def test_a_canary_is_nobody(watched: CourtStage) -> None:
    before = await books_of(watched)

    await watched.waits(hours=1)

    after = await books_of(watched)
    assert {table: after[table] for table in OF_PEOPLE} == {table: [] for table in OF_PEOPLE}
    (adapter,) = (await rail_line(watched)).instances
    assert adapter.canary_at is not None
    assert adapter.canary_at >= court_time(2, 25, 12, 55)
    assert len(before["audit_event"]) == len(after["audit_event"])
    assert (await watched.railway.edge.state()).count == 1


async def test_nobody_at_the_agency_sees_it_as_a_hit(watched: CourtStage) -> None:
    answer = await watched.railway.checks_in(THE_CANARYS_CARD, HOTEL)
    await watched.settles()

    assert answer == Clear()
    assert [one.canary_at for one in (await rail_line(watched)).instances] == [NOON]
    assert (await books_of(watched))["alert"] == []


async def test_a_court_that_was_away_itself_calls_no_line_silent(watched: CourtStage) -> None:
    """The scene was closed a day ago: nobody listened meanwhile."""
    await watched.waits(hours=1)

    assert watched.sms(DESK) == []


async def closes_line_to_rail(stage: CourtStage) -> None:
    async with stage.acting(DESK) as (tx, actor):
        await close_line(tx, actor, AgencyId("rail"), ClosingReason.FAULTY)
    (told,) = stage.sms(DESK)
    assert told.startswith("【云河法院】线路关闭：铁路")


async def opens_line_to_rail(stage: CourtStage) -> None:
    async with stage.acting(LEADER) as (tx, actor):
        await open_line(tx, actor, AgencyId("rail"))


async def test_no_canary_is_missed_on_a_closed_line_and_it_comes_back_by_the_new_list(
    watched: CourtStage,
) -> None:
    await watched.waits(minutes=5)
    await closes_line_to_rail(watched)
    await watched.waits(minutes=30)
    assert watched.sms(DESK) == []

    await opens_line_to_rail(watched)
    await watched.starts_adapter_anew(AgencyKind.RAIL)
    opened_at = watched.clock.now()
    await watched.waits(minutes=6)

    rail = await rail_line(watched)
    assert rail.is_well
    assert rail.feed.keys.epoch == 2
    (heard_at,) = (one.canary_at for one in rail.instances)
    assert heard_at is not None
    assert heard_at > opened_at


async def test_an_adapter_that_does_not_come_back_once_the_line_is_open_is_missed(
    watched: CourtStage,
) -> None:
    await watched.waits(minutes=5)
    await closes_line_to_rail(watched)
    await watched.waits(minutes=30)
    await opens_line_to_rail(watched)

    await watched.waits(minutes=14)
    assert watched.sms(DESK) == []
    await watched.waits(minutes=1)

    assert watched.sms(DESK) == [SILENT.replace("25日12:05", "25日12:35")]
