"""What one agency is asked about one subject, resolved from all entries in force: one
instruction, not many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from schemas.measures import Measure, weight
from tracker.domain.entries import Entry
from tracker.domain.ids import AgencyId, EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The heaviest measure in force wins, until its own last day; `entry_ids` are the
    entries it stands on.
    """

    measure: Measure
    valid_until: date
    entry_ids: tuple[EntryId, ...]


def resolve(entries: Sequence[Entry], agency_id: AgencyId) -> Resolved | None:
    """The instruction for an agency, None when nothing is left to ask. `entries` must all be in force."""
    shared = [entry for entry in entries if agency_id in entry.agency_ids]
    if not shared:
        return None
    heaviest = max(shared, key=lambda entry: weight(entry.measure)).measure
    standing_on = [entry for entry in shared if entry.measure is heaviest]
    return Resolved(
        measure=heaviest,
        valid_until=max(entry.valid_until for entry in standing_on),
        entry_ids=tuple(entry.entry_id for entry in standing_on),
    )
