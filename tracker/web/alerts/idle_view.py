"""What the desk sees while no alert waits: whether each line is alive, who is on duty, and what the last
drill has shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tracker.domain.people import Duty
from tracker.services.proof.drill_results import list_results
from tracker.storage import agencies
from tracker.storage.agencies import Agency, Instance
from tracker.storage.transaction import Tx
from tracker.web.proof.drills import DrillLine, line_of
from tracker.web.rosters.shifts import Shift, list_shifts
from tracker.web.visits import Visit


class Health(StrEnum):
    """Of a line, by its worst adapter."""

    HEARD = "heard"
    WAITED_FOR = "waited-for"
    SILENT = "silent"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHealth:
    """`since`: when a canary last came back by every adapter, or since when one of them is silent."""

    name: str
    health: Health
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleView:
    lines: tuple[LineHealth, ...]
    on_duty: tuple[Shift, ...]
    last_drill: DrillLine | None


async def gather_idle(tx: Tx, visit: Visit) -> IdleView:
    court_id = visit.actor.court_id
    lines = []
    for agency in await agencies.list_agencies(tx, court_id):
        instances = await agencies.list_instances(tx, agency.agency_id)
        lines.append(_health(visit.says(agency.name, agency.name_en), agency, instances))
    latest = await list_results(tx, court_id, 1)
    return IdleView(
        lines=tuple(lines),
        on_duty=await list_shifts(tx, visit, Duty, tx.at),
        last_drill=await line_of(tx, visit, latest[0]) if latest else None,
    )


def _health(name: str, agency: Agency, instances: Sequence[Instance]) -> LineHealth:
    if agency.closing is not None:
        return LineHealth(name=name, health=Health.CLOSED, since=agency.closing.at)
    silent = [one.silent_since for one in instances if one.silent_since is not None]
    if silent:
        return LineHealth(name=name, health=Health.SILENT, since=min(silent))
    heard = [one.canary_at for one in instances if one.canary_at is not None]
    if not instances or len(heard) < len(instances):
        return LineHealth(name=name, health=Health.WAITED_FOR, since=None)
    return LineHealth(name=name, health=Health.HEARD, since=min(heard))
