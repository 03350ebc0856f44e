"""A court that was restored from a backup: nobody whom the journal knows as gone is listed again, and nobody
is stopped before a person has looked.

What must not break: each step may be done again; until the last one is done nothing serves. Lists begin anew
under numbers that no former life of the court has used, and keep their references: what an adapter was told
to forget stays hidden there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tracker.domain.due import DueKind
from tracker.domain.entries import (
    ENDING_CAUSES,
    TO_RECONCILE,
    Cause,
    Entry,
    EntryState,
    is_in_force,
    may_stop,
)
from tracker.domain.ids import AgencyId, CourtId, EntryId, SubjectId
from tracker.domain.journal import FIRST_LIFE, JournalLine, LineKind
from tracker.domain.line_closing import ClosingReason
from tracker.domain.measures import is_stopping
from tracker.domain.people import Actor, system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.entries.standing import Stop, stop_entries
from tracker.services.feeds.epochs import NOTHING_LISTED, add_list, begin_epoch, fill_from_the_first
from tracker.services.feeds.instructions import list_anew
from tracker.services.lines.canaries import tend_lines
from tracker.services.lines.closing import close_line
from tracker.storage import (
    agencies,
    due_work,
    entry_locks,
    entry_search,
    feed_generations,
    feeds,
    instructions,
    journal,
    lines,
)
from tracker.storage.agencies import Instance
from tracker.storage.entry_search import EntrySearch
from tracker.storage.feeds import Feed, Lane
from tracker.storage.transaction import Tx

SUBJECTS_AT_ONCE: Final = 100
BEYOND_THE_FIRST: Final = 2
"""An incarnation by which adapters know a restored court: they tell it what former lives withdrew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenLists:
    """What the journal knows of an agency's lists beyond the database: the newest incarnation of each epoch,
    and up to which epoch they had ended.
    """

    begun: Mapping[int, int]
    ended_up_to: int


async def begin_restore(tx: Tx, court_id: CourtId, forgotten: Sequence[JournalLine]) -> None:
    """Take up what the journal knows and the database has forgotten, and begin every list anew. Once it is
    committed the restore is under way: doing it again changes nothing.
    """
    latest = await journal.find_latest_restore(tx, court_id)
    if latest is not None and latest.done_at is None:
        return
    lives = [FIRST_LIFE if latest is None else latest.life, *(line.place.life for line in forgotten)]
    await journal.add_restore(tx, court_id, max(lives) + 1)
    await journal.add_lines(tx, court_id, forgotten)
    for agency in await agencies.list_agencies(tx, court_id):
        await _begin_lists(tx, court_id, agency.agency_id, _forgotten_lists(agency.agency_id, forgotten))
    actor = system_actor(court_id)
    about = About(kind="court", key=court_id)
    await audit.record(tx, actor, "restore begun", about, life=max(lives) + 1, lines=len(forgotten))


def _forgotten_lists(agency_id: AgencyId, forgotten: Iterable[JournalLine]) -> ForgottenLists:
    begun: dict[int, int] = {}
    ended = 0
    for line in forgotten:
        if line.about != agency_id:
            continue
        if line.kind is LineKind.LIST_BEGUN:
            epoch, incarnation = line.detail["epoch"], line.detail["incarnation"]
            begun[epoch] = max(incarnation, begun.get(epoch, 0))
        elif line.kind is LineKind.LIST_ENDED:
            ended = max(ended, line.detail["epoch"])
    return ForgottenLists(begun=begun, ended_up_to=ended)


async def _begin_lists(tx: Tx, court_id: CourtId, agency_id: AgencyId, forgotten: ForgottenLists) -> None:
    """The list of every epoch in force begins a new incarnation."""
    formers = await feeds.lock_feeds(tx, agency_id)
    newest = formers[-1]
    await feed_generations.end_feeds(tx, agency_id, newest.keys.epoch)
    newest_begun = max(forgotten.begun, default=0)
    # Both work on lists of the former life; what is begun here is filled from its beginning.
    await due_work.cancel_due(tx, agency_id, [DueKind.LIST_BEGUN_ANEW, DueKind.EPOCH_ENDS])
    if newest_begun > newest.keys.epoch:
        # Its keys are lost with the former life: only an epoch with new ones comes after it.
        await begin_epoch(tx, newest, after=newest_begun, incarnation=BEYOND_THE_FIRST)
    else:
        # Adapters ask no list of which they have heard that it has ended.
        for former in (one for one in formers if one.keys.epoch > forgotten.ended_up_to):
            await add_list(tx, _next_life(tx, former, forgotten.begun.get(former.keys.epoch, 0)))
        await fill_from_the_first(tx, agency_id)
    await lines.lock_all_lines(tx, court_id)
    await agencies.forget_canaries(tx, agency_id)
    await instructions.forget_numbers(tx, agency_id)


def _next_life(tx: Tx, former: Feed, begun: int) -> Feed:
    """The same epoch, empty; `begun`: its newest incarnation that the journal knows."""
    incarnation = max(former.incarnation, begun) + 1
    anew = replace(former, feed_id=tx.entropy.new_id(), incarnation=incarnation, head=NOTHING_LISTED)
    return replace(anew, published_up_to=0, canary_reference=None, has_ended=False)


async def replay(tx: Tx, court_id: CourtId, said: Sequence[JournalLine]) -> int:
    """Do again what lines of the journal say; how many entries went out of force by it."""
    actor = system_actor(court_id)
    stopped = 0
    for line in said:
        match line.kind:
            case LineKind.STOPPED:
                stopped += await _stop_again(tx, actor, line)
            case LineKind.LINE_CLOSED:
                await _close_again(tx, actor, line)
            case LineKind.LIST_BEGUN | LineKind.LIST_ENDED:
                # Every list has begun anew by now, under later numbers.
                pass
    return stopped


async def _stop_again(tx: Tx, actor: Actor, line: JournalLine) -> bool:
    entry = await entry_locks.find_locked_entry(tx, EntryId(line.about))
    if entry is None:
        return False
    stop = _stop_of(entry, line)
    to = EntryState.ENDED if stop.ends else EntryState.SUSPENDED
    if not may_stop(entry, to, stop.cause):
        return False
    await stop_entries(tx, actor, [entry], stop)
    return True


def _stop_of(entry: Entry, line: JournalLine) -> Stop:
    cause = Cause(line.detail["cause"])
    # It had come into force since the backup and is not even approved now: whoever approves it next would not
    # know that it is over.
    was_approved_since = entry.state in (EntryState.DRAFT, EntryState.SUBMITTED)
    is_over = line.detail["state"] == EntryState.ENDED or (was_approved_since and cause in ENDING_CAUSES)
    return Stop(cause=cause, ends=is_over)


async def _close_again(tx: Tx, actor: Actor, line: JournalLine) -> None:
    agency = await agencies.find_agency(tx, AgencyId(line.about))
    if agency is not None and agency.closing is None:
        await close_line(tx, actor, agency.agency_id, ClosingReason(line.detail["reason"]))


async def list_next_subjects(tx: Tx, court_id: CourtId, after: SubjectId | None) -> tuple[SubjectId, ...]:
    """The next of those whom any agency was asked about."""
    return await instructions.list_subjects_asked_about(tx, court_id, after, SUBJECTS_AT_ONCE)


async def reconcile(tx: Tx, court_id: CourtId, subject_ids: Sequence[SubjectId]) -> int:
    """Suspend what would stop these people, until a person has looked at it, and put the rest on the lists
    again; how many entries were suspended.
    """
    listed = await entry_locks.lock_entries_of_subjects(tx, subject_ids)
    stopping = [
        entry
        for theirs in listed.values()
        for entry in theirs
        if is_in_force(entry, tx.at) and is_stopping(entry.measure)
    ]
    await stop_entries(tx, system_actor(court_id), stopping, Stop(cause=Cause.RESTORED, ends=False))
    for subject_id in subject_ids:
        await list_anew(tx, subject_id, Lane.BULK)
    return len(stopping)


async def end_restore(tx: Tx, court_id: CourtId) -> None:
    """The court may serve again."""
    await tend_lines(tx, court_id)
    life = await journal.present_life(tx, court_id)
    await journal.record_restore_done(tx, court_id, life)
    await audit.record(
        tx, system_actor(court_id), "restore done", About(kind="court", key=court_id), life=life
    )


async def is_anything_to_reconcile(tx: Tx, court_id: CourtId) -> bool:
    """Whether entries wait, after a restore, for somebody to look at them."""
    if await journal.find_latest_restore(tx, court_id) is None:
        return False
    waiting = EntrySearch(court_id=court_id, state=EntryState.SUSPENDED, causes=TO_RECONCILE)
    return bool(await entry_search.count_by_measure(tx, waiting))


async def list_unheard(tx: Tx, court_id: CourtId) -> tuple[Instance, ...]:
    """The adapters that have said nothing since the restore: what they were told to forget is not known."""
    latest = await journal.find_latest_restore(tx, court_id)
    if latest is None or latest.done_at is None:
        return ()
    listed = await agencies.list_agencies(tx, court_id)
    instances = [one for agency in listed for one in await agencies.list_open_instances(tx, agency.agency_id)]
    return tuple(one for one in instances if one.heard_at is None or one.heard_at < latest.done_at)
