"""Takes a reported use of an identity document: is the holder on the list, still wanted, and what follows.

The court decides on its own entries, re-read and locked, whatever the agency's replica said. A use of
somebody who is not wanted leaves nothing behind but its message id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.documents import IdentityDocument
from tracker.domain.alerts import Alert, Outcome
from tracker.domain.entries import Entry, in_force
from tracker.domain.ids import AgencyId, CourtId, SightingId, SubjectId
from tracker.domain.matching import Likeness, Match, Verdict, compare
from tracker.domain.metering import Happening, Stage
from tracker.domain.people import system_actor
from tracker.domain.plans import Effect, Seen, effect_of, plan_of
from tracker.services import audit, confirmations
from tracker.services.alerts import join_alert, open_alert
from tracker.services.audit import About
from tracker.storage import agencies, alerts, entries, sightings, subjects
from tracker.storage.sightings import Sighting
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How to follow one use through both programs: its correlation, when the adapter spooled the hit, and
    when the court got it. `spooled_at` None: it came without an adapter.
    """

    correlation: str
    received_at: datetime
    spooled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedUse:
    """One use as an agency reports it, by whichever way it came."""

    agency_id: AgencyId
    event_id: str
    seen: Seen
    document: IdentityDocument
    read: Likeness
    trace: Trace


CLOCK_TOLERANCE = timedelta(minutes=5)


class Taken(StrEnum):
    """What became of a report."""

    NOT_WANTED = "not-wanted"
    KNOWN = "known"
    ALERTED = "alerted"


async def take_sighting(tx: Tx, use: ReportedUse) -> Taken:
    """Match a report and let it raise or move the subject's alert; a repeated event changes nothing."""
    taken = await _take(tx, use)
    trace, agency_id = use.trace, use.agency_id
    tx.log("sighting-taken", agency=agency_id, correlation=trace.correlation, taken=taken.value)
    tx.counted(Happening.SIGHTINGS, agency_id, taken.value)
    if taken is Taken.ALERTED:
        tx.timed(Stage.OCCURRED_TO_RECEIVED, use.seen.occurred_at, agency_id, until=trace.received_at)
        tx.timed(Stage.RECEIVED_TO_ALERT_COMMITTED, trace.received_at, agency_id)
    if trace.spooled_at is not None:
        tx.timed(Stage.SPOOLED_TO_RECEIVED, trace.spooled_at, agency_id, until=trace.received_at)
    return taken


async def _take(tx: Tx, use: ReportedUse) -> Taken:
    agency = await agencies.get_agency(tx, use.agency_id)
    if await sightings.is_known(tx, use.agency_id, use.event_id):
        return Taken.KNOWN
    subject_id = await subjects.find_listed_subject(tx, agency.court_id, use.document)
    if subject_id is None:
        return Taken.NOT_WANTED
    standing = in_force(await entries.lock_entries_of_subject(tx, subject_id), tx.at)
    shared = [entry for entry in standing if use.agency_id in entry.agency_ids]
    if not shared:
        return Taken.NOT_WANTED
    sighting = await _record(tx, agency.court_id, subject_id, use)
    alert = await alerts.lock_open_alert(tx, subject_id)
    entries.remember_entries(tx, standing)
    match = await _match(tx, subject_id, use.read)
    await _raise_or_join(tx, sighting, match, standing, alert)
    return Taken.ALERTED


async def _record(tx: Tx, court_id: CourtId, subject_id: SubjectId, use: ReportedUse) -> Sighting:
    sighting = Sighting(
        sighting_id=SightingId(tx.entropy.new_id()),
        court_id=court_id,
        agency_id=use.agency_id,
        subject_id=subject_id,
        event_id=use.event_id,
        seen=_not_in_the_future(use.seen, tx.at),
        received_at=tx.at,
        correlation=use.trace.correlation,
    )
    await sightings.add_sighting(tx, sighting)
    return sighting


def _not_in_the_future(seen: Seen, at: datetime) -> Seen:
    """A reader whose clock runs ahead must not make what follows look late."""
    return seen if seen.occurred_at <= at + CLOCK_TOLERANCE else replace(seen, occurred_at=at)


async def _match(tx: Tx, subject_id: SubjectId, read: Likeness) -> Match:
    subject = await subjects.get_subject(tx, subject_id)
    match = compare(read, subject.likeness)
    former = await alerts.list_alerts_of_subject(tx, subject_id)
    if any(alert.outcome is Outcome.WRONG_PERSON for alert in former):
        # "Not this person" sticks: whoever holds this number was met and was somebody else.
        return replace(match, verdict=Verdict.DOUBTFUL)
    return match


async def _raise_or_join(
    tx: Tx, sighting: Sighting, match: Match, standing: Sequence[Entry], alert: Alert | None
) -> None:
    """`alert`: the open one, locked."""
    if alert is None:
        alert = await open_alert(tx, standing, sighting.seen, sighting.correlation)
        effect = None
        action = "alert opened"
    else:
        # Whoever is told because of this use is told under its correlation.
        alert = replace(alert, correlation=sighting.correlation)
        effect = await _effect(tx, alert, sighting.seen)
        known_plan = alert.plan_version
        alert = await join_alert(tx, alert, sighting.seen, effect)
        if alert.plan_version != known_plan:
            await confirmations.take_back_answers(tx, alert)
        action = f"sighting {effect.value}"
    await sightings.add_match(tx, sighting, match, alert.alert_id, effect)
    if effect is not Effect.ENDS_PLAN:
        is_live = sighting.seen.is_live
        await confirmations.ask(tx, alert, sighting.agency_id, match.verdict, is_live=is_live)
    tx.log(
        "alert-raised" if effect is None else "alert-joined",
        alert=alert.alert_id,
        correlation=sighting.correlation,
        agency=sighting.agency_id,
        effect=None if effect is None else effect.value,
    )
    about = About(kind="alert", key=alert.alert_id)
    actor = system_actor(alert.court_id)
    await audit.record(tx, actor, action, about, sighting=sighting.sighting_id, verdict=match.verdict.value)


async def _effect(tx: Tx, alert: Alert, seen: Seen) -> Effect:
    effect = effect_of(alert.plan, seen, await _last_live(tx, alert))
    too_late = plan_of(seen).is_over(tx.at) and not alert.plan.is_over(tx.at)
    # What arrives too late to act on must not push aside a plan that can still be acted on.
    return Effect.JOINS if effect is Effect.CHANGES and too_late else effect


async def _last_live(tx: Tx, alert: Alert) -> Seen | None:
    seen = [one.sighting.seen for one in await sightings.list_sightings_of_alert(tx, alert.alert_id)]
    live = [one for one in seen if one.is_live]
    return live[-1] if live else None
