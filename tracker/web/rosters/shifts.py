"""Who is on duty, as people are named on the screen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.people import Duty
from tracker.storage import people
from tracker.storage.transaction import Tx
from tracker.web.titles import title
from tracker.web.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who serves a duty at a moment; nobody: a gap."""

    duty: Duty
    titles: tuple[str, ...]


async def list_shifts(tx: Tx, visit: Visit, duties: Iterable[Duty], when: datetime) -> tuple[Shift, ...]:
    shifts = []
    for duty in duties:
        on_shift = await people.list_on_duty(tx, visit.actor.court_id, duty, when)
        names = [title(await people.get_person(tx, one), visit.language) for one in on_shift]
        shifts.append(Shift(duty=duty, titles=tuple(names)))
    return tuple(shifts)
