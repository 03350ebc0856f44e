"""Somebody says that an entry is still needed; what nobody says it of in time leaves every agency.

Must not break: no entry stays in force because nobody looked.
"""

from dataclasses import replace

from tracker.domain.authorisation import Action
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause, Entry, EntryState, is_in_force
from tracker.domain.errors import Conflict
from tracker.domain.ids import CourtId, EntryId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.audit import About
from tracker.services.due_rows import due_row
from tracker.services.entries.clocks import next_validation, set_entry_clocks
from tracker.services.entries.in_force import write_moved
from tracker.services.entries.standing import Stop, stop_entries
from tracker.storage import cases, due_work, entries, entry_locks, rules
from tracker.storage.transaction import Tx


async def validate_entry(tx: Tx, actor: Actor, entry_id: EntryId) -> None:
    """One tap by the judge of the case or a clerk of its team: the entry is still needed."""
    entry = await entry_locks.lock_entry(tx, entry_id)
    await require_on_case(tx, actor, Action.VALIDATE, await cases.get_case(tx, entry.case_id))
    if not is_in_force(entry, tx.at):
        raise Conflict(
            "该条目不在协查中，无需核验", "the entry is not in force: there is nothing to validate"
        )
    validated = replace(entry, validate_by=await next_validation(tx, entry), version=entry.version + 1)
    await write_moved(tx, validated)
    await audit.record(tx, actor, "entry validated", About(kind="entry", key=entry_id))
    await set_entry_clocks(tx, validated)


async def begin_periods(tx: Tx, court_id: CourtId) -> None:
    """A court starts. What a process from before there was validation has put in force since the upgrade
    begins its first period, as what was in force before has.
    """
    for entry_id in await entries.list_without_validation(tx, court_id):
        await due_work.add_due(tx, due_row(tx, DueKind.ENTRY_VALIDATION, entry_id, tx.at))


async def miss_validation(tx: Tx, entry: Entry) -> None:
    """The moment has come by which an entry had to be validated, and nobody did."""
    if entry.state is not EntryState.ACTIVE:
        return
    if entry.validate_by is not None and entry.validate_by > tx.at:
        # Looked at since the row was written.
        return
    rule = await rules.find_rule(tx, entry.court_id, entry.measure)
    if entry.validate_by is None and rule is not None:
        # Put in force before validation was asked for: its first period begins now.
        begun = replace(entry, validate_by=rule.validation.first_due(tx.at), version=entry.version + 1)
        await write_moved(tx, begun)
        await set_entry_clocks(tx, begun)
        return
    stop = Stop(cause=Cause.NOT_VALIDATED, ends=False)
    await stop_entries(tx, system_actor(entry.court_id), [entry], stop)
