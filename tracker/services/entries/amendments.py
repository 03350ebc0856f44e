"""Amendments: a later end or a wider measure for an entry in force.

What must not break: the entry stands on its former terms until a second person has approved the new ones, and
whoever approves has looked as closely as if it were registered now.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from tracker.domain.amendments import (
    Amendment,
    AmendmentForm,
    AmendmentState,
    amended,
    amendment_problems,
    last_day_asked,
    replaced_papers,
)
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry, EntryState, is_in_force
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import AmendmentId, EntryId
from tracker.domain.measures import MeasureRule, is_stopping
from tracker.domain.people import Actor
from tracker.domain.registration import is_double
from tracker.services import audit
from tracker.services.access import may_on_case, require_on_case
from tracker.services.alerts.changed_entries import follow_amendment
from tracker.services.audit import About
from tracker.services.entries.approval import (
    require_by_rule,
    require_evidence,
    require_second_look,
    require_second_person,
)
from tracker.services.entries.clocks import set_entry_clocks
from tracker.services.entries.in_force import lock_with_case, write_moved
from tracker.services.entries.registration import new_paper
from tracker.storage import amendments, cases, entries, entry_locks, papers, rules
from tracker.storage.transaction import Tx

BECOMES_DOUBLE: Final = Problem(
    field="measure",
    zh="此人以同一身份因本案同一措施已有另一条目在名单上，请在那一条目上延期或变更，或先终止其中一条",
    en="stands in another entry for this person, capacity and case already: ask for other terms there, "
    "or end one of the two first",
)


async def ask_for_amendment(tx: Tx, actor: Actor, entry_id: EntryId, form: AmendmentForm) -> AmendmentId:
    """Hand new terms with their papers to whoever may approve them. Raises `Invalid` with every problem."""
    entry = await entry_locks.lock_entry(tx, entry_id)
    await require_on_case(tx, actor, Action.REGISTER, await cases.get_case(tx, entry.case_id))
    _require_in_force(tx, entry)
    if await amendments.find_waiting(tx, entry_id) is not None:
        raise Conflict(
            "该条目已有变更待审批，请先审批或撤回",
            "another change of its terms waits for approval: have that decided, or take it back, first",
        )
    amendment = await _checked(tx, actor, entry, form)
    for paper in amendment.papers:
        await papers.add_paper(tx, entry.case_id, paper)
    await amendments.add_amendment(tx, entry.court_id, amendment)
    await _record(tx, actor, "amendment asked for", amendment)
    return amendment.amendment_id


async def _checked(tx: Tx, actor: Actor, entry: Entry, form: AmendmentForm) -> Amendment:
    rule = await rules.find_rule(tx, actor.court_id, form.measure)
    problems = amendment_problems(entry, form, rule, court_day(tx.at))
    if problems or rule is None:
        raise Invalid(problems)
    if await _becomes_double(tx, replace(entry, measure=form.measure)):
        raise Invalid([BECOMES_DOUBLE])
    if is_stopping(form.measure):
        await require_evidence(tx, entry)
    return Amendment(
        amendment_id=AmendmentId(tx.entropy.new_id()),
        entry_id=entry.entry_id,
        state=AmendmentState.WAITING,
        measure=form.measure,
        valid_until=last_day_asked(entry, form, rule, court_day(tx.at)),
        papers=tuple(new_paper(tx, paper) for paper in form.papers),
        asked_by=actor.person_id,
        asked_at=tx.at,
        decided_by=None,
        decided_at=None,
    )


async def _becomes_double(tx: Tx, wanted: Entry) -> bool:
    """Whether the person is on the list for the same by another entry, which would outlive this one."""
    theirs = await entries.list_entries_of_subject(tx, wanted.subject_id)
    others = [one for one in theirs if one.entry_id != wanted.entry_id and one.state is not EntryState.ENDED]
    return any(is_double(wanted, wanted.case_id, one) for one in others)


async def approve_amendment(
    tx: Tx, actor: Actor, amendment_id: AmendmentId, typed_numbers: Sequence[str] = ()
) -> None:
    """Put an entry on the new terms at its agencies. `typed_numbers`: each document's number, typed again."""
    entry = await lock_with_case(tx, (await amendments.get_amendment(tx, amendment_id)).entry_id)
    amendment = await amendments.get_amendment(tx, amendment_id)
    await require_on_case(tx, actor, Action.APPROVE, await cases.get_case(tx, entry.case_id))
    asked_by = {entry.registered_by, amendment.asked_by}
    rule = await require_second_person(tx, actor, amendment.measure, asked_by)
    _require_in_force(tx, entry)
    wanted = amended(entry, amendment)
    if await _becomes_double(tx, wanted):
        # Registered since it was asked for.
        raise Conflict(
            "此人以同一身份因本案同一措施已有另一条目在名单上，不能变更；请退回本申请，或先终止另一条目",
            "another entry lists this person for the same capacity, case and measure by now: "
            "turn this request down, or have the other entry ended first",
        )
    await require_second_look(tx, rule, wanted, typed_numbers)
    await _decide(tx, actor, amendment, AmendmentState.APPROVED)
    moved = replace(wanted, validate_by=_validated_by(tx, entry, rule), version=entry.version + 1)
    await write_moved(tx, moved)
    await papers.replace_papers(tx, moved)
    await follow_amendment(tx, entry.subject_id)
    await set_entry_clocks(tx, moved)
    former = [paper.paper_id for paper in replaced_papers(entry, amendment)]
    await _record(
        tx, actor, "amendment approved", amendment, former_until=entry.valid_until.isoformat(), former=former
    )


def _validated_by(tx: Tx, entry: Entry, rule: MeasureRule) -> datetime:
    """Approving is no look of those who know whether the person is still needed: it puts no look off, and a
    wider measure may bring it forward.
    """
    first_due = rule.validation.first_due(tx.at)
    return first_due if entry.validate_by is None else min(entry.validate_by, first_due)


async def drop_amendment(tx: Tx, actor: Actor, amendment_id: AmendmentId) -> None:
    """The team takes it back, or whoever may approve it refuses it: the entry stays as it is."""
    amendment = await amendments.get_amendment(tx, amendment_id)
    case = await cases.get_case(tx, (await entries.get_entry(tx, amendment.entry_id)).case_id)
    if not await may_on_case(tx, actor, Action.REGISTER, case):
        await require_on_case(tx, actor, Action.APPROVE, case)
        await require_by_rule(tx, actor, amendment.measure)
    await _decide(tx, actor, amendment, AmendmentState.DROPPED)
    await _record(tx, actor, "amendment dropped", amendment)


async def _decide(tx: Tx, actor: Actor, amendment: Amendment, to: AmendmentState) -> None:
    if not await amendments.record_decided(tx, amendment.amendment_id, to, actor.person_id):
        raise Conflict("该变更已有结论，请刷新", "that change has been decided: reload and look again")


def _require_in_force(tx: Tx, entry: Entry) -> None:
    if not is_in_force(entry, tx.at):
        raise Conflict(
            "该条目不在协查中，不能延期或变更措施",
            "the entry is not in force: its terms cannot be changed now",
        )


async def _record(tx: Tx, actor: Actor, action: str, amendment: Amendment, **detail: object) -> None:
    await audit.record(
        tx,
        actor,
        action,
        About(kind="entry", key=amendment.entry_id),
        amendment=amendment.amendment_id,
        measure=amendment.measure.value,
        until=amendment.valid_until.isoformat(),
        **detail,
    )
