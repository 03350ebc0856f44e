"""Checks the form of an entry: everything that is wrong with it at once, and whom the list knows already."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from notifications.people import PhoneRefused, normalise_phone
from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import IdentityDocument
from tracker.domain.authorisation import Action
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry, EntryState
from tracker.domain.errors import Problem
from tracker.domain.ids import AgencyId, EntryId, SubjectId
from tracker.domain.people import Actor
from tracker.domain.registration import (
    EntryForm,
    documents_of,
    is_double,
    problems_of,
    release_problems,
)
from tracker.services.access import may_on_case
from tracker.services.turns import one_by_one
from tracker.storage import agencies, cases, entries, rules, subjects
from tracker.storage.cases import Case
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A form, what is wrong with it, the case it is for, whom the court knows under its documents, and the
    entries that this subject is listed with already; `is_double`: for the same as one of these.
    """

    form: EntryForm = field(compare=False, repr=False)
    problems: tuple[Problem, ...]
    case: Case | None = None
    holder: Subject | None = None
    listed: tuple[Entry, ...] = ()
    is_double: bool = False

    @property
    def listed_already(self) -> tuple[EntryId, ...]:
        return tuple(entry.entry_id for entry in self.listed)


async def check_form(tx: Tx, actor: Actor, form: EntryForm) -> Checked:
    """The instant check of the form, and the one before it is stored.

    A case the actor may not register for is answered like one that does not exist, and without a case nothing
    is said of the documents: the form is no way to look people up.
    """
    return (await check_forms(tx, actor, [form]))[0]


async def check_forms(tx: Tx, actor: Actor, forms: Sequence[EntryForm]) -> tuple[Checked, ...]:
    """The same for several forms, each by itself: only what is read is read together."""
    own, known, _ = await in_one_trip(
        tx,
        _find_own_cases(tx, actor, forms),
        _read_known(tx, actor, forms),
        rules.list_rules(tx, actor.court_id),
    )
    checked = []
    async for form, case in one_by_one(zip(forms, own, strict=True)):
        problems = await _problems_in_itself(tx, actor, form)
        if isinstance(case, Case):
            checked.append(_checked(form, case, problems, known))
        else:
            checked.append(Checked(form=form, problems=(*problems, case)))
    return tuple(checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The court's agencies, whom it knows under the documents of some forms, and the entries of these."""

    agency_ids: frozenset[AgencyId]
    holders: Mapping[IdentityDocument, Subject]
    listed: Mapping[SubjectId, Sequence[Entry]]


async def _read_known(tx: Tx, actor: Actor, forms: Sequence[EntryForm]) -> _Known:
    documents = {document for form in forms for document in documents_of(form)}
    found, court_agencies = await in_one_trip(
        tx, subjects.find_subjects(tx, actor.court_id, documents), agencies.list_agencies(tx, actor.court_id)
    )
    subject_ids = list(dict.fromkeys(found.values()))
    _, listed = await in_one_trip(
        tx,
        subjects.remember_subjects(tx, subject_ids),
        entries.list_entries_of_subjects(tx, subject_ids),
    )
    return _Known(
        agency_ids=frozenset(agency.agency_id for agency in court_agencies),
        holders={one: await subjects.get_subject(tx, subject_id) for one, subject_id in found.items()},
        listed=listed,
    )


async def _problems_in_itself(tx: Tx, actor: Actor, form: EntryForm) -> tuple[Problem, ...]:
    rule = await rules.find_rule(tx, actor.court_id, form.measure)
    problems = problems_of(form, rule, court_day(tx.at))
    phone = normalise_phone(form.subject_phone) if form.subject_phone else None
    if isinstance(phone, PhoneRefused):
        refused = Problem(field="subject_phone", zh=phone.remedy("zh"), en=phone.remedy("en"))
        return (*problems, refused)
    return problems


def _checked(form: EntryForm, case: Case, problems: Sequence[Problem], known: _Known) -> Checked:
    found = [known.holders[one] for one in documents_of(form) if one in known.holders]
    holders = tuple({one.subject_id: one for one in found}.values())
    listed = [entry for holder in holders for entry in known.listed.get(holder.subject_id, ())]
    listed_now = tuple(entry for entry in listed if entry.state is not EntryState.ENDED)
    return Checked(
        form=form,
        problems=(
            *problems,
            *release_problems(form, case.amount_fen),
            *_agency_problems(form, known.agency_ids),
            *_holder_problems(form, holders),
        ),
        case=case,
        holder=holders[0] if holders else None,
        listed=listed_now,
        is_double=any(is_double(form, case.case_id, entry) for entry in listed_now),
    )


async def _find_own_cases(tx: Tx, actor: Actor, forms: Sequence[EntryForm]) -> list[Case | Problem]:
    numbers = {parse_case_number(form.case_number) for form in forms}
    borne = {one for one in numbers if not isinstance(one, CaseNumberRefused)}
    await cases.remember_numbers(tx, borne)
    found = [await cases.find_case(tx, number) for number in borne]
    await cases.remember_cases(tx, {case_id for case_id in found if case_id is not None})
    return [await find_own_case(tx, actor, form) for form in forms]


async def find_own_case(tx: Tx, actor: Actor, form: EntryForm) -> Case | Problem:
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


def _agency_problems(form: EntryForm, known: Set[AgencyId]) -> Iterator[Problem]:
    if not set(form.agency_ids) <= known:
        yield Problem(field="agencies", zh="未知的联动单位", en="is not known: choose from the list")
