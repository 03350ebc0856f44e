"""The amendments that wait, as the lists and the pages of entries show them."""

from dataclasses import dataclass

from tracker.domain.amendments import Amendment
from tracker.domain.authorisation import Action
from tracker.domain.entries import Entry, is_in_force
from tracker.domain.people import Actor
from tracker.services.access import may_on_case, require_on_case
from tracker.storage import amendments, cases, entries, rules, subjects
from tracker.storage.cases import TeamReader
from tracker.storage.transaction import Tx
from tracker.web.reading import is_allowed

LISTED_AT_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentLine:
    """One that waits; `mine`: the reader may approve it."""

    amendment: Amendment
    entry: Entry
    case_number: str
    subject_name: str
    mine: bool


async def list_amendment_lines(tx: Tx, actor: Actor, reader: TeamReader | None) -> tuple[AmendmentLine, ...]:
    """Those that wait and that the reader sees, oldest first."""
    waiting = await amendments.list_waiting(tx, actor.court_id, reader, LISTED_AT_MOST)
    return tuple([await _line(tx, actor, one) for one in waiting])


async def _line(tx: Tx, actor: Actor, amendment: Amendment) -> AmendmentLine:
    entry = await entries.get_entry(tx, amendment.entry_id)
    return AmendmentLine(
        amendment=amendment,
        entry=entry,
        case_number=(await cases.get_case(tx, entry.case_id)).number.full,
        subject_name=(await subjects.get_subject(tx, entry.subject_id)).name,
        mine=await may_approve_amendment(tx, actor, amendment, entry),
    )


async def may_ask_amendment(tx: Tx, actor: Actor, entry: Entry) -> bool:
    """Whether the actor's team may ask for other terms now."""
    if not is_in_force(entry, tx.at) or await amendments.find_waiting(tx, entry.entry_id):
        return False
    return await may_on_case(tx, actor, Action.REGISTER, await cases.get_case(tx, entry.case_id))


async def may_approve_amendment(tx: Tx, actor: Actor, amendment: Amendment, entry: Entry) -> bool:
    """Whether the actor is a second person whom the rule of the measure asked for names."""
    if not is_in_force(entry, tx.at) or actor.person_id in (amendment.asked_by, entry.registered_by):
        return False
    return await _is_approver(tx, actor, amendment, entry)


async def may_drop_amendment(tx: Tx, actor: Actor, amendment: Amendment, entry: Entry) -> bool:
    """Whether the actor may take it back or turn it down."""
    case = await cases.get_case(tx, entry.case_id)
    is_own = await may_on_case(tx, actor, Action.REGISTER, case)
    return is_own or await _is_approver(tx, actor, amendment, entry)


async def _is_approver(tx: Tx, actor: Actor, amendment: Amendment, entry: Entry) -> bool:
    rule = await rules.find_rule(tx, entry.court_id, amendment.measure)
    is_named = rule is not None and bool(set(rule.approvers) & actor.roles)
    case = await cases.get_case(tx, entry.case_id)
    return is_named and await is_allowed(require_on_case(tx, actor, Action.APPROVE, case))
