"""What the pages about entries show, gathered in one reading of the books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.documents import DocumentKind, area_warning, masked
from schemas.messages import FeedHead
from tracker.domain.amendments import Amendment
from tracker.domain.authorisation import Action
from tracker.domain.entries import Entry, EntryState, awaits_decision_too_long, is_in_force, may_move
from tracker.domain.entry_clocks import Nearness, ends_at, nearness, validation_due_at
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import PaperId
from tracker.domain.people import Actor
from tracker.domain.revocations import RecordedRevocation
from tracker.services.access import require_on_case
from tracker.services.audit import READ
from tracker.services.lines.status import InstanceStatus, list_instance_statuses
from tracker.storage import (
    agencies,
    amendments,
    audit,
    cases,
    entry_search,
    feeds,
    instructions,
    people,
    rules,
    subjects,
)
from tracker.storage.agencies import Agency
from tracker.storage.cases import Case
from tracker.storage.entry_search import EntrySearch
from tracker.storage.instructions import Instruction
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx
from tracker.storage.turned_down import find_why_turned_down
from tracker.web.entries.amendment_views import may_ask_amendment
from tracker.web.entries.revocation_views import find_revocations
from tracker.web.reading import is_allowed
from tracker.web.titles import title, title_of
from tracker.web.visits import Visit

LISTED_AT_MOST = 100


class Reach(StrEnum):
    """How far an entry has come at one agency."""

    NOT_SENT = "not-sent"
    ON_ITS_WAY = "on-its-way"
    IN_FORCE = "in-force"
    LEAVING = "leaving"
    GONE = "gone"
    OTHER_CASE = "other-case"
    LINE_CLOSED = "line-closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What lies ahead of an entry, and how it stands out. `validate_by` None: nobody has to look at it.
    `undecided_too_long`: suspended for more than the time in which a judge ends or resumes it.
    """

    end: Nearness
    validate_by: datetime | None
    validation: Nearness
    undecided_too_long: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One line of the list; `reached` of `asked` agencies have it in force."""

    entry: Entry
    case: Case
    subject_name: str
    reached: int
    asked: int
    outlook: Outlook
    may_validate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    kind: DocumentKind
    masked_number: str
    is_area_unusual: bool
    evidence: tuple[EvidenceKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyLine:
    agency: Agency
    reach: Reach
    since: datetime | None
    version: int | None
    head: FeedHead
    instances: tuple[InstanceStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    at: datetime
    who: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryActs:
    """Which buttons the reader gets."""

    approve: bool
    suspend: bool
    resume: bool
    withdraw: bool
    validate: bool
    amend: bool
    revoke: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """`amendment`: the one that waits for approval; `why_turned_down`: as the approver has said."""

    entry: Entry
    why_turned_down: str | None
    amendment: Amendment | None
    case: Case
    judge: str
    registered_by: str
    approved_by: str | None
    subject: Subject
    documents: tuple[DocumentLine, ...]
    revocations: Mapping[PaperId, RecordedRevocation]
    agencies: tuple[AgencyLine, ...]
    history: tuple[HistoryLine, ...]
    outlook: Outlook
    acts: EntryActs


async def list_lines(tx: Tx, actor: Actor, search: EntrySearch) -> tuple[EntryLine, ...]:
    """The newest entries of a search, each with how far it has come."""
    found = await entry_search.search_entries(tx, search, LISTED_AT_MOST)
    return tuple([await _line(tx, actor, entry) for entry in found])


async def _line(tx: Tx, actor: Actor, entry: Entry) -> EntryLine:
    listed = await instructions.list_instructions(tx, entry.subject_id)
    asked = [await agencies.get_agency(tx, agency_id) for agency_id in entry.agency_ids]
    reaches = [_reach(tx, entry, listed, agency)[0] for agency in asked]
    case = await cases.get_case(tx, entry.case_id)
    outlook = outlook_of(entry, tx.at)
    # Only what is near asks for a tap in the list: a button on every line would be pressed by habit.
    is_near = outlook.validation is not Nearness.FAR
    return EntryLine(
        entry=entry,
        case=case,
        subject_name=(await subjects.get_subject(tx, entry.subject_id)).name,
        reached=reaches.count(Reach.IN_FORCE),
        asked=len(reaches),
        outlook=outlook,
        may_validate=is_near and await _may_validate(tx, actor, entry, case),
    )


def outlook_of(entry: Entry, at: datetime) -> Outlook:
    """What is over does not stand out any more."""
    is_active = entry.state is EntryState.ACTIVE
    validate_by = validation_due_at(entry) if is_active else None
    return Outlook(
        end=nearness(ends_at(entry) if is_active else None, at),
        validate_by=validate_by,
        validation=nearness(validate_by, at),
        undecided_too_long=awaits_decision_too_long(entry, at),
    )


async def _may_validate(tx: Tx, actor: Actor, entry: Entry, case: Case) -> bool:
    if not is_in_force(entry, tx.at) or validation_due_at(entry) is None:
        return False
    return await is_allowed(require_on_case(tx, actor, Action.VALIDATE, case))


def _reach(
    tx: Tx, entry: Entry, listed: Sequence[Instruction], agency: Agency
) -> tuple[Reach, Instruction | None]:
    instruction = next((one for one in listed if one.agency_id == agency.agency_id), None)
    if agency.closing is not None and (instruction is None or instruction.gone_since is None):
        return Reach.LINE_CLOSED, instruction
    if instruction is None:
        return Reach.NOT_SENT, None
    if is_in_force(entry, tx.at):
        return (Reach.IN_FORCE if instruction.in_force_since else Reach.ON_ITS_WAY), instruction
    if instruction.is_listed:
        return Reach.OTHER_CASE, instruction
    return (Reach.GONE if instruction.gone_since else Reach.LEAVING), instruction


async def gather_entry(tx: Tx, visit: Visit, entry: Entry) -> EntryPage:
    """Everything the page of an entry shows."""
    case = await cases.get_case(tx, entry.case_id)
    approved_by = entry.approved_by
    return EntryPage(
        entry=entry,
        why_turned_down=await find_why_turned_down(tx, entry.entry_id),
        amendment=await amendments.find_waiting(tx, entry.entry_id),
        case=case,
        judge=title(await people.get_person(tx, case.judge_id), visit.language),
        registered_by=await title_of(tx, entry.registered_by, visit.language),
        approved_by=await title_of(tx, approved_by, visit.language) if approved_by else None,
        subject=await subjects.get_subject(tx, entry.subject_id),
        documents=await list_document_lines(tx, entry),
        revocations=await find_revocations(tx, entry, visit.language),
        agencies=await _agency_lines(tx, entry),
        history=await list_history(tx, entry.entry_id, visit.language),
        outlook=outlook_of(entry, tx.at),
        acts=await _acts(tx, visit.actor, entry, case),
    )


async def list_document_lines(tx: Tx, entry: Entry) -> tuple[DocumentLine, ...]:
    """The documents an entry names, never with their whole number: an approver must not copy it from a
    screen.
    """
    held = await subjects.list_entry_documents(tx, entry)
    evidence = await subjects.list_evidence(tx, entry.subject_id, held)
    documents = [one.document for one in held]
    return tuple(
        DocumentLine(
            kind=one.kind,
            masked_number=masked(one),
            is_area_unusual=area_warning(one),
            evidence=tuple(dict.fromkeys(kinds)),
        )
        for one, kinds in zip(documents, evidence, strict=True)
    )


async def _agency_lines(tx: Tx, entry: Entry) -> tuple[AgencyLine, ...]:
    listed = await instructions.list_instructions(tx, entry.subject_id)
    lines = []
    for agency_id in entry.agency_ids:
        agency = await agencies.get_agency(tx, agency_id)
        reach, instruction = _reach(tx, entry, listed, agency)
        lines.append(await _agency_line(tx, agency, reach, instruction))
    return tuple(lines)


async def _agency_line(tx: Tx, agency: Agency, reach: Reach, instruction: Instruction | None) -> AgencyLine:
    """An agency with the state of its adapters."""
    feed = (await feeds.list_feeds(tx, agency.agency_id))[0]
    instances = await list_instance_statuses(tx, feed)
    since = None
    if instruction is not None:
        since = instruction.in_force_since if reach is Reach.IN_FORCE else instruction.gone_since
    version = instruction.version if instruction else None
    return AgencyLine(
        agency=agency, reach=reach, since=since, version=version, head=feed.head, instances=instances
    )


async def list_history(tx: Tx, about: str, language: str) -> tuple[HistoryLine, ...]:
    """What was done to a thing, newest first, without who looked at it."""
    done = [one for one in await audit.list_events_about(tx, about) if one.action != READ]
    return tuple(
        [
            HistoryLine(at=one.at, who=await title_of(tx, one.actor, language), action=one.action)
            for one in reversed(done)
        ]
    )


async def _acts(tx: Tx, actor: Actor, entry: Entry, case: Case) -> EntryActs:
    async def may(action: Action) -> bool:
        return await is_allowed(require_on_case(tx, actor, action, case))

    state = entry.state
    is_suspended = state is EntryState.SUSPENDED
    return EntryActs(
        approve=await may_approve(tx, actor, entry, case),
        suspend=state is EntryState.ACTIVE and await may(Action.SUSPEND),
        resume=is_suspended and entry.suspended_by != actor.person_id and await may(Action.RESUME),
        withdraw=may_move(entry, EntryState.ENDED) and await may(Action.WITHDRAW),
        validate=await _may_validate(tx, actor, entry, case),
        amend=await may_ask_amendment(tx, actor, entry),
        revoke=state is not EntryState.ENDED and await may(Action.REVOKE_PAPER),
    )


async def may_approve(tx: Tx, actor: Actor, entry: Entry, case: Case) -> bool:
    """Whether the actor is a second person whom the rule of the measure names."""
    if entry.state is not EntryState.SUBMITTED or entry.registered_by == actor.person_id:
        return False
    rule = await rules.find_rule(tx, entry.court_id, entry.measure)
    is_named = rule is not None and bool(set(rule.approvers) & actor.roles)
    return is_named and await is_allowed(require_on_case(tx, actor, Action.APPROVE, case))
