"""Resolves what each agency is asked about a subject, and sends the difference on its way.

One function answers every change of an entry, so that no way of ending an entry can forget an agency, nor the
list of any epoch in force.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.measures import weight
from schemas.messages import NamedDetails, Tombstone
from schemas.sealing import seal_for
from schemas.tokens import token_of
from tracker.domain.entries import Entry, in_force
from tracker.domain.ids import AgencyId, DocumentId, InstructionId, SubjectId
from tracker.domain.resolution import Resolved, resolve
from tracker.services.agencies.disclosure import Asked, disclose, given_documents
from tracker.services.agencies.posting import post_to_agency
from tracker.services.turns import one_by_one
from tracker.storage import (
    agencies,
    cases,
    entries,
    entry_locks,
    feed_changes,
    feed_generations,
    instructions,
    people,
    subjects,
)
from tracker.storage.agencies import Agency
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.feed_changes import Change
from tracker.storage.feeds import Lane
from tracker.storage.instructions import Instruction, Listing
from tracker.storage.transaction import Tx

EPHEMERAL_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one agency is to be asked now, on the lists of which epochs, the oldest first; `resolved` None:
    nothing any more.
    """

    agency_id: AgencyId
    subject_id: SubjectId
    resolved: Resolved | None
    documents: tuple[DocumentId, ...]
    epochs: tuple[int, ...]


async def resolve_instructions(tx: Tx, subject_id: SubjectId, lane: Lane) -> tuple[Instruction, ...]:
    """Bring every agency's instruction on a subject up to the entries in force, on the list of every epoch in
    force; what is asked otherwise than before.
    """
    return (await resolve_together(tx, [subject_id], lane))[subject_id]


async def resolve_together(
    tx: Tx, subject_ids: Sequence[SubjectId], lane: Lane
) -> dict[SubjectId, tuple[Instruction, ...]]:
    """The same of several subjects, each by itself: only what is read and written goes together."""
    listed = await entry_locks.lock_entries_of_subjects(tx, subject_ids)
    current = await instructions.lock_instructions_of(tx, subject_ids)
    steps = [
        (wanted, _Step(former=_of_agency(current, wanted), resolved=wanted.resolved, lane=lane))
        for wanted in await _list_wanted(tx, listed, current)
    ]
    changing = [(wanted, step) for wanted, step in steps if not _is_settled(step.former, wanted)]
    await _read_what_is_disclosed(tx, {wanted.subject_id for wanted, _ in changing})
    changes = [(step, _next(tx, step.former, wanted)) for wanted, step in changing]
    await _write(tx, changes)
    changed: dict[SubjectId, tuple[Instruction, ...]] = dict.fromkeys(subject_ids, ())
    # To seal for many people takes a while.
    async for step, instruction in one_by_one(changes):
        await _tell(tx, step, instruction)
        changed[instruction.subject_id] += (instruction,)
    for wanted, step in steps:
        if _is_settled(step.former, wanted) and step.former is not None and step.resolved is not None:
            await _copy(tx, step, _named(tx, step.former, wanted.epochs))
    return changed


def _of_agency(current: Mapping[SubjectId, Sequence[Instruction]], wanted: Wanted) -> Instruction | None:
    theirs = current[wanted.subject_id]
    return next((one for one in theirs if one.agency_id == wanted.agency_id), None)


async def _list_wanted(
    tx: Tx, listed: Mapping[SubjectId, Sequence[Entry]], current: Mapping[SubjectId, Sequence[Instruction]]
) -> list[Wanted]:
    """By the entries in force of each subject, for every agency that was or is to be asked."""
    concerned = {
        subject_id: sorted(
            {one.agency_id for one in theirs}
            | {agency_id for entry in listed.get(subject_id, ()) for agency_id in entry.agency_ids}
        )
        for subject_id, theirs in current.items()
    }
    agency_ids = sorted({agency_id for theirs in concerned.values() for agency_id in theirs})
    # After the locks: who opens an epoch copies nobody whose entries are held here.
    epochs, *_ = await in_one_trip(
        tx,
        feed_generations.remember_epochs(tx, agency_ids),
        agencies.remember_agencies(tx, agency_ids),
        subjects.remember_subjects(tx, current),
    )
    wanted = []
    for subject_id, theirs in concerned.items():
        entries_of = listed.get(subject_id, ())
        standing = in_force(entries_of, tx.at)
        given = given_documents(await subjects.list_held_documents(tx, subject_id), entries_of)
        wanted += [
            Wanted(
                agency_id=agency_id,
                subject_id=subject_id,
                resolved=resolve(standing, agency_id),
                documents=tuple(one.document_id for one in given),
                epochs=epochs[agency_id],
            )
            for agency_id in theirs
        ]
    return wanted


async def _read_what_is_disclosed(tx: Tx, subject_ids: Collection[SubjectId]) -> None:
    """Of the cases of their entries in force, too: the transaction knows it from then on, so that the
    instructions of all agencies are written together.
    """
    listed = await entry_locks.lock_entries_of_subjects(tx, subject_ids)
    standing = [entry for theirs in listed.values() for entry in in_force(theirs, tx.at)]
    court_ids = {entry.court_id for entry in standing}
    await in_one_trip(
        tx,
        cases.remember_cases(tx, {entry.case_id for entry in standing}),
        *(people.get_court(tx, court_id) for court_id in court_ids),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """From which instruction, to what is asked now, by which lane."""

    former: Instruction | None
    resolved: Resolved | None
    lane: Lane


async def list_anew(tx: Tx, subject_id: SubjectId, lane: Lane) -> None:
    """Tell every open list, each of which has begun anew, of a subject. Where nothing has changed the version
    stays: an adapter that has a tombstone for it goes on hiding it.
    """
    await resolve_instructions(tx, subject_id, lane)
    standing = in_force(await entry_locks.lock_entries_of_subject(tx, subject_id), tx.at)
    for one in await instructions.lock_instructions(tx, subject_id):
        is_over = not one.is_listed and one.gone_since is not None
        if not is_over and await _is_told(tx, one):
            step = _Step(former=one, resolved=resolve(standing, one.agency_id), lane=lane)
            await _announce(tx, step, one)


async def outgrow(tx: Tx, agency_id: AgencyId, reference: int, version: int) -> None:
    """An adapter hides the reference up to a version: what is asked of it next, on any list, goes beyond
    that.
    """
    found = await instructions.find_instruction(tx, agency_id, reference)
    # A removal keeps the version that it removes; only what is listed must go beyond it.
    if found is None or found.version >= version + found.is_listed:
        return
    standing = in_force(await entry_locks.lock_entries_of_subject(tx, found.subject_id), tx.at)
    resolved = resolve(standing, agency_id) if found.is_listed else None
    grown = replace(found, version=version + found.is_listed, changed_at=tx.at)
    await instructions.record_instructions(tx, [grown])
    if await _is_told(tx, grown):
        await _announce(tx, _Step(former=found, resolved=resolved, lane=Lane.NORMAL), grown)


def _is_settled(former: Instruction | None, wanted: Wanted) -> bool:
    """Whether the agency is asked just that already, be it on one list only."""
    resolved = wanted.resolved
    if former is None:
        return resolved is None
    if resolved is None:
        # Who was withdrawn on a list that has ended, and never said to be gone, is withdrawn from the next.
        return not former.is_listed and bool(former.listings or former.gone_since is not None)
    asked = (resolved.measure, resolved.valid_until, resolved.entry_ids, wanted.documents)
    is_the_same = asked == (former.measure, former.valid_until, former.basis, former.documents)
    return is_the_same and bool(former.listings)


def _next(tx: Tx, former: Instruction | None, wanted: Wanted) -> Instruction:
    resolved = wanted.resolved
    # A removal keeps the version it removes: tombstones hide versions up to their own, only a put goes on.
    version = 1 if former is None else former.version + (resolved is not None)
    instruction = Instruction(
        instruction_id=former.instruction_id if former else InstructionId(tx.entropy.new_id()),
        agency_id=wanted.agency_id,
        subject_id=wanted.subject_id,
        listings=former.listings if former else (),
        former=former.former if former else (),
        version=version,
        measure=resolved.measure if resolved else None,
        valid_until=resolved.valid_until if resolved else None,
        basis=resolved.entry_ids if resolved else (),
        documents=wanted.documents,
        changed_at=tx.at,
        in_force_since=None,
        gone_since=None,
    )
    # Who is withdrawn before a list has told of the person is never on it.
    is_told_everywhere = resolved is None and instruction.listings
    return instruction if is_told_everywhere else _named(tx, instruction, wanted.epochs)


def _named(tx: Tx, instruction: Instruction, epochs: tuple[int, ...]) -> Instruction:
    """The same with a reference on the list of each epoch: random, so that no two lists can be joined."""
    known = {one.epoch: one for one in instruction.listings}
    listings = tuple(
        known.get(epoch) or Listing(epoch=epoch, reference=tx.entropy.reference()) for epoch in epochs
    )
    return replace(instruction, listings=listings)


async def _write(tx: Tx, changes: Sequence[tuple[_Step, Instruction]]) -> None:
    """Another version of each, on every list."""
    lightened = {one.agency_id for step, one in changes if _is_lightened(step, one)}
    if lightened:
        await agencies.remember_instances(tx, sorted(lightened))
    await instructions.record_instructions(tx, [one for step, one in changes if step.former is not None])
    for step, instruction in changes:
        if step.former is None:
            await instructions.add_instruction(tx, instruction)
        else:
            await instructions.add_listings(tx, instruction, _new_listings(step.former, instruction))


async def _tell(tx: Tx, step: _Step, instruction: Instruction) -> None:
    """The agency hears of another version."""
    former = step.former
    if not await _is_told(tx, instruction):
        return
    is_lightened = _is_lightened(step, instruction)
    await _announce(tx, replace(step, lane=Lane.WITHDRAWAL if is_lightened else step.lane), instruction)
    if former is not None and is_lightened and former.listings:
        first, *also = former.references
        tombstone = Tombstone(reference=first, version=former.version, also=tuple(also))
        await post_to_agency(tx, instruction.agency_id, tombstone)


async def _copy(tx: Tx, step: _Step, instruction: Instruction) -> None:
    """The same version on the lists that do not tell of it yet; on the others it stands as it stood."""
    assert step.former is not None
    missing = _new_listings(step.former, instruction)
    if missing:
        await instructions.add_listings(tx, instruction, missing)
        if await _is_told(tx, instruction):
            await _announce(tx, step, replace(instruction, listings=missing))


def _new_listings(former: Instruction, instruction: Instruction) -> tuple[Listing, ...]:
    return tuple(one for one in instruction.listings if one.epoch not in former.epochs)


async def _is_told(tx: Tx, instruction: Instruction) -> bool:
    """A closed line is told nothing: its list is begun anew from here when it is opened again."""
    return (await agencies.get_agency(tx, instruction.agency_id)).closing is None


async def _announce(tx: Tx, step: _Step, instruction: Instruction) -> None:
    """A change on the list of each epoch that `instruction` names."""
    bodies = await _put_bodies(tx, instruction, step.resolved)
    basis = instruction.basis or (step.former.basis if step.former else ())
    for listing in instruction.listings:
        body = bodies.get(listing.epoch)
        change = Change(
            change_id=tx.entropy.new_id(),
            agency_id=instruction.agency_id,
            epoch=listing.epoch,
            reference=listing.reference,
            version=instruction.version,
            lane=step.lane,
            body=body,
        )
        await feed_changes.add_change(tx, change)
        tx.log(
            "instruction-changed",
            agency=change.agency_id,
            change=change.change_id,
            epoch=change.epoch,
            operation="remove" if body is None else "put",
            lane=change.lane.name.lower(),
            entries=",".join(basis),
        )


def _is_lightened(step: _Step, instruction: Instruction) -> bool:
    """Whether less is asked than before: then the former version must not be acted on for one moment more."""
    former = step.former
    if former is None or former.measure is None:
        return False
    if instruction.measure is None or weight(instruction.measure) < weight(former.measure):
        return True
    ended = set(former.basis) - set(instruction.basis)
    return bool(ended)


async def _put_bodies(
    tx: Tx, instruction: Instruction, resolved: Resolved | None
) -> dict[int, dict[str, Any]]:
    """What stands on the list of each epoch; nothing of somebody who is asked for no more."""
    if resolved is None:
        return {}
    agency = await agencies.get_agency(tx, instruction.agency_id)
    listed = await entry_locks.lock_entries_of_subject(tx, instruction.subject_id)
    held = await subjects.list_held_documents(tx, instruction.subject_id)
    asked = Asked(
        subject=await subjects.get_subject(tx, instruction.subject_id),
        documents=tuple(one.document for one in given_documents(held, listed)),
        resolved=resolved,
        entry=await entries.get_entry(tx, resolved.entry_ids[0]),
    )
    disclosed = await disclose(tx, agency, asked)
    keys = {one.epoch: one for one in await feed_generations.list_epochs(tx, instruction.agency_id)}
    bodies = {}
    for listing in instruction.listings:
        token_key = keys[listing.epoch].token_key
        named = disclosed.named
        bodies[listing.epoch] = {
            "measure": disclosed.measure.value,
            "valid_until": disclosed.valid_until.isoformat(),
            "tokens": [token_of(document, token_key).hex() for document in disclosed.documents],
            "named": None if named is None else _sealed(tx, agency, named, (listing, instruction.version)),
        }
    return bodies


def _sealed(tx: Tx, agency: Agency, details: NamedDetails, of: tuple[Listing, int]) -> str:
    listing, version = of
    sealed = seal_for(
        agency.sealing_public,
        details.model_dump_json().encode(),
        ephemeral=tx.entropy.random_bytes(EPHEMERAL_BYTES),
        context=f"named:{listing.reference}:{version}",
    )
    return base64.b64encode(sealed).decode()
