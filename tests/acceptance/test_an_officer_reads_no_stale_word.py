"""The officer's display of the demonstration: the last word disappears with what it stood on."""

from pathlib import Path

from adapters.edge.instruction import DisplayState, InForce
from schemas.measures import AgencyKind
from schemas.messages import SightingKind
from scripts import cast
from scripts.demo.windows import PLACES, Presented, Window
from scripts.partners import PARTNERS
from scripts.stage import Opening, Stage
from scripts.story.props import FIRST_PLAN
from scripts.story.scenes_one import UNTIL_BEIJING
from tests.acceptance.court import BEGINS, SHIFTS, list_a


async def test_in_force_is_not_shown_beside_a_withdrawal(tmp_path: Path) -> None:
    async with Stage.opened(Opening(data=tmp_path, begins_at=BEGINS, shifts=SHIFTS)) as stage:
        entry_id = await list_a(stage)
        window = Window(PARTNERS[0], stage.system.edges[AgencyKind.RAIL])
        bought = Presented(
            number=cast.A.number,
            name=cast.A.name,
            kind=SightingKind.TICKET_BOUGHT,
            place=PLACES[AgencyKind.RAIL],
            itinerary=FIRST_PLAN.itinerary,
        )
        await window.use_card(bought, at=stage.clock.now())
        await stage.settles()
        await stage.takes(cast.JUDGE, await stage.alert_of(entry_id))
        await stage.confirms(cast.JUDGE, await stage.alert_of(entry_id), UNTIL_BEIJING)
        await window.check(await stage.reference_at(AgencyKind.RAIL, entry_id))
        [(asked, _)] = (await window.view()).hits

        await stage.suspends(entry_id, by=cast.DESK)

        [(silent, display)] = (await window.view()).hits
        assert isinstance(asked.asked, InForce)
        assert (silent.asked, display.state) == (None, DisplayState.GONE)
