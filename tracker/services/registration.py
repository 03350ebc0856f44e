"""Registers a watch entry: checks everything at once, recognises a subject who is listed
already, submits it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from notifications.people import PhoneRefused, normalise_phone
from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import IdentityDocument
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry, EntryState, Paper
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import EntryId, PaperId, SubjectId
from tracker.domain.people import Actor
from tracker.domain.registration import (
    EntryForm,
    PaperForm,
    is_double,
    known_likeness,
    last_day_of,
    normalised,
    problems_of,
    release_problems,
)
from tracker.services import audit
from tracker.services.access import may_on_case, require_on_case
from tracker.services.audit import About
from tracker.services.disclosure import Preview, preview_proposed
from tracker.services.in_force import write_moved
from tracker.storage import agencies, cases, entries, rules, subjects
from tracker.storage.cases import Case
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx

LISTED_FOR_THE_SAME: Final = Problem(
    field="measure",
    zh="此人以同一身份因本案同一措施已在名单上，请在该条目上延期、变更、恢复或终止",
    en="is on the list for this person, capacity and case: ask for other terms there, resume or end it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a form, whom the court knows under its documents, and the entries that this subject
    is listed with already; `is_double`: for the same as one of these.
    """

    problems: tuple[Problem, ...]
    holder: Subject | None
    listed_already: tuple[EntryId, ...] = ()
    is_double: bool = False


async def check_form(tx: Tx, actor: Actor, form: EntryForm) -> Checked:
    """The instant check of the form, and the one before it is stored.

    A case the actor may not register for is answered like one that does not exist, and without a case nothing
    is said of the documents: the form is no way to look people up.
    """
    rule = await rules.find_rule(tx, actor.court_id, form.measure)
    problems = list(problems_of(form, rule, court_day(tx.at)))
    if form.subject_phone and isinstance(refused := normalise_phone(form.subject_phone), PhoneRefused):
        problems.append(Problem(field="subject_phone", zh=refused.remedy("zh"), en=refused.remedy("en")))
    case = await _find_own_case(tx, actor, form)
    if isinstance(case, Problem):
        return Checked(problems=(*problems, case), holder=None)
    holders = await _find_holders(tx, case, form)
    problems.extend(release_problems(form, case.amount_fen))
    problems.extend(await _agency_problems(tx, case, form))
    problems.extend(_holder_problems(form, holders))
    listed = await _listed_already(tx, holders)
    return Checked(
        problems=tuple(problems),
        holder=holders[0] if holders else None,
        listed_already=tuple(entry.entry_id for entry in listed),
        is_double=any(is_double(form, case.case_id, entry) for entry in listed),
    )


async def _find_own_case(tx: Tx, actor: Actor, form: EntryForm) -> Case | Problem:
    """The case of the form, if the actor may register for it."""
    number = parse_case_number(form.case_number)
    if isinstance(number, CaseNumberRefused):
        return Problem(field="case_number", zh=number.remedy("zh"), en=number.remedy("en"))
    case_id = await cases.find_case(tx, number)
    case = None if case_id is None else await cases.get_case(tx, case_id)
    if case is None or not await may_on_case(tx, actor, Action.REGISTER, case):
        return Problem(
            field="case_number",
            zh="您的团队没有该案，请核对案号或先建案",
            en="is no case of your team: check it, or open the case first",
        )
    return case


def _documents(form: EntryForm) -> list[IdentityDocument]:
    return [one for one in map(normalised, form.documents) if isinstance(one, IdentityDocument)]


async def _find_holders(tx: Tx, case: Case, form: EntryForm) -> tuple[Subject, ...]:
    """Whom the court knows under the documents of the form; more than one is a mistake."""
    found = [await subjects.find_subject(tx, case.court_id, document) for document in _documents(form)]
    known = dict.fromkeys(one for one in found if one is not None)
    return tuple([await subjects.get_subject(tx, subject_id) for subject_id in known])


def _holder_problems(form: EntryForm, holders: Sequence[Subject]) -> Iterator[Problem]:
    typed = form.subject_name.strip()
    if len(holders) > 1:
        yield Problem(
            field="documents",
            zh="这些证件号码分属名单上的不同人员，请逐一核实",
            en="belong to different people on the list: check each number",
        )
    elif holders and typed and holders[0].name != typed:
        yield Problem(
            field="subject_name",
            zh="与名单上持有该证件者的姓名不符，请核实号码",
            en="differs from the name listed under this number: check the number",
        )


async def _agency_problems(tx: Tx, case: Case, form: EntryForm) -> Sequence[Problem]:
    known = {agency.agency_id for agency in await agencies.list_agencies(tx, case.court_id)}
    if set(form.agency_ids) <= known:
        return ()
    return [Problem(field="agencies", zh="未知的联动单位", en="is not known: choose from the list")]


async def _listed_already(tx: Tx, holders: Sequence[Subject]) -> tuple[Entry, ...]:
    listed = [
        entry for holder in holders for entry in await entries.list_entries_of_subject(tx, holder.subject_id)
    ]
    return tuple(entry for entry in listed if entry.state is not EntryState.ENDED)


async def register_entry(tx: Tx, actor: Actor, form: EntryForm, checked: Checked | None = None) -> EntryId:
    """Store a form as a draft. `checked`: as this transaction has found it just now, the case locked. Raises
    `Invalid` with every problem at once.
    """
    checked = checked or await _check_alone(tx, actor, form)
    if checked.problems:
        raise Invalid(checked.problems)
    if checked.is_double:
        raise Invalid([LISTED_FOR_THE_SAME])
    case = await _case_of(tx, form)
    subject = checked.holder or _new_subject(tx, case, form)
    if checked.holder is None:
        await subjects.add_subject(tx, subject)
    await _know_documents(tx, actor, subject, form)
    entry = await _draft(tx, actor, case, form, subject)
    for paper in entry.papers:
        await entries.add_paper(tx, case.case_id, paper)
    await entries.add_entry(tx, entry)
    await _name_documents(tx, entry, form)
    await audit.record(tx, actor, "entry registered", About(kind="entry", key=entry.entry_id))
    return entry.entry_id


async def _check_alone(tx: Tx, actor: Actor, form: EntryForm) -> Checked:
    """Whoever registers in the same case waits, and then finds this entry: else two that begin in the same
    moment would both pass, and the second would outlive the first one's withdrawal.
    """
    case = await _find_own_case(tx, actor, form)
    if isinstance(case, Case):
        await cases.lock_case(tx, case.case_id)
    return await check_form(tx, actor, form)


async def preview_form(tx: Tx, actor: Actor, form: EntryForm, checked: Checked) -> tuple[Preview, ...]:
    """What each agency will hold of a checked form once it is registered and approved; nothing where it has
    problems.
    """
    if checked.problems:
        return ()
    case = await _case_of(tx, form)
    subject = checked.holder or _new_subject(tx, case, form)
    entry = await _draft(tx, actor, case, form, subject)
    return await preview_proposed(tx, entry, subject, _documents(form))


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
    entry = await entries.get_entry(tx, entry_id)
    await require_on_case(tx, actor, Action.REGISTER, await cases.get_case(tx, entry.case_id))
    if entry.state is not EntryState.DRAFT:
        raise Conflict("该条目已提交", "the entry has been submitted already")
    await write_moved(tx, replace(entry, state=EntryState.SUBMITTED, version=entry.version + 1))
    await audit.record(tx, actor, "entry submitted", About(kind="entry", key=entry_id))


async def _case_of(tx: Tx, form: EntryForm) -> Case:
    number = parse_case_number(form.case_number)
    assert not isinstance(number, CaseNumberRefused)
    case_id = await cases.find_case(tx, number)
    assert case_id is not None
    return await cases.get_case(tx, case_id)


async def _know_documents(tx: Tx, actor: Actor, subject: Subject, form: EntryForm) -> None:
    """The subject is known by now under every document of the form, with what it says of each."""
    for document_form, document in zip(form.documents, _documents(form), strict=True):
        document_id = await subjects.find_document(tx, subject.court_id, document)
        document_id = document_id or await subjects.add_document(tx, subject, document)
        for kind in document_form.evidence:
            await subjects.add_evidence(tx, document_id, kind, actor.person_id)


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


async def _name_documents(tx: Tx, entry: Entry, form: EntryForm) -> None:
    """The entry stands on these numbers, and on no other of its subject."""
    ids = [await subjects.find_document(tx, entry.court_id, document) for document in _documents(form)]
    for document_id in dict.fromkeys(one for one in ids if one is not None):
        await subjects.link_document(tx, entry.entry_id, document_id)
