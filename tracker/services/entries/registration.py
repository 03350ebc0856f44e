"""Registers a watch entry as a draft, for a new subject or one who is listed already, and submits it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from notifications.people import PhoneRefused, normalise_phone
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry, EntryState, Paper
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import DocumentId, EntryId, PaperId, SubjectId
from tracker.domain.people import Actor
from tracker.domain.registration import (
    EntryForm,
    PaperForm,
    documents_of,
    known_likeness,
    last_day_of,
)
from tracker.services import audit
from tracker.services.access import require_on_case
from tracker.services.agencies.disclosure import Preview, preview_proposed
from tracker.services.audit import About
from tracker.services.entries.checking import Checked, check_form, find_own_case
from tracker.services.turns import one_by_one
from tracker.storage import cases, entries, entry_locks, papers, rules, subjects
from tracker.storage.cases import Case
from tracker.storage.subjects import HeldDocument, Subject
from tracker.storage.transaction import Tx

LISTED_FOR_THE_SAME: Final = Problem(
    field="measure",
    zh="此人以同一身份因本案同一措施已在名单上，请在该条目上延期、变更、恢复或终止",
    en="is on the list for this person, capacity and case: ask for other terms there, resume or end it",
)


async def register_entry(tx: Tx, actor: Actor, form: EntryForm) -> EntryId:
    """Store a form as a draft. Raises `Invalid` with every problem at once.

    Whoever registers in the same case waits, and then finds this entry: else two that begin in the same
    moment would both pass, and the second would outlive the first one's withdrawal.
    """
    case = await find_own_case(tx, actor, form)
    if isinstance(case, Case):
        await cases.lock_case(tx, case.case_id)
    (entry_id,) = await register_entries(tx, actor, [await check_form(tx, actor, form)])
    return entry_id


async def register_entries(tx: Tx, actor: Actor, checked: Sequence[Checked]) -> tuple[EntryId, ...]:
    """The same for several forms about different people, as this transaction has found them just now with
    their cases locked.
    """
    for one in checked:
        if one.problems:
            raise Invalid(one.problems)
        if one.is_double:
            raise Invalid([LISTED_FOR_THE_SAME])
    holders = [one.holder.subject_id for one in checked if one.holder is not None]
    await subjects.remember_subjects(tx, holders)
    # Before anything is written: what is known of people is forgotten with the first new row.
    held = {subject_id: await subjects.list_held_documents(tx, subject_id) for subject_id in holders}
    return tuple(
        [
            await _register(tx, actor, one, held[one.holder.subject_id] if one.holder is not None else ())
            async for one in one_by_one(checked)
        ]
    )


async def _register(tx: Tx, actor: Actor, checked: Checked, held: Sequence[HeldDocument]) -> EntryId:
    case, form = _case_of(checked), checked.form
    subject = checked.holder or _new_subject(tx, case, form)
    if checked.holder is None:
        await subjects.add_subject(tx, subject)
    document_ids = await _know_documents(tx, actor, subject, form, held)
    entry = await _draft(tx, actor, case, form, subject)
    for paper in entry.papers:
        await papers.add_paper(tx, case.case_id, paper)
    await entries.add_entry(tx, entry)
    # The entry stands on these numbers, and on no other of its subject.
    for document_id in document_ids:
        await subjects.link_document(tx, entry.entry_id, document_id)
    await audit.record(tx, actor, "entry registered", About(kind="entry", key=entry.entry_id))
    return entry.entry_id


async def preview_form(tx: Tx, actor: Actor, checked: Checked) -> tuple[Preview, ...]:
    """What each agency will hold of a checked form once it is registered and approved; nothing where it has
    problems.
    """
    if checked.problems:
        return ()
    case, form = _case_of(checked), checked.form
    subject = checked.holder or _new_subject(tx, case, form)
    entry = await _draft(tx, actor, case, form, subject)
    return await preview_proposed(tx, entry, subject, documents_of(form))


async def _draft(tx: Tx, actor: Actor, case: Case, form: EntryForm, subject: Subject) -> Entry:
    return Entry(
        entry_id=EntryId(tx.entropy.new_id()),
        court_id=case.court_id,
        case_id=case.case_id,
        subject_id=subject.subject_id,
        capacity=form.capacity,
        measure=form.measure,
        state=EntryState.DRAFT,
        valid_until=await _last_day(tx, actor, form),
        release_amount_fen=form.release_amount_fen,
        agency_ids=form.agency_ids,
        papers=tuple(new_paper(tx, paper) for paper in form.papers),
        registered_by=actor.person_id,
        registered_at=tx.at,
        approved_by=None,
        approved_at=None,
        validate_by=None,
        suspended_by=None,
        cause=None,
        stopped_at=None,
        version=1,
    )


def new_paper(tx: Tx, form: PaperForm) -> Paper:
    """A paper as it was entered, for the file."""
    return Paper(
        paper_id=PaperId(tx.entropy.new_id()),
        kind=form.kind,
        number=form.number,
        issued_on=form.issued_on,
        signer=form.signer,
        valid_until=form.valid_until,
        revoked_at=None,
    )


async def _last_day(tx: Tx, actor: Actor, form: EntryForm) -> date:
    rule = await rules.find_rule(tx, actor.court_id, form.measure)
    assert rule is not None, "a form without a rule has a problem"
    return last_day_of(form, rule, court_day(tx.at))


async def submit_entry(tx: Tx, actor: Actor, entry_id: EntryId) -> None:
    """Hand a draft to whoever may approve it."""
    await submit_entries(tx, actor, [entry_id])


async def submit_entries(tx: Tx, actor: Actor, entry_ids: Sequence[EntryId]) -> None:
    """The same for several drafts, each of another subject."""
    drafts = await entry_locks.lock_entries_named(tx, entry_ids)
    await cases.remember_cases(tx, {entry.case_id for entry in drafts})
    for entry in drafts:
        await require_on_case(tx, actor, Action.REGISTER, await cases.get_case(tx, entry.case_id))
        if entry.state is not EntryState.DRAFT:
            raise Conflict("该条目已提交", "the entry has been submitted already")
    submitted = [replace(entry, state=EntryState.SUBMITTED, version=entry.version + 1) for entry in drafts]
    await entry_locks.record_entries(tx, submitted)
    for entry in submitted:
        await audit.record(tx, actor, "entry submitted", About(kind="entry", key=entry.entry_id))


def _case_of(checked: Checked) -> Case:
    assert checked.case is not None, "a form without a case has a problem"
    return checked.case


async def _know_documents(
    tx: Tx, actor: Actor, subject: Subject, form: EntryForm, held: Sequence[HeldDocument]
) -> tuple[DocumentId, ...]:
    """The subject is known by now under every document of the form, with what it says of each."""
    known = {one.document: one.document_id for one in held}
    named = documents_of(form)
    for document_form, document in zip(form.documents, named, strict=True):
        if document not in known:
            known[document] = await subjects.add_document(tx, subject, document)
        for kind in document_form.evidence:
            await subjects.add_evidence(tx, known[document], kind, actor.person_id)
    return tuple(dict.fromkeys(known[document] for document in named))


def _new_subject(tx: Tx, case: Case, form: EntryForm) -> Subject:
    sex, born = known_likeness(form)
    phone = normalise_phone(form.subject_phone) if form.subject_phone else None
    return Subject(
        subject_id=SubjectId(tx.entropy.new_id()),
        court_id=case.court_id,
        name=form.subject_name.strip(),
        sex=sex,
        birth_date=born,
        phone=None if isinstance(phone, PhoneRefused) else phone,
        documents=(),
    )
