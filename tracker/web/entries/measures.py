"""What each measure needs by the court's rules: those of today, those to come, and those that held before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from aiohttp import web

from schemas.measures import Measure
from tracker.domain.court_time import court_day
from tracker.domain.measures import MeasureRule
from tracker.storage import rules
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, page, signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesOf:
    """The rules of one measure; `now` None: it may not be asked for today."""

    measure: Measure
    now: MeasureRule | None
    to_come: tuple[MeasureRule, ...]
    former: tuple[MeasureRule, ...]


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        found = await rules.list_rules(tx, visit.actor.court_id)
        today = court_day(tx.at)
    return page(request, visit, "measures.html", measures=[_of(one, found, today) for one in Measure])


def _of(measure: Measure, found: Sequence[MeasureRule], today: date) -> RulesOf:
    own = [rule for rule in found if rule.measure is measure]
    return RulesOf(
        measure=measure,
        now=next((rule for rule in own if rule.holds_on(today)), None),
        to_come=tuple(rule for rule in own if rule.valid_from > today),
        former=tuple(rule for rule in own if rule.valid_to is not None and rule.valid_to <= today),
    )


ROUTES = (web.get("/measures", signed_in(_show)),)
