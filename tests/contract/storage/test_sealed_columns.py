"""What is personal is unreadable at rest, bound to its own row, and found only with the court's keys."""

import hashlib
from dataclasses import replace

import pytest
import sqlalchemy as sa

from schemas.documents import DocumentKind, normalise_document
from schemas.sealing import KeyRing, UnsealFailed
from scripts import cast
from tests.contract.storage.books import KEYS, TONG, TONGS_CARD, Books, register_tong
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import SubjectId
from tracker.storage import people, subjects
from tracker.storage.inbox import Incoming, receive
from tracker.storage.tables import cases as t

CHENG = replace(TONG, subject_id=SubjectId("subject-cheng"), name=cast.B.name, phone=cast.B.phone)
MOVE_NAME = """UPDATE subject SET name = (SELECT name FROM subject WHERE id = 'subject-cheng')
    WHERE id = 'subject-tong'"""
MOVE_COLUMN = "UPDATE subject SET phone = name WHERE id = 'subject-tong'"


async def add_both(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await subjects.add_subject(tx, TONG)
        document_id = await subjects.add_document(tx, TONG, TONGS_CARD)
        await subjects.add_evidence(tx, document_id, EvidenceKind.SIGNED_AT_HEARING, cast.CLERK.person_id)
        await subjects.add_subject(tx, CHENG)


@pytest.mark.parametrize(
    "personal",
    [
        cast.A.name,
        cast.A.number,
        cast.A.phone,
        cast.A.phone.removeprefix("+86"),
        "云上建筑公司",
        cast.PRESIDENT.name,
        cast.JUDGE.name,
        cast.JUDGE.phone,
        "检票进站",
    ],
)
async def test_nothing_personal_is_readable_in_the_file(books: Books, personal: str) -> None:
    await register_tong(books.registry)
    async with books.registry.transaction() as tx:
        posted = Incoming(source="rail", message_id="m-1", kind="sighting", body="检票进站".encode())
        await receive(tx, posted)

    written = await books.engine.at_rest(books.folder)

    assert b"summons-warrant" in written, "what is not personal is there in the clear"
    assert personal.encode() not in written
    assert personal.encode("utf-16-le") not in written
    assert hashlib.sha256(personal.encode()).digest() not in written


async def test_it_reads_back_as_it_was_written(books: Books) -> None:
    await add_both(books)

    async with books.registry.reading() as tx:
        assert await subjects.get_subject(tx, TONG.subject_id) == replace(TONG, documents=(TONGS_CARD,))


@pytest.mark.parametrize("tampering", [MOVE_NAME, MOVE_COLUMN])
async def test_a_sealed_value_opens_only_in_its_own_row_and_column(books: Books, tampering: str) -> None:
    await add_both(books)
    async with books.registry.transaction() as tx:
        await tx.run(sa.text(tampering))

    async with books.registry.reading() as tx:
        with pytest.raises(UnsealFailed):
            await subjects.get_subject(tx, TONG.subject_id)


async def test_other_keys_open_nothing(books: Books) -> None:
    await add_both(books)
    stolen = books.with_keys(replace(KEYS, at_rest=KeyRing("k1", {"k1": b"z" * 32})))

    async with stolen.reading() as tx:
        with pytest.raises(UnsealFailed):
            await subjects.get_subject(tx, TONG.subject_id)


async def test_the_same_text_is_never_sealed_to_the_same_bytes(books: Books) -> None:
    twin = replace(TONG, subject_id=SubjectId("subject-twin"))
    async with books.registry.transaction() as tx:
        await subjects.add_subject(tx, TONG)
        await subjects.add_subject(tx, twin)
        names = await tx.rows(sa.select(t.subject.c.name))

    assert len({row.name for row in names}) == 2


@pytest.mark.parametrize(
    "typed", [cast.A.number, f" {cast.A.number[:6]} {cast.A.number[6:14]}-{cast.A.number[14:]}"]
)
async def test_a_number_is_found_by_its_blind_index(books: Books, typed: str) -> None:
    await add_both(books)
    document = normalise_document(DocumentKind.RESIDENT_ID, typed)

    async with books.registry.reading() as tx:
        assert document == TONGS_CARD
        assert await subjects.find_subject(tx, cast.COURT.court_id, TONGS_CARD) == TONG.subject_id


async def test_the_index_is_of_kind_state_and_number(books: Books) -> None:
    await add_both(books)
    passport = replace(TONGS_CARD, kind=DocumentKind.PASSPORT)
    elsewhere = replace(TONGS_CARD, issuing_state="LAO")

    async with books.registry.reading() as tx:
        assert await subjects.find_subject(tx, cast.COURT.court_id, passport) is None
        assert await subjects.find_subject(tx, cast.COURT.court_id, elsewhere) is None


async def test_without_the_index_key_nobody_is_found(books: Books) -> None:
    await add_both(books)
    stolen = books.with_keys(replace(KEYS, index=b"z" * 32))

    async with stolen.reading() as tx:
        assert await subjects.find_subject(tx, cast.COURT.court_id, TONGS_CARD) is None


async def test_a_phone_finds_its_person(books: Books) -> None:
    async with books.registry.reading() as tx:
        assert await people.find_person_by_phone(tx, cast.JUDGE.phone) == cast.JUDGE.person_id
        assert await people.find_person_by_phone(tx, cast.A.phone) is None
