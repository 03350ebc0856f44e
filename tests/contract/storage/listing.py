"""Listing somebody within one transaction, for tests that undo it."""

from schemas.case_numbers import CaseNumber, parse_case_number
from scripts import cast
from scripts.stage import Registration, form_of, papers_for
from tracker.domain.ids import EntryId
from tracker.domain.people import Actor
from tracker.domain.registration import EntryForm
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.storage import cases, people, rules
from tracker.storage.cases import Case
from tracker.storage.transaction import Tx


async def acts(tx: Tx, member: cast.Member) -> Actor:
    return await people.get_actor(tx, member.person_id)


async def case_numbered(tx: Tx, number: str) -> Case:
    """The case that bears a number as people write it."""
    parsed = parse_case_number(number)
    assert isinstance(parsed, CaseNumber)
    case_id = await cases.find_case(tx, parsed)
    assert case_id is not None
    return await cases.get_case(tx, case_id)


async def form_for(tx: Tx, what: Registration) -> EntryForm:
    """The form as a clerk fills it in, with every paper that the measure needs."""
    return form_of(what, papers_for(await rules.find_rule(tx, cast.COURT.court_id, what.measure)))


async def lists(tx: Tx, what: Registration) -> EntryId:
    """The clerk registers an entry, and the leader approves it."""
    clerk = await acts(tx, cast.CLERK)
    entry_id = await register_entry(tx, clerk, await form_for(tx, what))
    await submit_entry(tx, clerk, entry_id)
    await approve_entry(tx, await acts(tx, cast.LEADER), entry_id, [what.wanted.number])
    return entry_id
