"""Entries stop and start being in force. Every way of stopping goes through `stop_entries`: money,
withdrawal, suspension, expiry, a revoked paper, the wrong person, a missed validation.

One transaction changes the entry, every agency's instruction, the alert, what people are told and what time
will bring.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tracker.domain.authorisation import Action
from tracker.domain.entries import (
    ENDING_CAUSES,
    TO_RECONCILE,
    Cause,
    Entry,
    EntryState,
    is_sought,
    may_stop,
)
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import EntryId
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.alerts.changed_entries import follow_start, follow_stop
from tracker.services.alerts.stand_down import release_if_all_gone
from tracker.services.audit import About
from tracker.services.entries.clocks import next_validation, set_entry_clocks
from tracker.services.entries.in_force import lock_with_case, require_ready, write_moved
from tracker.services.entries.notices import ask_end_or_resume, tell_who_paid
from tracker.services.feeds.journal import note_stop
from tracker.storage import cases, entry_locks
from tracker.storage.feeds import Lane
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why entries stop, and whether they end (or wait for a judge to end or resume them)."""

    cause: Cause
    ends: bool


async def suspend_entry(tx: Tx, actor: Actor, entry_id: EntryId) -> None:
    """One tap by anyone on duty: the entry leaves every agency; the team stays near."""
    entry = await entry_locks.lock_entry(tx, entry_id)
    await require_on_case(tx, actor, Action.SUSPEND, await cases.get_case(tx, entry.case_id))
    await stop_entries(tx, actor, [entry], Stop(cause=Cause.SUSPENDED_BY_PERSON, ends=False))


async def withdraw_entry(tx: Tx, actor: Actor, entry_id: EntryId, cause: Cause) -> None:
    """End an entry for good, from whatever state it is in."""
    entry = await entry_locks.lock_entry(tx, entry_id)
    case = await cases.get_case(tx, entry.case_id)
    await require_on_case(tx, actor, Action.WITHDRAW, case)
    if cause not in ENDING_CAUSES:
        raise Conflict("请选择终止原因", "choose a reason that ends the entry")
    await stop_entries(tx, actor, [entry], Stop(cause=cause, ends=True))
    if cause is Cause.PERFORMED and case.received_fen >= entry.release_amount_fen:
        await tell_who_paid(tx, entry)
        await release_if_all_gone(tx, entry.subject_id)


async def expire_entry(tx: Tx, entry: Entry) -> None:
    """The last day of an entry is over."""
    if entry.state in (EntryState.ACTIVE, EntryState.SUSPENDED):
        stop = Stop(cause=Cause.EXPIRED, ends=True)
        await stop_entries(tx, system_actor(entry.court_id), [entry], stop)


async def stop_entries(tx: Tx, actor: Actor, stopping: Sequence[Entry], stop: Stop) -> None:
    """Take entries out of force, whatever the reason, with everything that follows.

    Their subjects must be locked, or what is stopped may be stopped already.
    """
    moved = [await _stop(tx, actor, entry, stop) for entry in stopping]
    were_sought = [now for former, now in zip(stopping, moved, strict=True) if is_sought(former)]
    subject_ids = tuple(dict.fromkeys(entry.subject_id for entry in were_sought))
    for subject_id in subject_ids:
        stopped = [entry for entry in were_sought if entry.subject_id == subject_id]
        await follow_stop(tx, subject_id, stopped, stop.cause)
    for entry in moved:
        await set_entry_clocks(tx, entry)
    # After a restore every such entry waits at once: they are asked for as one list.
    if not stop.ends and stop.cause not in TO_RECONCILE:
        await ask_end_or_resume(tx, were_sought)
    for subject_id in subject_ids:
        await release_if_all_gone(tx, subject_id)


async def _stop(tx: Tx, actor: Actor, entry: Entry, stop: Stop) -> Entry:
    to = EntryState.ENDED if stop.ends else EntryState.SUSPENDED
    if not may_stop(entry, to, stop.cause):
        raise Conflict(
            "该条目当前状态不允许此操作", f"the entry is {entry.state.value}: look at its state first"
        )
    moved = replace(
        entry,
        state=to,
        cause=stop.cause,
        stopped_at=entry.stopped_at if entry.state is EntryState.SUSPENDED else tx.at,
        suspended_by=actor.person_id
        if entry.state is EntryState.ACTIVE and not stop.ends
        else entry.suspended_by,
        version=entry.version + 1,
    )
    await write_moved(tx, moved)
    await note_stop(tx, moved)
    about = About(kind="entry", key=entry.entry_id)
    await audit.record(tx, actor, f"entry {to.value}", about, cause=stop.cause.value)
    return moved


async def resume_entry(tx: Tx, actor: Actor, entry_id: EntryId) -> None:
    """A judge of the case or the bureau leader puts a suspended entry back; never who suspended it.

    Whoever does says that it is still needed: a validation that fell due meanwhile is done with it.
    """
    entry = await lock_with_case(tx, entry_id)
    await require_on_case(tx, actor, Action.RESUME, await cases.get_case(tx, entry.case_id))
    if entry.suspended_by == actor.person_id:
        raise NotAllowed(Action.RESUME.value, "whoever suspended it cannot resume it: ask the bureau leader")
    if entry.state is not EntryState.SUSPENDED:
        raise Conflict("该条目未被暂停", "the entry is not suspended: there is nothing to resume")
    if entry.cause is Cause.WRONG_PERSON:
        raise Conflict(
            "该号码已查明非本人，请终止后凭新证据重新登记",
            "its number was found to be somebody else's: end it and register anew with new evidence",
        )
    await require_ready(tx, entry)
    resumed = replace(
        entry,
        state=EntryState.ACTIVE,
        cause=None,
        stopped_at=None,
        suspended_by=None,
        validate_by=await _validated_by(tx, entry),
        version=entry.version + 1,
    )
    await write_moved(tx, resumed)
    await audit.record(tx, actor, "entry resumed", About(kind="entry", key=entry_id))
    await follow_start(tx, entry.subject_id, Lane.WITHDRAWAL)
    await set_entry_clocks(tx, resumed)


async def _validated_by(tx: Tx, entry: Entry) -> datetime:
    """The former moment while it has not passed."""
    if entry.validate_by is not None and entry.validate_by > tx.at:
        return entry.validate_by
    return await next_validation(tx, entry)
