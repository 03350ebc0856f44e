"""Resolves what each agency is asked about a subject, and sends the difference on its way.

One function answers every change of an entry, so that no way of ending an entry can forget an agency.
"""

import base64
from dataclasses import dataclass, replace
from typing import Any

from schemas.measures import weight
from schemas.messages import NamedDetails, Tombstone
from schemas.sealing import seal_for
from schemas.tokens import token_of
from tracker.domain.entries import in_force
from tracker.domain.ids import AgencyId, DocumentId, InstructionId, SubjectId
from tracker.domain.resolution import Resolved, resolve
from tracker.services.disclosure import Asked, disclose
from tracker.services.posting import post_to_agency
from tracker.storage import agencies, entries, feed_generations, feeds, instructions, subjects
from tracker.storage.agencies import Agency
from tracker.storage.feeds import Change, Lane
from tracker.storage.instructions import Instruction
from tracker.storage.transaction import Tx

EPHEMERAL_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one agency is to be asked now; `resolved` None: nothing any more."""

    agency_id: AgencyId
    subject_id: SubjectId
    resolved: Resolved | None
    documents: tuple[DocumentId, ...]
    epoch: int


async def resolve_instructions(tx: Tx, subject_id: SubjectId, lane: Lane) -> tuple[Instruction, ...]:
    """Bring every agency's instruction on a subject up to the entries in force; what changed."""
    listed = await entries.lock_entries_of_subject(tx, subject_id)
    standing = in_force(listed, tx.at)
    documents = await subjects.list_listed_document_ids(tx, subject_id)
    current = {one.agency_id: one for one in await instructions.lock_instructions(tx, subject_id)}
    agency_ids = sorted({agency_id for entry in listed for agency_id in entry.agency_ids} | set(current))
    epochs = await feed_generations.list_current_epochs(tx, agency_ids)
    changed = []
    for agency_id in agency_ids:
        former = current.get(agency_id)
        wanted = Wanted(
            agency_id=agency_id,
            subject_id=subject_id,
            resolved=resolve(standing, agency_id),
            documents=documents,
            epoch=epochs[agency_id],
        )
        if _is_unchanged(former, wanted):
            continue
        instruction = _next(tx, former, wanted)
        await _write(tx, former, instruction)
        # A closed line is told nothing: its list is begun anew from here when it is opened again.
        if (await agencies.get_agency(tx, agency_id)).closing is None:
            body = await _put_body(tx, instruction, wanted.resolved)
            await _announce(tx, former, instruction, body, lane)
        changed.append(instruction)
    return tuple(changed)


async def list_anew(tx: Tx, subject_id: SubjectId, lane: Lane) -> None:
    """Tell every open list, which has begun anew, of a subject. Where nothing has changed the version stays:
    an adapter that has a tombstone for it goes on hiding it.
    """
    await resolve_instructions(tx, subject_id, lane)
    standing = in_force(await entries.lock_entries_of_subject(tx, subject_id), tx.at)
    for one in await instructions.lock_instructions(tx, subject_id):
        is_over = not one.is_listed and one.gone_since is not None
        if is_over or (await agencies.get_agency(tx, one.agency_id)).closing is not None:
            continue
        body = await _put_body(tx, one, resolve(standing, one.agency_id))
        await feeds.add_change(tx, _change(tx, one, body, lane))


async def outgrow(tx: Tx, agency_id: AgencyId, reference: int, version: int) -> None:
    """An adapter hides the reference up to a version: what is asked under it next goes beyond that."""
    found = await instructions.find_instruction(tx, agency_id, reference)
    # A removal keeps the version that it removes; only what is listed must go beyond it.
    if found is None or found.version >= version + found.is_listed:
        return
    standing = in_force(await entries.lock_entries_of_subject(tx, found.subject_id), tx.at)
    resolved = resolve(standing, agency_id) if found.is_listed else None
    grown = replace(found, version=version + found.is_listed, changed_at=tx.at)
    await instructions.record_instruction(tx, grown)
    if (await agencies.get_agency(tx, agency_id)).closing is None:
        body = await _put_body(tx, grown, resolved)
        await feeds.add_change(tx, _change(tx, grown, body, Lane.NORMAL))


def _is_unchanged(former: Instruction | None, wanted: Wanted) -> bool:
    resolved = wanted.resolved
    if former is None:
        return resolved is None
    if resolved is None:
        # Who was withdrawn on a list that has ended, and never said to be gone, is withdrawn from the next.
        is_settled = former.epoch == wanted.epoch or former.gone_since is not None
        return not former.is_listed and is_settled
    asked = (resolved.measure, resolved.valid_until, resolved.entry_ids, wanted.documents, wanted.epoch)
    return asked == (former.measure, former.valid_until, former.basis, former.documents, former.epoch)


def _next(tx: Tx, former: Instruction | None, wanted: Wanted) -> Instruction:
    resolved = wanted.resolved
    # A removal keeps the version it removes: tombstones hide versions up to their own, only a put goes on.
    version = 1 if former is None else former.version + (resolved is not None)
    # References are random per epoch as well, so that two lists of an agency cannot be joined.
    is_new = former is None or (resolved is not None and former.epoch != wanted.epoch)
    return Instruction(
        instruction_id=former.instruction_id if former else InstructionId(tx.entropy.new_id()),
        agency_id=wanted.agency_id,
        subject_id=wanted.subject_id,
        reference=tx.entropy.reference() if former is None or is_new else former.reference,
        version=version,
        epoch=wanted.epoch,
        measure=resolved.measure if resolved else None,
        valid_until=resolved.valid_until if resolved else None,
        basis=resolved.entry_ids if resolved else (),
        documents=wanted.documents,
        changed_at=tx.at,
        in_force_since=None,
        gone_since=None,
    )


async def _write(tx: Tx, former: Instruction | None, instruction: Instruction) -> None:
    if former is None:
        await instructions.add_instruction(tx, instruction)
    else:
        await instructions.record_instruction(tx, instruction)


async def _announce(
    tx: Tx, former: Instruction | None, instruction: Instruction, body: dict[str, Any] | None, lane: Lane
) -> None:
    lightens = former is not None and _lightens(former, instruction)
    change = _change(tx, instruction, body, Lane.WITHDRAWAL if lightens else lane)
    await feeds.add_change(tx, change)
    tx.log(
        "instruction-changed",
        agency=change.agency_id,
        change=change.change_id,
        operation="remove" if body is None else "put",
        lane=change.lane.name.lower(),
        entries=",".join(instruction.basis or (former.basis if former else ())),
    )
    if former is not None and lightens and former.epoch == instruction.epoch:
        tombstone = Tombstone(reference=former.reference, version=former.version)
        await post_to_agency(tx, instruction.agency_id, tombstone)


def _change(tx: Tx, instruction: Instruction, body: dict[str, Any] | None, lane: Lane) -> Change:
    return Change(
        change_id=tx.entropy.new_id(),
        agency_id=instruction.agency_id,
        reference=instruction.reference,
        version=instruction.version,
        lane=lane,
        body=body,
    )


def _lightens(former: Instruction, instruction: Instruction) -> bool:
    """Whether less is asked than before: then the former version must not be acted on for one moment more."""
    if former.measure is None:
        return False
    if instruction.measure is None or weight(instruction.measure) < weight(former.measure):
        return True
    ended = set(former.basis) - set(instruction.basis)
    return bool(ended)


async def _put_body(tx: Tx, instruction: Instruction, resolved: Resolved | None) -> dict[str, Any] | None:
    if resolved is None:
        return None
    feed = await feeds.get_feed(tx, instruction.agency_id)
    agency = await agencies.get_agency(tx, instruction.agency_id)
    asked = Asked(
        subject=await subjects.get_subject(tx, instruction.subject_id),
        documents=await subjects.list_listed_documents(tx, instruction.subject_id),
        resolved=resolved,
        entry=await entries.get_entry(tx, resolved.entry_ids[0]),
    )
    disclosed = await disclose(tx, agency, asked)
    named = None if disclosed.named is None else _sealed(tx, instruction, agency, disclosed.named)
    return {
        "measure": disclosed.measure.value,
        "valid_until": disclosed.valid_until.isoformat(),
        "tokens": [token_of(document, feed.keys.token_key).hex() for document in disclosed.documents],
        "named": named,
    }


def _sealed(tx: Tx, instruction: Instruction, agency: Agency, details: NamedDetails) -> str:
    sealed = seal_for(
        agency.sealing_public,
        details.model_dump_json().encode(),
        ephemeral=tx.entropy.random_bytes(EPHEMERAL_BYTES),
        context=f"named:{instruction.reference}:{instruction.version}",
    )
    return base64.b64encode(sealed).decode()
