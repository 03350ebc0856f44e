"""Reads the registration form. Its fields are named as the checks name them, so that each problem finds its
place: `documents[0].number`, `papers.summons-warrant.number`, `valid_until`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from schemas.case_numbers import paper_number
from schemas.documents import DocumentKind
from schemas.measures import Measure
from tracker.domain.entries import CAPACITY_ZH
from tracker.domain.errors import Problem
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId
from tracker.domain.measures import PaperKind
from tracker.domain.registration import DocumentForm, EntryForm, PaperForm
from tracker.web.fields import Fields

MOST_DOCUMENTS: Final = 8
LONGEST_NUMBER: Final = 64
LONGEST_PAPER_NUMBER: Final = 100
PAPER_FIELDS: Final = ("number", "issued_on", "signer", "valid_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadForm:
    """The form as far as it could be read, and what could not."""

    form: EntryForm
    problems: tuple[Problem, ...]


def document_rows(fields: Fields) -> int:
    """How many documents the form has room for; a button of the form asks for one more."""
    named = fields.raw("document_rows")
    rows = int(named) if named.isdecimal() and len(named) == 1 else 1
    more = 1 if fields.raw("more") == "documents" else 0
    return max(1, min(rows + more, MOST_DOCUMENTS))


def read_entry_form(fields: Fields, today: date) -> ReadForm:
    """Read everything that was typed; what is missing, `tracker.domain.registration` finds."""
    capacity = fields.raw("capacity")
    if capacity not in CAPACITY_ZH:
        capacity = next(iter(CAPACITY_ZH))
    form = EntryForm(
        case_number=fields.raw("case_number")[:LONGEST_NUMBER],
        subject_name=fields.text("subject_name"),
        capacity=capacity,
        documents=_documents(fields),
        measure=fields.choice("measure", tuple(Measure)),
        papers=read_papers(fields, today),
        agency_ids=tuple(AgencyId(one) for one in fields.all("agencies")),
        valid_until=fields.day_or_none("valid_until", today),
        release_amount_fen=fields.fen("release_amount"),
        subject_phone=fields.text("subject_phone") or None,
    )
    return ReadForm(form=form, problems=tuple(fields.problems))


def _documents(fields: Fields) -> tuple[DocumentForm, ...]:
    rows = [_document(fields, f"documents[{position}]") for position in range(document_rows(fields))]
    # Rows left blank at the end were only offered.
    while len(rows) > 1 and not rows[-1].number.strip():
        rows.pop()
    return tuple(rows)


def _document(fields: Fields, prefix: str) -> DocumentForm:
    return DocumentForm(
        kind=fields.choice(f"{prefix}.kind", tuple(DocumentKind)),
        number=fields.raw(f"{prefix}.number"),
        evidence=fields.choices(f"{prefix}.evidence", tuple(EvidenceKind)),
        issuing_state=fields.text(f"{prefix}.issuing_state") or "CHN",
    )


def read_papers(fields: Fields, today: date) -> tuple[PaperForm, ...]:
    """The papers of which anything was typed."""
    return tuple(_paper(fields, kind, today) for kind in PaperKind if _is_begun(fields, kind))


def _is_begun(fields: Fields, kind: PaperKind) -> bool:
    return any(fields.raw(f"papers.{kind}.{field}").strip() for field in PAPER_FIELDS)


def _paper(fields: Fields, kind: PaperKind, today: date) -> PaperForm:
    prefix = f"papers.{kind}"
    return PaperForm(
        kind=kind,
        number=paper_number(fields.needed_text(f"{prefix}.number", LONGEST_PAPER_NUMBER)),
        issued_on=fields.day(f"{prefix}.issued_on", today),
        signer=fields.needed_text(f"{prefix}.signer"),
        valid_until=fields.day_or_none(f"{prefix}.valid_until", today),
    )
