"""An agency whose network is isolated: its list goes there as files, and what it sees comes back as files, by
a gateway that carries every half hour. Nobody is stopped on news so old, and every page says how old it is.
"""

from collections.abc import AsyncIterator

import pytest

from adapters.edge.card_use import Clear, Hit
from adapters.edge.instruction import DisplayState, DoNotStop, NoStop
from schemas.carryings import Carryings
from schemas.measures import AgencyKind
from scripts.cast import A_CASE, A_COLLECTED_FEN, A_DEBT_FEN, JUDGE, A
from scripts.desk import court_time
from scripts.story.props import FIRST_PLAN
from tests.acceptance.by_folder import Gateway, gateway_to_the_railway
from tests.acceptance.court import CourtStage, list_a
from tests.acceptance.test_a_silent_line_rings_the_desk import rail_line
from tracker.domain.ids import EntryId

OPEN_FEN = A_DEBT_FEN - A_COLLECTED_FEN


@pytest.fixture
async def gateway(stage: CourtStage) -> AsyncIterator[Gateway]:
    async with gateway_to_the_railway(stage) as gateway:
        yield gateway


async def test_who_is_listed_is_found_after_one_carrying_and_told_after_the_next(
    stage: CourtStage, gateway: Gateway
) -> None:
    entry_id = await list_a(stage)
    before = await stage.railway.sells_ticket(A, FIRST_PLAN)
    await gateway.carries()
    sold = await stage.railway.sells_ticket(A, FIRST_PLAN)
    has_alert = await stage.has_alert(entry_id)

    await gateway.carries()

    assert (before, type(sold), has_alert) == (Clear(), Hit, False)
    assert await stage.has_alert(entry_id)
    assert len(stage.sms(JUDGE)) == 1
    stage.reads_everything()


async def test_a_confirmed_hold_stops_nobody_by_a_list_that_is_older_than_five_minutes(
    stage: CourtStage, taken: CourtStage, entry_a: EntryId, gateway: Gateway
) -> None:
    reference = await stage.reference_at(AgencyKind.RAIL, entry_a)
    await gateway.carries()
    await stage.waits(minutes=6)

    asked = await stage.railway.asks_before_stop(reference)

    assert isinstance(asked, DoNotStop)
    assert asked.reason is NoStop.COURT_SILENT


async def test_who_paid_is_gone_after_the_next_carrying_and_the_court_knows_after_the_one_behind(
    stage: CourtStage, entry_a: EntryId, gateway: Gateway
) -> None:
    reference = await stage.reference_at(AgencyKind.RAIL, entry_a)
    await gateway.carries()
    await stage.pays(A_CASE, OPEN_FEN)
    shown = [(await stage.railway.shows(reference)).state]
    gone = [await gone_at_the_railway(stage, entry_a)]
    await gateway.carries()
    shown.append((await stage.railway.shows(reference)).state)
    gone.append(await gone_at_the_railway(stage, entry_a))
    await gateway.carries()
    gone.append(await gone_at_the_railway(stage, entry_a))
    stage.reads_everything()

    assert shown == [DisplayState.REPORT_ONLY, DisplayState.GONE]
    assert gone == [False, False, True]


async def test_a_new_adapter_has_the_whole_list_after_three_carryings(
    stage: CourtStage, entry_a: EntryId
) -> None:
    async with gateway_to_the_railway(stage, is_new=True) as gateway:
        for _ in range(3):
            await gateway.carries()
        sold = await stage.railway.sells_ticket(A, FIRST_PLAN)
        (adapter,) = (await rail_line(stage)).instances

    first, second, third = (court_time(2, 25, hour, minute) for hour, minute in ((12, 30), (13, 0), (13, 30)))
    assert isinstance(sold, Hit)
    assert adapter.carryings == Carryings(outward=(first, second), inward=(second, third))


async def gone_at_the_railway(stage: CourtStage, entry_id: EntryId) -> bool:
    (at_rail,) = [one for one in await stage.instructions(entry_id) if one.agency_id == "rail"]
    return at_rail.gone_since is not None
