"""Whoever bought a ticket yesterday and is listed today is found: the railway's own system is asked, or,
where it cannot be, its adapter has kept the journeys of the last days.
"""

import pytest

from adapters.edge.card_use import Clear
from adapters.edge.settings import Keeping
from schemas.measures import AgencyKind
from scripts.cast import DUTY_OFFICER, JUDGE, A, B
from scripts.desk import AgencyDesk, court_time
from scripts.partners import Habits
from scripts.story.props import FIRST_PLAN, TONIGHT
from scripts.tickets import TicketBook
from tests.acceptance.court import CourtStage, list_a
from tests.acceptance.journeys import THIS_AFTERNOON
from tests.acceptance.listing import books_of
from tests.enumeration import everything_under
from tracker.domain.plans import Urgency
from tracker.storage.audit import list_events_about

FIFTEEN_DAYS = Keeping(days=15, legal_basis="铁路法第七十条", assessment="评估2026-3")
ALERT = "【云河法院】行踪预警：26执1357佟某，Z38次7车12下，28日06:59到北京西。接手请回40718"
TODAY = court_time(2, 26, 9, 0)


@pytest.fixture(params=["asks", "keeps"])
async def railway(request: pytest.FixtureRequest, stage: CourtStage) -> AgencyDesk:
    """On Wednesday at noon, nobody is listed."""
    book = TicketBook(stage.clock.now)
    habits = {"asks": Habits(journeys=book), "keeps": Habits(keeping=FIFTEEN_DAYS)}[request.param]
    await stage.starts_adapter_anew(AgencyKind.RAIL, habits)
    return AgencyDesk(stage.system.edges[AgencyKind.RAIL], stage.clock, book)


async def test_is_found_when_its_buyer_is_listed_today(stage: CourtStage, railway: AgencyDesk) -> None:
    bought = await railway.sells_ticket(A, FIRST_PLAN)
    await stage.reaches(TODAY)
    assert (bought, stage.unread_sms()) == (Clear(), [])

    entry_id = await list_a(stage)
    await stage.reaches(court_time(2, 26, 9, 1))

    alert = await stage.alert_of(entry_id)
    assert (alert.urgency, alert.plan.act_at) == (Urgency.PLANNED, FIRST_PLAN.arrives)
    assert stage.sms(JUDGE) == [ALERT]
    assert len(stage.sms(DUTY_OFFICER)) == 1


async def test_of_strangers_it_leaves_no_trace(stage: CourtStage, railway: AgencyDesk) -> None:
    await railway.sells_ticket(B, FIRST_PLAN)

    await list_a(stage)
    await stage.reaches(court_time(2, 25, 12, 1))

    books = await books_of(stage)
    everything = everything_under(stage.system.world.data)
    assert books["sighting"] == []
    assert B.number not in str(books)
    assert (B.number.encode() in everything, B.name.encode() in everything) == (False, False)


async def test_rings_nobody_once_the_journey_is_over(stage: CourtStage, railway: AgencyDesk) -> None:
    await railway.sells_ticket(A, THIS_AFTERNOON)
    await railway.sells_ticket(A, TONIGHT)
    await railway.refunds_ticket(A, TONIGHT)
    await stage.reaches(TODAY)

    await list_a(stage)
    await stage.reaches(court_time(2, 26, 9, 1))

    assert stage.unread_sms() == []


@pytest.mark.parametrize("railway", ["keeps"], indirect=True)
async def test_the_auditor_sees_who_keeps_journeys_and_by_which_law(
    stage: CourtStage, railway: AgencyDesk
) -> None:
    async with stage.registry.reading() as tx:
        (told,) = [one for one in await list_events_about(tx, "rail.one") if one.action == "journeys kept"]

    assert told.detail == {"days": 15, "legal_basis": "铁路法第七十条", "assessment": "评估2026-3"}
