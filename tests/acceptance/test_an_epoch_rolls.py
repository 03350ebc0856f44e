"""An agency's list gets new keys and new references without a moment in which a person is not on it."""

from adapters.edge.card_use import Clear, Hit
from adapters.screening import FeedCondition
from schemas.measures import AgencyKind
from scripts import cast
from scripts.cast import JUDGE, A
from tests.acceptance.court import CourtStage
from tests.acceptance.journeys import BEIJING_GATE
from tests.acceptance.listing import gone_at
from tracker.domain.ids import AgencyId, EntryId
from tracker.domain.people import system_actor
from tracker.services.lines.epoch_rolls import roll_epoch

RAIL = AgencyId("rail")
EVERYWHERE = {"rail", "police", "border", "exit-entry"}


async def rolls(stage: CourtStage) -> None:
    async with stage.registry.transaction() as tx:
        await roll_epoch(tx, system_actor(cast.COURT.court_id), RAIL, operator="yunwei")
    await stage.settles()


async def test_a_list_is_rolled_while_cards_are_used_and_the_person_is_withdrawn(
    stage: CourtStage, entry_a: EntryId
) -> None:
    old = await stage.reference_at(AgencyKind.RAIL, entry_a)
    await rolls(stage)
    beside = await stage.railway.opens_gate(A, BEIJING_GATE)
    await stage.settles()
    alert = await stage.alert_of(entry_a)
    stage.reads_everything()

    await stage.waits(minutes=2)
    stage.reads_everything()
    after = await stage.railway.opens_gate(A, BEIJING_GATE)
    await stage.settles()
    new = await stage.reference_at(AgencyKind.RAIL, entry_a)
    state = await stage.railway.edge.state()

    assert (beside, after) == (Hit(references=(old,)), Hit(references=(new,)))
    assert old != new
    assert (state.epoch, state.condition) == (2, FeedCondition.PROVEN)
    assert (await stage.alert_of(entry_a)).alert_id == alert.alert_id

    await stage.withdraws(entry_a, JUDGE)
    stage.reads_everything()
    assert await stage.railway.opens_gate(A, BEIJING_GATE) == Clear()
    assert await gone_at(stage, entry_a) == EVERYWHERE
