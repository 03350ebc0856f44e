"""People on the list, thousands at a time: the rows that registering and approving leave behind; or those of
registering alone, for a bench that approves. From there on the feed writers take over, as in a running court.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from schemas.case_numbers import CaseNumberRefused, parse_case_number
from schemas.documents import DocumentKind, DocumentRefused, IdentityDocument, normalise_document
from schemas.measures import Measure
from schemas.tokens import token_of
from scripts import cast
from scripts.cast import resident_number
from scripts.partners import PARTNERS
from tracker.domain.court_time import court_day
from tracker.domain.entries import Entry, EntryState, Paper
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, CaseId, DocumentId, EntryId, InstructionId, PaperId, SubjectId
from tracker.domain.measures import MeasureRule, PaperKind
from tracker.services.feeds.instructions import resolve_instructions
from tracker.storage import cases, entries, feed_changes, feeds, instructions, papers, rules, subjects
from tracker.storage.cases import Case
from tracker.storage.feed_changes import Change
from tracker.storage.feeds import Feed, Lane
from tracker.storage.instructions import Instruction, Listing
from tracker.storage.registry import Registry
from tracker.storage.subjects import Subject
from tracker.storage.transaction import Tx

AT_ONCE: Final = 500
OLDEST: Final = date(1950, 1, 1)
LISTED_FOR: Final = timedelta(days=90)
NAME: Final = "佟大川"
AMOUNT_FEN: Final = 1_000_000
AGENCIES: Final = tuple(partner.agency_id for partner in PARTNERS)


def number_of(position: int) -> str:
    """The resident number of the n-th listed person: invented, and of nobody else on the list."""
    return resident_number(OLDEST + timedelta(days=position // 999), 1 + position % 999)


async def list_people(registry: Registry, first: int, count: int) -> None:
    """Put people from the position `first` on on the list of every agency, each in a case of the own."""
    for begin in range(first, first + count, AT_ONCE):
        async with registry.transaction() as tx:
            current = [await feeds.get_feed(tx, agency_id) for agency_id in AGENCIES]
            for position in range(begin, min(begin + AT_ONCE, first + count)):
                await _list(tx, position, current)
                # As an import does, which asks its database many times for each row.
                await asyncio.sleep(0)


async def list_one(tx: Tx, position: int) -> EntryId:
    """Put one person on the list of every agency by the service's own way from an entry to its feeds."""
    entry, _, _ = await _enter(tx, position)
    await resolve_instructions(tx, entry.subject_id, Lane.NORMAL)
    return entry.entry_id


async def submit_people(registry: Registry, first: int, count: int) -> list[EntryId]:
    """Lay the entries of people from the position `first` on before whoever approves them; in this order."""
    async with registry.transaction() as tx:
        rule = await rules.find_rule(tx, cast.COURT.court_id, Measure.HOLD_FOR_SUMMONS)
        assert rule is not None
        return [await _submit(tx, position, rule) for position in range(first, first + count)]


async def _submit(tx: Tx, position: int, rule: MeasureRule) -> EntryId:
    case, subject = _case(tx, position), _subject(tx)
    standing_on = tuple(_paper(tx, kind) for kind in rule.papers)
    entry = replace(
        _entry(tx, case, subject),
        state=EntryState.SUBMITTED,
        papers=standing_on,
        approved_by=None,
        approved_at=None,
    )
    await cases.add_case(tx, case)
    for paper in standing_on:
        await papers.add_paper(tx, case.case_id, paper)
    document_id = await _add(tx, subject, _document(position), entry)
    await subjects.add_evidence(tx, document_id, EvidenceKind.SIGNED_AT_HEARING, cast.CLERK.person_id)
    return entry.entry_id


async def _list(tx: Tx, position: int, current: Sequence[Feed]) -> None:
    entry, document, document_id = await _enter(tx, position)
    for feed in current:
        instruction = _instruction(tx, entry, feed.agency_id, document_id)
        await instructions.add_instruction(tx, instruction)
        await feed_changes.add_change(tx, _change(tx, instruction, token_of(document, feed.keys.token_key)))


async def _enter(tx: Tx, position: int) -> tuple[Entry, IdentityDocument, DocumentId]:
    case, subject = _case(tx, position), _subject(tx)
    entry, document = _entry(tx, case, subject), _document(position)
    await cases.add_case(tx, case)
    return entry, document, await _add(tx, subject, document, entry)


async def _add(tx: Tx, subject: Subject, document: IdentityDocument, entry: Entry) -> DocumentId:
    await subjects.add_subject(tx, subject)
    document_id = await subjects.add_document(tx, subject, document)
    await entries.add_entry(tx, entry)
    await subjects.link_document(tx, entry.entry_id, document_id)
    return document_id


def _case(tx: Tx, position: int) -> Case:
    number = parse_case_number(f"（2026）{cast.COURT.code}执{10_000 + position}号")
    assert not isinstance(number, CaseNumberRefused)
    return Case(
        case_id=CaseId(tx.entropy.new_id()),
        court_id=cast.COURT.court_id,
        team_id=cast.TEAM,
        judge_id=cast.JUDGE.person_id,
        number=number,
        debtor_name=NAME,
        debtor_kind="person",
        amount_fen=AMOUNT_FEN,
        received_fen=0,
    )


def _subject(tx: Tx) -> Subject:
    return Subject(
        subject_id=SubjectId(tx.entropy.new_id()),
        court_id=cast.COURT.court_id,
        name=NAME,
        sex=None,
        birth_date=None,
        phone=None,
        documents=(),
    )


def _paper(tx: Tx, kind: PaperKind) -> Paper:
    return Paper(
        paper_id=PaperId(tx.entropy.new_id()),
        kind=kind,
        number=f"（2026）{cast.COURT.code}执1357号之一",
        issued_on=court_day(tx.at),
        signer=cast.LEADER.name,
        valid_until=None,
        revoked_at=None,
    )


def _document(position: int) -> IdentityDocument:
    document = normalise_document(DocumentKind.RESIDENT_ID, number_of(position))
    assert not isinstance(document, DocumentRefused)
    return document


def _entry(tx: Tx, case: Case, subject: Subject) -> Entry:
    return Entry(
        entry_id=EntryId(tx.entropy.new_id()),
        court_id=case.court_id,
        case_id=case.case_id,
        subject_id=subject.subject_id,
        capacity="debtor",
        measure=Measure.HOLD_FOR_SUMMONS,
        state=EntryState.ACTIVE,
        valid_until=court_day(tx.at + LISTED_FOR),
        release_amount_fen=AMOUNT_FEN,
        agency_ids=AGENCIES,
        papers=(),
        registered_by=cast.CLERK.person_id,
        registered_at=tx.at,
        approved_by=cast.LEADER.person_id,
        approved_at=tx.at,
        validate_by=None,
        suspended_by=None,
        cause=None,
        stopped_at=None,
        version=1,
    )


def _instruction(tx: Tx, entry: Entry, agency_id: AgencyId, document_id: DocumentId) -> Instruction:
    return Instruction(
        instruction_id=InstructionId(tx.entropy.new_id()),
        agency_id=agency_id,
        subject_id=entry.subject_id,
        listings=(Listing(epoch=1, reference=tx.entropy.reference()),),
        version=1,
        measure=entry.measure,
        valid_until=entry.valid_until,
        basis=(entry.entry_id,),
        documents=(document_id,),
        changed_at=tx.at,
        in_force_since=None,
        gone_since=None,
    )


def _change(tx: Tx, instruction: Instruction, token: bytes) -> Change:
    assert instruction.measure is not None
    assert instruction.valid_until is not None
    return Change(
        change_id=tx.entropy.new_id(),
        agency_id=instruction.agency_id,
        epoch=1,
        reference=instruction.references[0],
        version=instruction.version,
        lane=Lane.BULK,
        body={
            "measure": instruction.measure.value,
            "valid_until": instruction.valid_until.isoformat(),
            "tokens": [token.hex()],
            "named": None,
        },
    )
