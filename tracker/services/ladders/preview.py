"""What a ladder would do from a moment on: whom each rung would call and when, and where it leads to nobody.

It asks the functions that the ringing ladder asks, each rung for its own moment, so that a shift that ends in
between is seen.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from notifications.ladders import Place, Step, ladder_from_json, place_after, place_on
from tracker.domain.alerts import Alert, AlertState
from tracker.domain.due import DueKind, rung_of, started_at_of
from tracker.domain.ids import PersonId
from tracker.services.ladders.circles import Circle, Group, circle_to_call, find_groups
from tracker.storage import due_work, notices
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One rung. Without anybody in its groups it is passed over at once."""

    at: datetime
    step: Step
    groups: tuple[Group, ...]

    @property
    def finds_somebody(self) -> bool:
        return any(group.person_ids for group in self.groups)


async def preview_ladder(
    tx: Tx, circle: Circle, start: Place, act_from: datetime | None, told: Collection[PersonId] = ()
) -> tuple[Preview, ...]:
    """Every rung from a place on, a repeat once only."""
    rungs: list[Preview] = []
    known = set(told)
    place: Place | None = start
    while place is not None and (place is start or place.rung.repeat == 0):
        groups = await find_groups(tx, circle, place, known, place.due_at)
        rungs.append(Preview(at=place.due_at, step=place.step, groups=groups))
        known.update(one for group in groups for one in group.person_ids)
        place = place_after(place, act_from, found=rungs[-1].finds_somebody)
    return tuple(rungs)


async def preview_alert(tx: Tx, alert: Alert) -> tuple[Preview, ...]:
    """Whom an open alert calls next while nobody takes it, up to the end of its use; empty when nobody
    further is called.
    """
    due = await due_work.find_due(tx, alert.alert_id, DueKind.LADDER_STEP)
    if due is None or alert.state is not AlertState.OPEN:
        return ()
    act_from = alert.plan.act_from
    start = place_on(ladder_from_json(alert.ladder), rung_of(due), started_at_of(due), act_from)
    told = await notices.list_told(tx, alert.alert_id)
    rungs = await preview_ladder(tx, await circle_to_call(tx, alert), start, act_from, told)
    return tuple(rung for rung in rungs if rung.at <= max(alert.plan.useful_until, start.due_at))
