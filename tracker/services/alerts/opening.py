"""Opens alerts on what was seen of subjects with entries in force."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.domain.alerts import Alert, AlertState
from tracker.domain.entries import Entry
from tracker.domain.ids import AlertId, CourtId
from tracker.domain.plans import Seen, plan_of, urgency_of
from tracker.services.alerts.leads import with_court_lead
from tracker.services.alerts.moves import start_clocks
from tracker.services.ladders.circles import remember_first_called
from tracker.services.ladders.rungs import begin_ladders, snapshot
from tracker.services.notices.telling import Writing, write_as_due
from tracker.storage import alerts
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.leases import remember_database_seconds
from tracker.storage.texts import list_texts
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Why an alert is opened: what was seen of a subject with these entries in force."""

    standing: Sequence[Entry]
    seen: Seen
    correlation: str | None = None

    @property
    def court_id(self) -> CourtId:
        return self.standing[0].court_id


async def open_alerts(
    tx: Tx, openings: Sequence[Opening], write: Writing = write_as_due
) -> tuple[Alert, ...]:
    """Open an alert each, tell the first people, start the clocks. `write`: puts the first notices into the
    books.
    """
    opened = tuple([await _opened(tx, opening) for opening in openings])
    for alert in opened:
        await alerts.add_alert(tx, alert)
        await start_clocks(tx, alert)
    await begin_ladders(tx, opened, write)
    return opened


async def remember_what_openings_ask(tx: Tx, openings: Sequence[Opening]) -> None:
    """Read at once the ladders that will be climbed, whom they call first, and what whoever sends to them
    asks, for `open_alerts`.
    """
    plans = [(one.court_id, await with_court_lead(tx, one.court_id, plan_of(one.seen))) for one in openings]
    ladders = {(court_id, urgency_of(plan, tx.at)) for court_id, plan in plans}
    await in_one_trip(
        tx,
        remember_first_called(tx, [one.standing for one in openings]),
        remember_database_seconds(tx),
        *(list_texts(tx, court_id) for court_id in {court_id for court_id, _ in plans}),
        *(snapshot(tx, court_id, urgency, tx.at) for court_id, urgency in ladders),
    )


async def _opened(tx: Tx, opening: Opening) -> Alert:
    court_id = opening.court_id
    plan = await with_court_lead(tx, court_id, plan_of(opening.seen))
    urgency = urgency_of(plan, tx.at)
    return Alert(
        alert_id=AlertId(tx.entropy.new_id()),
        court_id=court_id,
        subject_id=opening.standing[0].subject_id,
        state=AlertState.OPEN,
        paused=False,
        plan=plan,
        plan_version=1,
        urgency=urgency,
        ladder=await snapshot(tx, court_id, urgency, tx.at),
        raised_at=tx.at,
        closed_at=None,
        outcome=None,
        entry_ids=tuple(entry.entry_id for entry in opening.standing),
        version=1,
        correlation=opening.correlation,
    )
