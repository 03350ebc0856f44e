"""Gathers what a text about an alert says: the case by which its receiver knows it, the person, the plan."""

from collections.abc import Sequence

from notifications.texts import Facts
from schemas.measures import Measure
from schemas.messages import SightingKind
from tracker.domain.alerts import Alert
from tracker.domain.entries import Entry, in_force
from tracker.domain.names import surname_of
from tracker.domain.plans import Plan, Urgency
from tracker.services.notices.drill_scope import facts_of_drill
from tracker.storage import cases, entries, people, subjects
from tracker.storage.cases import Case
from tracker.storage.people import Person
from tracker.storage.transaction import Tx

PHRASES = {
    SightingKind.HOTEL_CHECK_IN: "入住{place}，人在店内",
    SightingKind.HOTEL_CHECK_OUT: "从{place}退房",
    SightingKind.INTERNET_CAFE: "在{place}上网",
    SightingKind.CHECKPOINT: "经过{place}",
    SightingKind.GATE_PASSED: "在{place}",
    SightingKind.BORDER_CROSSING: "在{place}",
    SightingKind.EXIT_DOCUMENT_APPLICATION: "在{place}申办出入境证件",
    SightingKind.OFFICE_VISIT: "在{place}办事",
    SightingKind.TICKET_BOUGHT: "在{place}购票",
    SightingKind.TICKET_CHANGED: "在{place}改签",
    SightingKind.TICKET_REFUNDED: "在{place}退票",
}


async def entries_of(tx: Tx, alert: Alert) -> tuple[Entry, ...]:
    """The alert's entries, those in force first."""
    listed = [await entries.get_entry(tx, entry_id) for entry_id in alert.entry_ids]
    standing = in_force(listed, tx.at)
    return (*standing, *[entry for entry in listed if entry not in standing])


async def cases_of(tx: Tx, alert: Alert) -> tuple[Case, ...]:
    """The alert's cases, those with an entry in force first, each once."""
    ids = dict.fromkeys(entry.case_id for entry in await entries_of(tx, alert))
    return tuple([await cases.get_case(tx, case_id) for case_id in ids])


def case_for(person: Person, known: Sequence[Case]) -> Case:
    """The case by which a person knows the alert: their own, their team's, else the first."""
    own = [case for case in known if case.judge_id == person.person_id]
    team = [case for case in known if case.team_id == person.team_id]
    return (own or team or list(known))[0]


async def facts_of(tx: Tx, alert: Alert, person: Person) -> Facts:
    """What every text about an alert to this person may say; its code and occasion are added
    by the caller.
    """
    if alert.is_drill:
        return await facts_of_drill(tx, alert, person)
    court = await people.get_court(tx, alert.court_id)
    subject = await subjects.get_subject(tx, alert.subject_id)
    case = case_for(person, await cases_of(tx, alert))
    judge = await people.get_person(tx, case.judge_id)
    plan = alert.plan
    journey = plan.itinerary
    return Facts(
        court=court.sms_name,
        case=case.number.short,
        case_english=case.number.short_english,
        surname=surname_of(subject.name),
        sent_at=tx.at,
        service=journey.service if journey else None,
        coach=journey.coach if journey else None,
        berth=journey.seat if journey else None,
        act_at=plan.act_at,
        act_place=plan.act_place,
        act_from=plan.act_from,
        sighted_at=plan.seen_at,
        sighted_place=plan.seen_place,
        sighting_phrase=phrase_of(plan, alert.urgency),
        judge=surname_of(judge.name),
        raised_at=alert.raised_at,
        desk_phone=court.desk_phone,
        exit_ban=await _has_exit_ban(tx, alert),
    )


async def _has_exit_ban(tx: Tx, alert: Alert) -> bool:
    """Only an entry in force that asks for it lets a text speak of an exit ban."""
    standing = in_force(await entries_of(tx, alert), tx.at)
    return any(entry.measure is Measure.STOP_AT_BORDER for entry in standing)


def phrase_of(plan: Plan, urgency: Urgency) -> str | None:
    """How the person was seen, where no journey says where they will be; a trace says nothing of now."""
    if plan.itinerary is not None:
        return None
    phrase = PHRASES[plan.kind].format(place=plan.seen_place)
    return phrase.partition("，")[0] if urgency is Urgency.TRACE else phrase
