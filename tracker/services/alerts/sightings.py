"""Takes a reported use of an identity document: is the holder on the list, still wanted, and what follows.

The court decides on its own entries, re-read and locked, whatever the agency's replica said. A use of
somebody who is not wanted leaves nothing behind but its message id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.documents import IdentityDocument
from tracker.domain.alerts import Alert
from tracker.domain.entries import Entry, in_force
from tracker.domain.ids import AgencyId, SightingId, SubjectId
from tracker.domain.matching import Likeness, Match, Verdict, compare
from tracker.domain.metering import Happening, Stage
from tracker.domain.people import system_actor
from tracker.domain.plans import Effect, Seen, effect_of, plan_of
from tracker.services import audit
from tracker.services.alerts import confirmations
from tracker.services.alerts.opening import Opening, open_alerts, remember_what_openings_ask
from tracker.services.alerts.plan_changes import join_alert
from tracker.services.audit import About
from tracker.services.ladders.circles import remember_court
from tracker.services.notices.telling import Writing, write_as_due
from tracker.storage import alerts, cases, entry_locks, instructions, sightings, subjects
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.entry_locks import Locked
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A use by somebody on the list, with the entries in force, locked."""

    use: ReportedUse
    subject_id: SubjectId
    standing: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raised:
    """A stored sighting, and how the likeness that was read compares."""

    sighting: Sighting
    match: Match
    standing: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What stands of some subjects, whose entries are locked. `mistaken`: somebody else was met before."""

    locked: Locked
    entries: Mapping[SubjectId, Sequence[Entry]] = field(default_factory=dict)
    with_alert: frozenset[SubjectId] = frozenset()
    mistaken: frozenset[SubjectId] = frozenset()


async def take_sighting(tx: Tx, use: ReportedUse, write: Writing = write_as_due) -> None:
    """Match a report and let it raise or move the subject's alert; a repeated event changes nothing.
    `write`: puts the first notices of a new alert into the books.
    """
    await take_sightings(tx, [use], write)


async def take_sightings(tx: Tx, uses: Sequence[ReportedUse], write: Writing = write_as_due) -> None:
    """The same for several reports of one agency, in their order."""
    event_ids, documents = {use.event_id for use in uses}, {use.document for use in uses}
    known, holders = await look_up(tx, uses[0].agency_id, event_ids, documents)
    new = [use for use in uses if use.event_id not in known]
    about = await _read_about(tx, {holders[use.document] for use in new if use.document in holders})
    alerting: list[_Wanted] = []
    told = set(known)
    for use in uses:
        holder = holders.get(use.document)
        one = None if holder is None else _find_wanted(tx, use, about.entries.get(holder, ()))
        if use.event_id in told:
            _tell_taken(tx, use, Taken.KNOWN)
        elif one is None:
            _tell_taken(tx, use, Taken.NOT_WANTED)
        else:
            # The first that is wanted of each event: what one message reported, another one may repeat.
            told.add(use.event_id)
            alerting.append(one)
            _tell_taken(tx, use, Taken.ALERTED)
    if alerting:
        await _alert(tx, alerting, about, write)


async def look_up(
    tx: Tx, agency_id: AgencyId, event_ids: Collection[str], documents: Collection[IdentityDocument]
) -> tuple[frozenset[str], Mapping[IdentityDocument, SubjectId]]:
    """Which of an agency's events were taken before, and who is listed with these documents. Read once."""
    if not event_ids:
        return frozenset(), {}
    return await in_one_trip(
        tx,
        sightings.list_known(tx, agency_id, event_ids),
        subjects.find_listed_subjects(tx, agency_id, documents),
    )


def _tell_taken(tx: Tx, use: ReportedUse, taken: Taken) -> None:
    trace, agency_id = use.trace, use.agency_id
    tx.log("sighting-taken", agency=agency_id, correlation=trace.correlation, taken=taken.value)
    tx.counted(Happening.SIGHTINGS, agency_id, taken.value)
    if taken is Taken.ALERTED:
        tx.timed(Stage.OCCURRED_TO_RECEIVED, use.seen.occurred_at, agency_id, until=trace.received_at)
        tx.timed(Stage.RECEIVED_TO_ALERT_COMMITTED, trace.received_at, agency_id)
    if trace.spooled_at is not None:
        tx.timed(Stage.SPOOLED_TO_RECEIVED, trace.spooled_at, agency_id, until=trace.received_at)


async def _read_about(tx: Tx, subject_ids: Collection[SubjectId]) -> _About:
    """All that is asked about subjects whose documents were used, behind the lock of their entries."""
    locked = await entry_locks.lock_subjects(tx, subject_ids)
    if not locked.subject_ids:
        return _About(locked=locked)
    found, with_alert, mistaken, _ = await in_one_trip(
        tx,
        locked.read(tx),
        alerts.list_with_open_alert(tx, locked.subject_ids),
        alerts.list_mistaken(tx, locked.subject_ids),
        _remember(tx, locked),
    )
    return _About(locked=locked, entries=found, with_alert=with_alert, mistaken=mistaken)


async def _remember(tx: Tx, locked: Locked) -> None:
    """What texts say of the subjects, and whom the court has there."""
    await in_one_trip(
        tx,
        subjects.remember_subjects(tx, locked.subject_ids),
        cases.remember_cases(tx, locked.case_ids),
        *(remember_court(tx, court_id) for court_id in locked.court_ids),
    )


def _find_wanted(tx: Tx, use: ReportedUse, listed: Sequence[Entry]) -> _Wanted | None:
    """The use if its holder, who has these entries, is on the list and shared with the agency."""
    standing = in_force(listed, tx.at)
    if not any(use.agency_id in entry.agency_ids for entry in standing):
        return None
    return _Wanted(use=use, subject_id=standing[0].subject_id, standing=standing)


async def _alert(tx: Tx, wanted: Sequence[_Wanted], about: _About, write: Writing) -> None:
    """Open or move the alert of each; nothing is read one by one that can be read together."""
    with_alert = about.with_alert & {one.subject_id for one in wanted}
    alert_of = await alerts.lock_open_alerts(tx, with_alert)
    if with_alert:
        # The lock may have been waited for.
        await _remember(tx, about.locked)
    raised = [await _record(tx, one, is_mistaken=one.subject_id in about.mistaken) for one in wanted]
    opening: dict[SubjectId, _Raised] = {}
    joining: list[_Raised] = []
    for one in raised:
        subject_id = one.sighting.subject_id
        if subject_id in alert_of or subject_id in opening:
            joining.append(one)
        else:
            opening[subject_id] = one
    openings = [_opening(one) for one in opening.values()]
    # Only on a verified match is what the agency is to do asked, for an answer that goes by itself.
    verified = {one.sighting.subject_id for one in raised if one.match.verdict is Verdict.VERIFIED}
    await in_one_trip(
        tx, instructions.remember_instructions(tx, verified), remember_what_openings_ask(tx, openings)
    )
    # What a later sighting of the same set says goes into notices that nobody has begun to send.
    is_first_word = opening.keys().isdisjoint(one.sighting.subject_id for one in joining)
    for alert in await open_alerts(tx, openings, write if is_first_word else write_as_due):
        alert_of[alert.subject_id] = alert
        await _conclude(tx, opening[alert.subject_id], alert, None)
    for one in joining:
        subject_id = one.sighting.subject_id
        alert_of[subject_id] = await _join(tx, one, alert_of[subject_id])


async def _record(tx: Tx, wanted: _Wanted, *, is_mistaken: bool) -> _Raised:
    use = wanted.use
    sighting = Sighting(
        sighting_id=SightingId(tx.entropy.new_id()),
        court_id=wanted.standing[0].court_id,
        agency_id=use.agency_id,
        subject_id=wanted.subject_id,
        event_id=use.event_id,
        seen=_not_in_the_future(use.seen, tx.at),
        received_at=tx.at,
        correlation=use.trace.correlation,
    )
    await sightings.add_sighting(tx, sighting)
    match = compare(use.read, (await subjects.get_subject(tx, wanted.subject_id)).likeness)
    if is_mistaken:
        # "Not this person" sticks: whoever holds this number was met and was somebody else.
        match = replace(match, verdict=Verdict.DOUBTFUL)
    return _Raised(sighting=sighting, match=match, standing=wanted.standing)


def _not_in_the_future(seen: Seen, at: datetime) -> Seen:
    """A reader whose clock runs ahead must not make what follows look late."""
    return seen if seen.occurred_at <= at + CLOCK_TOLERANCE else replace(seen, occurred_at=at)


def _opening(raised: _Raised) -> Opening:
    seen, correlation = raised.sighting.seen, raised.sighting.correlation
    return Opening(standing=raised.standing, seen=seen, correlation=correlation)


async def _join(tx: Tx, raised: _Raised, alert: Alert) -> Alert:
    """`alert`: the open one, locked."""
    seen = raised.sighting.seen
    # Whoever is told because of this use is told under its correlation.
    alert = replace(alert, correlation=raised.sighting.correlation)
    effect = await _effect(tx, alert, seen)
    known_plan = alert.plan_version
    alert = await join_alert(tx, alert, seen, effect)
    if alert.plan_version != known_plan:
        await confirmations.take_back_answers(tx, alert)
    await _conclude(tx, raised, alert, effect)
    return alert


async def _conclude(tx: Tx, raised: _Raised, alert: Alert, effect: Effect | None) -> None:
    """Store the match, let the agency wait for its answer, and say what happened. `effect` None: it opened
    the alert.
    """
    sighting, match = raised.sighting, raised.match
    await sightings.add_match(tx, sighting, match, alert.alert_id, effect)
    if effect is not Effect.ENDS_PLAN:
        ask = confirmations.ask_first if effect is None else confirmations.ask
        await ask(tx, alert, sighting.agency_id, match.verdict, is_live=sighting.seen.is_live)
    tx.log(
        "alert-raised" if effect is None else "alert-joined",
        alert=alert.alert_id,
        correlation=sighting.correlation,
        agency=sighting.agency_id,
        effect=None if effect is None else effect.value,
    )
    about = About(kind="alert", key=alert.alert_id)
    actor = system_actor(alert.court_id)
    action = "alert opened" if effect is None else f"sighting {effect.value}"
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
