"""Approves an entry, or turns it down: a second person, by rule data, who before approving a stopping measure
types the number again, blind.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Final

from schemas.documents import DocumentRefused, normalise_document
from schemas.measures import Measure
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Cause, Entry, EntryState, in_force, is_within
from tracker.domain.errors import Conflict, Invalid, NotAllowed, Problem
from tracker.domain.evidence import is_independent
from tracker.domain.ids import EntryId, PersonId
from tracker.domain.measures import MeasureRule, is_stopping
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.agencies.disclosure import given_documents
from tracker.services.alerts.changed_entries import follow_starts
from tracker.services.audit import About
from tracker.services.entries.clocks import set_clocks_of
from tracker.services.entries.in_force import lock_with_cases, require_ready, write_moved
from tracker.services.feeds.journal import note_stop
from tracker.storage import cases, entry_locks, rules, subjects
from tracker.storage.feeds import Lane
from tracker.storage.transaction import Tx
from tracker.storage.turned_down import record_why_turned_down

LONGEST_REASON: Final = 200


async def approve_entry(
    tx: Tx,
    actor: Actor,
    entry_id: EntryId,
    typed_numbers: Sequence[str] = (),
    lane: Lane = Lane.NORMAL,
) -> None:
    """Put a submitted entry in force at its agencies. `typed_numbers`: each document's
    number, typed again.
    """
    await approve_entries(tx, actor, {entry_id: typed_numbers}, lane)


async def approve_entries(
    tx: Tx, actor: Actor, typed_numbers: Mapping[EntryId, Sequence[str]], lane: Lane
) -> None:
    """The same for several entries, each of another subject: all of them, or none where one is refused."""
    waiting = await lock_with_cases(tx, list(typed_numbers))
    approved = [await _approved(tx, actor, entry, typed_numbers[entry.entry_id]) for entry in waiting]
    await entry_locks.record_entries(tx, approved)
    # What changes rows first, so that the new ones of all tables go to the database together.
    await set_clocks_of(tx, approved)
    await follow_starts(tx, [entry.subject_id for entry in approved], lane)
    for entry in approved:
        await audit.record(tx, actor, "entry approved", About(kind="entry", key=entry.entry_id))


async def _approved(tx: Tx, actor: Actor, entry: Entry, typed_numbers: Sequence[str]) -> Entry:
    await require_on_case(tx, actor, Action.APPROVE, await cases.get_case(tx, entry.case_id))
    rule = await require_second_person(tx, actor, entry.measure, {entry.registered_by})
    _require_waiting(entry)
    await require_second_look(tx, rule, entry, typed_numbers)
    return replace(
        entry,
        state=EntryState.ACTIVE,
        approved_by=actor.person_id,
        approved_at=tx.at,
        validate_by=rule.validation.first_due(tx.at),
        version=entry.version + 1,
    )


async def turn_down_entry(tx: Tx, actor: Actor, entry_id: EntryId, reason: str) -> None:
    """End a submitted entry, which was in force nowhere: whoever registered it reads why, and registers anew.
    Raises `Invalid` where no reason is given.
    """
    entry = await entry_locks.lock_entry(tx, entry_id)
    await require_on_case(tx, actor, Action.APPROVE, await cases.get_case(tx, entry.case_id))
    await require_second_person(tx, actor, entry.measure, {entry.registered_by})
    _require_waiting(entry)
    if not reason:
        raise Invalid([Problem(field="reason", zh="请填写不予批准的原因", en="say why it is turned down")])
    turned_down = replace(
        entry,
        state=EntryState.ENDED,
        cause=Cause.TURNED_DOWN,
        stopped_at=tx.at,
        version=entry.version + 1,
    )
    await write_moved(tx, turned_down)
    await record_why_turned_down(tx, entry_id, reason)
    # A restored court would let it be approved once more.
    await note_stop(tx, turned_down)
    await audit.record(tx, actor, "entry turned down", About(kind="entry", key=entry_id))


def _require_waiting(entry: Entry) -> None:
    if entry.state is not EntryState.SUBMITTED:
        raise Conflict("该条目不在待审批状态", f"the entry is {entry.state.value}, not waiting for approval")


async def require_second_person(
    tx: Tx, actor: Actor, measure: Measure, asked_by: Set[PersonId]
) -> MeasureRule:
    """The rule in force for a measure; refuses those who asked for it, and whom the rule does not name."""
    if actor.person_id in asked_by:
        raise NotAllowed(Action.APPROVE.value, "whoever registered it cannot approve it: ask a second person")
    return await require_by_rule(tx, actor, measure)


async def require_by_rule(tx: Tx, actor: Actor, measure: Measure) -> MeasureRule:
    """The rule in force for a measure; refuses unless it names a role of the actor among its approvers."""
    rule = await rules.find_rule(tx, actor.court_id, measure)
    if rule is None or not set(rule.approvers) & actor.roles:
        raise NotAllowed(Action.APPROVE.value, "the rule for this measure names other approvers")
    return rule


async def require_second_look(tx: Tx, rule: MeasureRule, entry: Entry, typed_numbers: Sequence[str]) -> None:
    """What a second person has made sure of before agencies are asked for an entry as it stands here."""
    if await must_type_again(tx, entry):
        await _require_same_numbers(tx, entry, typed_numbers)
        await require_evidence(tx, entry)
    _require_rule_of_today(tx, rule, entry)
    await require_ready(tx, entry)


def _require_rule_of_today(tx: Tx, rule: MeasureRule, entry: Entry) -> None:
    """The rule may have changed since the entry was registered."""
    if not is_within(rule, entry, court_day(tx.at)):
        raise Conflict(
            "该措施的规则已变更，文书或期限不再符合，请重新登记",
            "the rule of its measure has changed, and its papers or its end no longer fit: register it anew",
        )


async def _require_same_numbers(tx: Tx, entry: Entry, typed_numbers: Sequence[str]) -> None:
    documents = [one.document for one in await subjects.list_entry_documents(tx, entry)]
    typed = list(typed_numbers) + [""] * (len(documents) - len(typed_numbers))
    problems = []
    for position, (document, raw) in enumerate(zip(documents, typed, strict=False)):
        again = normalise_document(document.kind, raw, issuing_state=document.issuing_state)
        if isinstance(again, DocumentRefused) or again != document:
            problem = Problem(
                field=f"typed_numbers[{position}]",
                zh="与登记的号码不一致，请对照文书重新输入",
                en="differs from the registered number: type it again from the papers",
            )
            problems.append(problem)
    if problems:
        raise Invalid(problems)


async def must_type_again(tx: Tx, entry: Entry) -> bool:
    """Whether its numbers would stop whoever holds them: by this entry, or by another on the same subject."""
    if is_stopping(entry.measure):
        return True
    listed = await entry_locks.lock_entries_of_subject(tx, entry.subject_id)
    return any(is_stopping(one.measure) for one in in_force(listed, tx.at))


async def require_evidence(tx: Tx, entry: Entry) -> None:
    """Refuse to stop people by a number that only the creditor says is theirs."""
    others = await entry_locks.lock_entries_of_subject(tx, entry.subject_id)
    held = await subjects.list_held_documents(tx, entry.subject_id)
    given = given_documents(held, [*others, replace(entry, state=EntryState.ACTIVE)])
    evidence = await subjects.list_evidence(tx, entry.subject_id, given)
    if not all(is_independent(kinds) for kinds in evidence):
        problem = Problem(
            field="documents",
            zh="有证件号码缺少独立于申请人的身份核实来源",
            en="a number lacks identity evidence independent of the creditor: add it first",
        )
        raise Invalid([problem])
