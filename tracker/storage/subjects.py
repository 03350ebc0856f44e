"""Subjects: natural persons to be located, with their documents and why each number is theirs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from schemas.documents import DocumentKind, IdentityDocument, Sex
from tracker.domain.entries import Entry, EntryState
from tracker.domain.errors import NotFound
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, CourtId, DocumentId, EntryId, PersonId, SubjectId
from tracker.domain.matching import Likeness
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.tables import cases as t
from tracker.storage.tables.feeds import agency
from tracker.storage.transaction import Tx

SUBJECT_TABLES = (t.subject, t.subject_document, t.entry_document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person to be located, with all documents registered, oldest first. The repr shows the id only."""

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


def document_index(tx: Tx, document: IdentityDocument) -> bytes:
    """The blind index by which a document is found again."""
    return tx.index("document", document.kind, document.issuing_state, document.number)


async def find_subject(tx: Tx, court_id: CourtId, document: IdentityDocument) -> SubjectId | None:
    """The subject a document is registered for, approved or not."""
    return (await find_subjects(tx, court_id, [document])).get(document)


_HOLDERS: Final = sa.select(t.subject_document.c.subject_id, t.subject_document.c.number_index).where(
    t.subject_document.c.court_id == sa.bindparam("of_court"),
    is_one_of(t.subject_document.c.number_index, "indexes"),
)


async def find_subjects(
    tx: Tx, court_id: CourtId, documents: Collection[IdentityDocument]
) -> dict[IdentityDocument, SubjectId]:
    """The same of several documents; nobody for one that is not registered."""
    if not documents:
        return {}
    by_index = {document_index(tx, document): document for document in documents}
    rows = await tx.rows(_HOLDERS, of_court=court_id, indexes=list(by_index))
    return {by_index[row.number_index]: SubjectId(row.subject_id) for row in rows}


# The first entry found, not whether there is one: asked for that, the database may begin with everybody who
# is on the list.
_ACTIVE_ENTRY: Final = (
    sa.select(t.watch_entry.c.id)
    .join(t.entry_document, t.entry_document.c.entry_id == t.watch_entry.c.id)
    .where(t.entry_document.c.document_id == t.subject_document.c.id)
    .where(t.watch_entry.c.state == EntryState.ACTIVE)
    .limit(1)
    .scalar_subquery()
)
_ITS_COURT: Final = sa.select(agency.c.court_id).where(agency.c.id == sa.bindparam("agency_id"))
_LISTING_TABLES: Final = (t.watch_entry, t.entry_document, t.subject_document, agency)
_REGISTERED: Final = sa.select(
    t.subject_document.c.subject_id, t.subject_document.c.number_index, _ACTIVE_ENTRY.label("listed_by")
).where(
    t.subject_document.c.court_id == _ITS_COURT.scalar_subquery(),
    is_one_of(t.subject_document.c.number_index, "indexes"),
)


async def find_listed_subjects(
    tx: Tx, agency_id: AgencyId, documents: Collection[IdentityDocument]
) -> dict[IdentityDocument, SubjectId]:
    """The subjects whom an agency's court lists with documents, by an active entry that a second person has
    approved. Read once.
    """
    key = (find_listed_subjects.__name__, agency_id, frozenset(documents))
    known = tx.memory.find(key)
    if known is None:
        by_index = {document_index(tx, document): document for document in documents}
        rows = await tx.rows(_REGISTERED, agency_id=agency_id, indexes=list(by_index))
        known = ({by_index[row.number_index]: SubjectId(row.subject_id) for row in rows if row.listed_by},)
        tx.memory.keep(key, _LISTING_TABLES, known[0])
    found: dict[IdentityDocument, SubjectId] = known[0]
    return found


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
        number_index=document_index(tx, document),
    )
    return document_id


async def link_document(tx: Tx, entry_id: EntryId, document_id: DocumentId) -> None:
    """The entry names this document."""
    await tx.insert(t.entry_document, entry_id=entry_id, document_id=document_id)


async def add_evidence(tx: Tx, document_id: DocumentId, kind: EvidenceKind, recorded_by: PersonId) -> None:
    await tx.insert(
        t.identity_evidence,
        id=tx.entropy.new_id(),
        document_id=document_id,
        kind=kind,
        recorded_by=recorded_by,
        recorded_at=tx.at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDocument:
    """A document of a subject, and the entries that name it, whatever became of them."""

    document_id: DocumentId
    document: IdentityDocument
    entry_ids: frozenset[EntryId]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registered:
    """All that is registered of a person, by one reading."""

    subject: Subject
    held: tuple[HeldDocument, ...]


async def get_subject(tx: Tx, subject_id: SubjectId) -> Subject:
    registered = await _find_registered(tx, subject_id)
    if registered is None:
        raise NotFound("subject")
    return registered.subject


async def list_held_documents(tx: Tx, subject_id: SubjectId) -> tuple[HeldDocument, ...]:
    """All documents registered for a subject, oldest first; none of one that is not stored yet."""
    registered = await _find_registered(tx, subject_id)
    return () if registered is None else registered.held


async def list_entry_documents(tx: Tx, entry: Entry) -> tuple[HeldDocument, ...]:
    """The documents an entry names, oldest first."""
    held = await list_held_documents(tx, entry.subject_id)
    return tuple(one for one in held if entry.entry_id in one.entry_ids)


async def remember_subjects(tx: Tx, subject_ids: Collection[SubjectId]) -> None:
    """Read those not known yet of several at once, for `get_subject` and `list_held_documents`."""
    unknown = tx.memory.unknown(_find_registered, subject_ids)
    for subject_id, registered in (await _read(tx, unknown) if unknown else {}).items():
        tx.memory.keep((_find_registered.__name__, subject_id), SUBJECT_TABLES, registered)


@read_once(*SUBJECT_TABLES)
async def _find_registered(tx: Tx, subject_id: SubjectId) -> _Registered | None:
    rows = await tx.rows(_SUBJECT, of_subject=subject_id)
    return _registered(tx, rows) if rows else None


_REGISTERED_OF: Final = (
    sa.select(
        t.subject,
        t.subject_document.c.id.label("document_id"),
        t.subject_document.c.kind,
        t.subject_document.c.issuing_state,
        t.subject_document.c.number,
        t.entry_document.c.entry_id,
    )
    .join(t.subject_document, t.subject_document.c.subject_id == t.subject.c.id, isouter=True)
    .join(t.entry_document, t.entry_document.c.document_id == t.subject_document.c.id, isouter=True)
    .order_by(t.subject.c.id, t.subject_document.c.id)
)
_SUBJECTS: Final = _REGISTERED_OF.where(is_one_of(t.subject.c.id, "subject_ids"))
# For a set PostgreSQL makes a plan anew each time.
_SUBJECT: Final = _REGISTERED_OF.where(t.subject.c.id == sa.bindparam("of_subject"))


async def _read(tx: Tx, subject_ids: Collection[SubjectId]) -> dict[SubjectId, _Registered]:
    rows = await tx.rows(_SUBJECTS, subject_ids=list(subject_ids))
    return {SubjectId(key): _registered(tx, theirs) for key, theirs in by_column(rows, "id").items()}


def _registered(tx: Tx, rows: Sequence[sa.Row[Any]]) -> _Registered:
    """Of one subject: a row for each entry that names a document, at least one for each document."""
    by_document = by_column([row for row in rows if row.document_id is not None], "document_id")
    held = tuple(_held(tx, naming) for naming in by_document.values())
    return _Registered(subject=_subject(tx, rows[0], held), held=held)


def _held(tx: Tx, naming: Sequence[sa.Row[Any]]) -> HeldDocument:
    row = naming[0]
    document = IdentityDocument(
        kind=DocumentKind(row.kind),
        issuing_state=row.issuing_state,
        number=tx.unseal(row.number, f"document.number:{row.document_id}"),
    )
    return HeldDocument(
        document_id=DocumentId(row.document_id),
        document=document,
        entry_ids=frozenset(EntryId(one.entry_id) for one in naming if one.entry_id is not None),
    )


def _subject(tx: Tx, row: sa.Row[Any], held: Sequence[HeldDocument]) -> Subject:
    key = row.id
    likeness = tx.unseal_json(row.likeness, f"subject.likeness:{key}")
    return Subject(
        subject_id=SubjectId(key),
        court_id=CourtId(row.court_id),
        name=tx.unseal(row.name, f"subject.name:{key}"),
        sex=Sex(likeness["sex"]) if likeness["sex"] else None,
        birth_date=date.fromisoformat(likeness["born"]) if likeness["born"] else None,
        phone=tx.unseal(row.phone, f"subject.phone:{key}") if row.phone else None,
        documents=tuple(one.document for one in held),
    )


_EVIDENCE: Final = (
    sa.select(t.identity_evidence.c.document_id, t.identity_evidence.c.kind, t.subject_document.c.subject_id)
    .join(t.subject_document, t.subject_document.c.id == t.identity_evidence.c.document_id)
    .where(is_one_of(t.subject_document.c.subject_id, "evidence_on"))
    .order_by(t.identity_evidence.c.id)
)


async def list_evidence(
    tx: Tx, subject_id: SubjectId, held: Sequence[HeldDocument]
) -> tuple[tuple[EvidenceKind, ...], ...]:
    """The kinds of evidence of each of some documents of a subject, in their order."""
    kinds = by_column(await _list_all_evidence(tx, subject_id), "document_id")
    return tuple(tuple(EvidenceKind(row.kind) for row in kinds[one.document_id]) for one in held)


@read_once(t.identity_evidence, t.subject_document)
async def _list_all_evidence(tx: Tx, subject_id: SubjectId) -> Sequence[sa.Row[Any]]:
    """A row for each piece of evidence of each document of a subject."""
    return await tx.rows(_EVIDENCE, evidence_on=[subject_id])


async def remember_evidence(tx: Tx, subject_ids: Collection[SubjectId]) -> None:
    """Read that of several subjects at once, for `list_evidence`."""
    found = by_column(await tx.rows(_EVIDENCE, evidence_on=list(subject_ids)), "subject_id")
    for one in subject_ids:
        tables = (t.identity_evidence, t.subject_document)
        tx.memory.keep((_list_all_evidence.__name__, one), tables, found[one])
