"""Subjects: natural persons to be located, with their documents and why each number is theirs."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from schemas.documents import DocumentKind, IdentityDocument, Sex
from tracker.domain.errors import NotFound
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import CourtId, DocumentId, PersonId, SubjectId
from tracker.domain.matching import Likeness
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person to be located. The repr shows the id only."""

    subject_id: SubjectId
    court_id: CourtId
    name: str
    sex: Sex | None
    birth_date: date | None
    phone: str | None
    documents: tuple[IdentityDocument, ...]

    def __repr__(self) -> str:
        return f"Subject({self.subject_id})"

    @property
    def likeness(self) -> Likeness:
        return Likeness(name=self.name, birth_date=self.birth_date, sex=self.sex)


def _document_index(tx: Tx, document: IdentityDocument) -> bytes:
    return tx.index("document", document.kind, document.issuing_state, document.number)


async def find_subject(tx: Tx, court_id: CourtId, document: IdentityDocument) -> SubjectId | None:
    """The subject a document is registered for, approved or not."""
    column = t.subject_document.c
    row = await tx.row(sa.select(column.subject_id).where(_is_document(tx, court_id, document)))
    return None if row is None else SubjectId(row.subject_id)


async def find_listed_subject(tx: Tx, court_id: CourtId, document: IdentityDocument) -> SubjectId | None:
    """The subject a document is listed for: a second person has approved that it is theirs."""
    column = t.subject_document.c
    found = sa.select(column.subject_id).where(_is_document(tx, court_id, document))
    row = await tx.row(found.where(column.approved_at.is_not(None)))
    return None if row is None else SubjectId(row.subject_id)


def _is_document(tx: Tx, court_id: CourtId, document: IdentityDocument) -> sa.ColumnElement[bool]:
    column = t.subject_document.c
    return sa.and_(column.court_id == court_id, column.number_index == _document_index(tx, document))


async def list_subjects_named(tx: Tx, court_id: CourtId, name: str) -> tuple[SubjectId, ...]:
    """The subjects of exactly this name."""
    column = t.subject.c
    rows = await tx.rows(
        sa.select(column.id).where(column.court_id == court_id, column.name_index == tx.index("name", name))
    )
    return tuple(SubjectId(row.id) for row in rows)


async def add_subject(tx: Tx, subject: Subject) -> None:
    """Add the person; documents are added one by one with their evidence."""
    key = subject.subject_id
    born = subject.birth_date.isoformat() if subject.birth_date else None
    await tx.insert(
        t.subject,
        id=key,
        court_id=subject.court_id,
        name=tx.seal(subject.name, f"subject.name:{key}"),
        name_index=tx.index("name", subject.name),
        likeness=tx.seal_json({"sex": subject.sex, "born": born}, f"subject.likeness:{key}"),
        phone=tx.seal(subject.phone, f"subject.phone:{key}") if subject.phone else None,
    )


async def add_document(tx: Tx, subject: Subject, document: IdentityDocument) -> DocumentId:
    document_id = DocumentId(tx.entropy.new_id())
    await tx.insert(
        t.subject_document,
        id=document_id,
        court_id=subject.court_id,
        subject_id=subject.subject_id,
        kind=document.kind,
        issuing_state=document.issuing_state,
        number=tx.seal(document.number, f"document.number:{document_id}"),
        number_index=_document_index(tx, document),
    )
    return document_id


async def find_document(tx: Tx, court_id: CourtId, document: IdentityDocument) -> DocumentId | None:
    row = await tx.row(sa.select(t.subject_document.c.id).where(_is_document(tx, court_id, document)))
    return None if row is None else DocumentId(row.id)


async def record_documents_approved(tx: Tx, subject_id: SubjectId) -> None:
    """A second person has approved the documents registered so far."""
    column = t.subject_document.c
    await tx.run(
        sa.update(t.subject_document)
        .where(column.subject_id == subject_id, column.approved_at.is_(None))
        .values(approved_at=tx.at)
    )


async def add_evidence(tx: Tx, document_id: DocumentId, kind: EvidenceKind, recorded_by: PersonId) -> None:
    await tx.insert(
        t.identity_evidence,
        id=tx.entropy.new_id(),
        document_id=document_id,
        kind=kind,
        recorded_by=recorded_by,
        recorded_at=tx.at,
    )


async def get_subject(tx: Tx, subject_id: SubjectId) -> Subject:
    row = await tx.row(sa.select(t.subject).where(t.subject.c.id == subject_id))
    if row is None:
        raise NotFound("subject")
    likeness = tx.unseal_json(row.likeness, f"subject.likeness:{subject_id}")
    return Subject(
        subject_id=subject_id,
        court_id=CourtId(row.court_id),
        name=tx.unseal(row.name, f"subject.name:{subject_id}"),
        sex=Sex(likeness["sex"]) if likeness["sex"] else None,
        birth_date=date.fromisoformat(likeness["born"]) if likeness["born"] else None,
        phone=tx.unseal(row.phone, f"subject.phone:{subject_id}") if row.phone else None,
        documents=await list_documents(tx, subject_id),
    )


async def list_documents(tx: Tx, subject_id: SubjectId) -> tuple[IdentityDocument, ...]:
    """All documents registered for the subject, oldest first."""
    return await _documents(tx, t.subject_document.c.subject_id == subject_id)


async def list_listed_documents(tx: Tx, subject_id: SubjectId) -> tuple[IdentityDocument, ...]:
    """The documents that may go to agencies: those a second person has approved."""
    column = t.subject_document.c
    return await _documents(tx, sa.and_(column.subject_id == subject_id, column.approved_at.is_not(None)))


async def _documents(tx: Tx, condition: sa.ColumnElement[bool]) -> tuple[IdentityDocument, ...]:
    rows = await tx.rows(sa.select(t.subject_document).where(condition).order_by(t.subject_document.c.id))
    return tuple(
        IdentityDocument(
            kind=DocumentKind(row.kind),
            issuing_state=row.issuing_state,
            number=tx.unseal(row.number, f"document.number:{row.id}"),
        )
        for row in rows
    )


async def list_evidence(tx: Tx, subject_id: SubjectId) -> tuple[tuple[EvidenceKind, ...], ...]:
    """The kinds of evidence of each document, in the order of `list_documents`."""
    column = t.subject_document.c
    documents = await tx.rows(sa.select(column.id).where(column.subject_id == subject_id).order_by(column.id))
    evidence = t.identity_evidence.c
    kinds = await tx.rows(
        sa.select(evidence.document_id, evidence.kind)
        .where(evidence.document_id.in_([row.id for row in documents]))
        .order_by(evidence.id)
    )
    return tuple(
        tuple(EvidenceKind(one.kind) for one in kinds if one.document_id == row.id) for row in documents
    )
