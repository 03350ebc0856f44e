"""What a court must be told to register an entry, and everything that can be wrong with it, checked at once.

Pure: the same check answers in the form while it is being filled in and again when it is sent.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

from schemas.canary import CANARY
from schemas.documents import (
    DocumentKind,
    DocumentRefused,
    IdentityDocument,
    Sex,
    area_warning,
    birth_date,
    normalise_document,
    sex,
)
from schemas.measures import Measure
from tracker.domain.entries import Entry
from tracker.domain.errors import Problem
from tracker.domain.evidence import EvidenceKind, is_independent
from tracker.domain.ids import AgencyId, CaseId
from tracker.domain.measures import MeasureRule, PaperKind, is_stopping
from tracker.domain.terms import PaperName, end_problems, last_day, paper_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentForm:
    """A number as it was typed, and why it is this person's."""

    kind: DocumentKind
    number: str
    evidence: tuple[EvidenceKind, ...]
    issuing_state: str = "CHN"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperForm:
    """A paper as it was entered."""

    kind: PaperKind
    number: str
    issued_on: date
    signer: str
    valid_until: date | None = None

    @property
    def name(self) -> PaperName:
        return PaperName(kind=self.kind, number=self.number, issued_on=self.issued_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryForm:
    """A registration as it was entered. `release_amount_fen` is the least sum that ends the measure;
    `valid_until` None: as long as measure and papers allow.
    """

    case_number: str
    subject_name: str
    capacity: str
    documents: tuple[DocumentForm, ...]
    measure: Measure
    papers: tuple[PaperForm, ...]
    agency_ids: tuple[AgencyId, ...]
    valid_until: date | None
    release_amount_fen: int
    subject_phone: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None


def normalised(form: DocumentForm) -> IdentityDocument | DocumentRefused:
    """The document as it is stored and compared."""
    return normalise_document(form.kind, form.number, issuing_state=form.issuing_state)


def documents_of(form: EntryForm) -> tuple[IdentityDocument, ...]:
    """Those of its numbers that are right."""
    return tuple(one for one in map(normalised, form.documents) if isinstance(one, IdentityDocument))


def problems_of(form: EntryForm, rule: MeasureRule | None, today: date) -> tuple[Problem, ...]:
    """Everything that is wrong, each with its field and remedy; empty when the entry may be registered."""
    found = [
        *_document_problems(form.documents),
        *paper_problems(form.papers, rule),
        *_end_problems(form, rule, today),
    ]
    found.extend(_evidence_problems(form))
    found.extend(_plain_problems(form))
    return tuple(found)


def last_day_of(form: EntryForm, rule: MeasureRule, today: date) -> date:
    """As entered, else the measure's own end, never beyond a paper."""
    return last_day(form.valid_until, form.papers, rule, today)


def _document_problems(documents: Sequence[DocumentForm]) -> Iterator[Problem]:
    if not documents:
        yield Problem(
            field="documents",
            zh="请至少登记一个证件号码",
            en="register at least one identity document number",
        )
    for position, form in enumerate(documents):
        result = normalised(form)
        if isinstance(result, DocumentRefused):
            field = f"documents[{position}].number"
            yield Problem(field=field, zh=result.remedy("zh"), en=result.remedy("en"))
        elif result == CANARY:
            yield Problem(
                field=f"documents[{position}].number",
                zh="该号码用于线路探测，不属于任何人，请核对证件",
                en="is the number that proves lines alive and nobody's: compare it with the document",
            )
        if not form.evidence:
            yield Problem(
                field=f"documents[{position}].evidence",
                zh="请说明该号码为何属于本人（身份核实来源）",
                en="say why this number is this person's (identity evidence)",
            )


def area_warnings(documents: Sequence[DocumentForm]) -> Iterator[Problem]:
    """Numbers to be compared with the document once more; whoever did goes on, nothing is refused."""
    for position, form in enumerate(documents):
        result = normalised(form)
        if isinstance(result, IdentityDocument) and area_warning(result):
            yield Problem(
                field=f"documents[{position}].number",
                zh="地区代码不属于任何省份，请对照证件再核对一次；证件确实如此的，可照常登记",
                en="has the area code of no province: compare it with the document once more, and go on "
                "where the document says so",
            )


def revoked_warnings(papers: Sequence[PaperForm], revoked: Set[PaperName]) -> Iterator[Problem]:
    """Papers that were revoked in this case: whoever enters one once more may have the old one in hand."""
    for paper in papers:
        if paper.name in revoked:
            yield Problem(
                field=f"papers.{paper.kind}.number",
                zh="本案已登记撤销该文书（种类、文号、日期相同），请核对是否应为新文书；撤销登记有误的，可照常登记",
                en="was recorded as revoked in this case, by kind, number and date: compare it with the "
                "paper in hand, and go on only where that record is wrong",
            )


def _end_problems(form: EntryForm, rule: MeasureRule | None, today: date) -> Iterator[Problem]:
    until = form.valid_until if rule is None else last_day_of(form, rule, today)
    if until is not None:
        yield from end_problems(until, form.papers, rule, today)


def _evidence_problems(form: EntryForm) -> Iterator[Problem]:
    if not is_stopping(form.measure):
        return
    for position, document in enumerate(form.documents):
        if document.evidence and not is_independent(document.evidence):
            yield Problem(
                field=f"documents[{position}].evidence",
                zh="控制类措施须有独立于申请人的身份核实来源（如庭审签字的身份证复印件、户籍信息），否则只能通报行踪",
                en="a stopping measure needs identity evidence independent of the creditor; "
                "add one or choose report whereabouts",
            )


def _plain_problems(form: EntryForm) -> Iterator[Problem]:
    if not form.subject_name.strip():
        yield Problem(field="subject_name", zh="请填写姓名", en="enter the name")
    if not form.agency_ids:
        yield Problem(field="agencies", zh="请至少选择一个联动单位", en="choose at least one agency")
    if form.release_amount_fen <= 0:
        yield Problem(field="release_amount", zh="请填写大于零的解除金额", en="enter an amount above zero")


def release_problems(form: EntryForm, case_amount_fen: int) -> Iterator[Problem]:
    """More than the whole debt is never received: the person would be stopped for ever."""
    if form.release_amount_fen > case_amount_fen:
        yield Problem(
            field="release_amount",
            zh="高于本案执行标的，请填写不超过执行标的的金额",
            en="is more than the amount of the case: enter at most that",
        )


def known_likeness(form: EntryForm) -> tuple[Sex | None, date | None]:
    """Sex and birth date of the subject: as entered, else as the resident number says."""
    for document in form.documents:
        result = normalised(document)
        if isinstance(result, IdentityDocument) and result.kind is DocumentKind.RESIDENT_ID:
            return form.sex or sex(result), form.birth_date or birth_date(result)
    return form.sex, form.birth_date


def is_double(wanted: EntryForm | Entry, case_id: CaseId, entry: Entry) -> bool:
    """Whether a person's entry is for the same, at an agency of those wanted: a second one would outlive its
    withdrawal there.
    """
    of_entry = (entry.case_id, entry.capacity, entry.measure)
    is_at_same_agency = not set(entry.agency_ids).isdisjoint(wanted.agency_ids)
    return is_at_same_agency and of_entry == (case_id, wanted.capacity, wanted.measure)


def all_problems(unread: Sequence[Problem], checked: Sequence[Problem]) -> tuple[Problem, ...]:
    """What could not be read, then what the checks found about fields that could."""
    fields = {problem.field for problem in unread}
    return (*unread, *[problem for problem in checked if problem.field not in fields])
