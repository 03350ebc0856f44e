"""What adapters were told to forget by a former life of the court: a restored court does not list it again
without a person.
"""

from collections.abc import Mapping
from dataclasses import replace

from tracker.domain.entries import Cause, Entry, EntryState, is_in_force
from tracker.domain.ids import AgencyId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.entries.in_force import write_moved
from tracker.services.entries.standing import Stop, stop_entries
from tracker.services.feeds.instructions import outgrow
from tracker.storage import agencies, entry_locks, instructions
from tracker.storage.instructions import Instruction
from tracker.storage.transaction import Tx


async def hear_withdrawn(tx: Tx, agency_id: AgencyId, withdrawn: Mapping[int, int]) -> None:
    """References with the version up to which an adapter was told to forget each. What went beyond that since
    is not meant: a person has put it back.
    """
    found = {
        reference: await instructions.find_instruction(tx, agency_id, reference) for reference in withdrawn
    }
    doubted = {
        reference: one
        for reference, one in found.items()
        if one is not None and one.version <= withdrawn[reference]
    }
    # All of them in the one order: the adapters of other agencies speak of the same people.
    await entry_locks.lock_entries_of_subjects(tx, {one.subject_id for one in doubted.values()})
    for reference, one in doubted.items():
        await _suspend(tx, one)
        await outgrow(tx, agency_id, reference, withdrawn[reference])


async def _suspend(tx: Tx, withdrawn: Instruction) -> None:
    """Whatever the agency is asked about the person waits for somebody who knows better."""
    actor = system_actor((await agencies.get_agency(tx, withdrawn.agency_id)).court_id)
    listed = await entry_locks.lock_entries_of_subject(tx, withdrawn.subject_id)
    theirs = [entry for entry in listed if withdrawn.agency_id in entry.agency_ids]
    sought = [entry for entry in theirs if is_in_force(entry, tx.at)]
    await stop_entries(tx, actor, sought, Stop(cause=Cause.GONE_AT_AGENCY, ends=False))
    for entry in theirs:
        if entry.state is EntryState.SUSPENDED and entry.cause is Cause.RESTORED:
            await _mark_gone(tx, actor, entry)


async def _mark_gone(tx: Tx, actor: Actor, entry: Entry) -> None:
    await write_moved(tx, replace(entry, cause=Cause.GONE_AT_AGENCY, version=entry.version + 1))
    await audit.record(tx, actor, "entry gone at agency", About(kind="entry", key=entry.entry_id))
