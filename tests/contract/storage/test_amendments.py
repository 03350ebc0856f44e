"""A later end and a wider measure: nothing changes until a second person has approved it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from schemas.measures import Measure
from scripts import cast
from scripts.cast import Member
from scripts.desk import court_time
from scripts.stage import Registration
from tests.contract.storage.books import BEGINS, Books, lists_tong
from tests.contract.storage.listing import lists
from tracker.domain.amendments import Amendment, AmendmentForm
from tracker.domain.due import DueKind
from tracker.domain.entries import Cause, Entry, Paper
from tracker.domain.errors import Conflict, Invalid, NotAllowed
from tracker.domain.ids import AmendmentId, EntryId
from tracker.domain.measures import PaperKind
from tracker.domain.people import Actor
from tracker.domain.registration import PaperForm
from tracker.domain.revocations import Revocation, RevocationReason
from tracker.services.entries.amendments import approve_amendment, ask_for_amendment, drop_amendment
from tracker.services.entries.revocations import revoke_paper
from tracker.services.entries.standing import resume_entry, suspend_entry, withdraw_entry
from tracker.storage import amendments, audit, entries, feeds, instructions, people
from tracker.storage.tables import alerts
from tracker.storage.tables.cases import entry_amendment
from tracker.storage.transaction import Tx

FORMER_END, LATEST = date(2026, 5, 20), date(2026, 5, 26)
"""As it was registered, and 90 days from the day of the test."""

TAKEN_BACK = Revocation(reason=RevocationReason.TAKEN_BACK, revoked_on=date(2026, 2, 25))


def paper(kind: PaperKind, until: date | None = None) -> PaperForm:
    return PaperForm(
        kind=kind,
        number="（2026）京0199执1357号之九",
        issued_on=date(2026, 2, 25),
        signer="岳衡",
        valid_until=until,
    )


LATER = AmendmentForm(
    measure=Measure.HOLD_FOR_SUMMONS, valid_until=LATEST, papers=(paper(PaperKind.SUMMONS_WARRANT, LATEST),)
)
WIDER = AmendmentForm(
    measure=Measure.HOLD_FOR_DETENTION,
    valid_until=FORMER_END,
    papers=(paper(PaperKind.DETENTION_DECISION), paper(PaperKind.EXECUTION_NOTICE)),
)


@asynccontextmanager
async def acting(books: Books, member: Member) -> AsyncIterator[tuple[Tx, Actor]]:
    async with books.registry.transaction() as tx:
        yield tx, await people.get_actor(tx, member.person_id)


async def asks(
    books: Books, entry_id: EntryId, form: AmendmentForm = LATER, by: Member = cast.JUDGE
) -> AmendmentId:
    async with acting(books, by) as (tx, actor):
        return await ask_for_amendment(tx, actor, entry_id, form)


async def approves(
    books: Books, amendment_id: AmendmentId, by: Member = cast.LEADER, typed: str = cast.A.number
) -> None:
    async with acting(books, by) as (tx, actor):
        await approve_amendment(tx, actor, amendment_id, [typed])


async def entry_of(books: Books, entry_id: EntryId) -> Entry:
    async with books.registry.reading() as tx:
        return await entries.get_entry(tx, entry_id)


async def asked_of_agencies(books: Books, entry_id: EntryId) -> set[tuple[Measure | None, date | None, int]]:
    """What every agency is asked, until when, and in which version."""
    async with books.registry.reading() as tx:
        subject_id = (await entries.get_entry(tx, entry_id)).subject_id
        listed = await instructions.list_instructions(tx, subject_id)
        return {(one.measure, one.valid_until, one.version) for one in listed}


async def due_of(books: Books, entry_id: EntryId) -> set[tuple[str, object]]:
    column = alerts.due_work.c
    async with books.registry.reading() as tx:
        rows = await tx.rows(sa.select(column.kind, column.due_at).where(column.about == entry_id))
        return {(row.kind, row.due_at) for row in rows}


async def kinds_and_ends(books: Books, entry_id: EntryId) -> Sequence[tuple[str, date | None]]:
    return sorted((one.kind.value, one.valid_until) for one in (await entry_of(books, entry_id)).papers)


async def test_the_former_terms_stand_until_a_second_person_has_approved(books: Books) -> None:
    entry_id = await lists_tong(books)
    before = await entry_of(books, entry_id)

    amendment_id = await asks(books, entry_id)

    assert await entry_of(books, entry_id) == before
    assert await asked_of_agencies(books, entry_id) == {(Measure.HOLD_FOR_SUMMONS, FORMER_END, 1)}

    await approves(books, amendment_id)

    after = await entry_of(books, entry_id)
    assert (after.valid_until, after.state, after.version) == (LATEST, before.state, before.version + 1)
    assert await asked_of_agencies(books, entry_id) == {(Measure.HOLD_FOR_SUMMONS, LATEST, 2)}
    assert await kinds_and_ends(books, entry_id) == [
        ("proof-of-service", None),
        ("served-summons", None),
        ("summons-warrant", LATEST),
    ]


async def test_a_later_end_goes_out_as_an_ordinary_change_and_withdraws_nobody(books: Books) -> None:
    amendment_id = await asks(books, await lists_tong(books))

    await approves(books, amendment_id)

    async with books.registry.reading() as tx:
        rail = await tx.rows(
            sa.text("SELECT version, lane FROM feed_change WHERE agency_id = 'rail' ORDER BY version")
        )
        tombstones = await tx.row(sa.text("SELECT count(*) FROM outbox WHERE queue LIKE 'express.%'"))
    normal = feeds.Lane.NORMAL
    assert [(row.version, row.lane) for row in rail] == [(1, normal), (2, normal)]
    assert tombstones is not None
    assert tombstones[0] == 0


async def test_what_time_brings_follows_the_new_end(books: Books) -> None:
    entry_id = await lists_tong(books)
    assert (DueKind.ENTRY_EXPIRES, court_time(5, 21, 0, 0)) in await due_of(books, entry_id)

    await approves(books, await asks(books, entry_id))

    due = await due_of(books, entry_id)
    assert (DueKind.ENTRY_EXPIRES, court_time(5, 27, 0, 0)) in due
    assert (DueKind.ENTRY_EXPIRES, court_time(5, 21, 0, 0)) not in due
    assert (DueKind.ENTRY_VALIDATION, BEGINS + timedelta(days=60)) in due


async def test_a_wider_measure_is_the_presidents_to_approve(books: Books) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id, WIDER)

    with pytest.raises(NotAllowed, match="other approvers"):
        await approves(books, amendment_id, cast.LEADER)
    await approves(books, amendment_id, cast.PRESIDENT)

    assert await asked_of_agencies(books, entry_id) == {(Measure.HOLD_FOR_DETENTION, FORMER_END, 2)}


async def test_approving_puts_no_look_off(books: Books) -> None:
    entry_id = await lists_tong(books)
    books.clock.move_to(BEGINS + timedelta(days=20))
    later = replace(LATER, valid_until=date(2026, 6, 15), papers=(paper(PaperKind.SUMMONS_WARRANT),))

    await approves(books, await asks(books, entry_id, later))

    assert (await entry_of(books, entry_id)).validate_by == BEGINS + timedelta(days=60)


@pytest.mark.parametrize(
    ("asked_by", "approved_by"),
    [(cast.JUDGE, cast.JUDGE), (cast.JUDGE, cast.CLERK), (cast.JUDGE, cast.ASSISTANT)],
    ids=["who asked", "who registered", "who is no approver"],
)
async def test_who_cannot_approve(books: Books, asked_by: Member, approved_by: Member) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id, by=asked_by)

    with pytest.raises(NotAllowed):
        await approves(books, amendment_id, approved_by)

    assert await asked_of_agencies(books, entry_id) == {(Measure.HOLD_FOR_SUMMONS, FORMER_END, 1)}


async def test_who_is_of_no_team_of_the_case_asks_for_nothing(books: Books) -> None:
    with pytest.raises(NotAllowed):
        await asks(books, await lists_tong(books), by=cast.DUTY_OFFICER)


async def test_the_number_is_typed_again_for_a_later_end_as_well(books: Books) -> None:
    amendment_id = await asks(books, await lists_tong(books))

    with pytest.raises(Invalid, match="differs from the registered number"):
        await approves(books, amendment_id, typed=cast.B.number)


async def test_a_second_change_waits_until_the_first_is_decided(books: Books) -> None:
    entry_id = await lists_tong(books)
    first = await asks(books, entry_id)

    with pytest.raises(Conflict, match="another change of its terms waits"):
        await asks(books, entry_id, WIDER)
    async with acting(books, cast.CLERK) as (tx, actor):
        await drop_amendment(tx, actor, first)
    await asks(books, entry_id, WIDER)

    with pytest.raises(Conflict, match="decided"):
        await approves(books, first)


REPORTED = Registration(case=cast.A_CASE, wanted=cast.A, measure=Measure.REPORT_WHEREABOUTS)
STOPPED_TOO = AmendmentForm(
    measure=Measure.HOLD_FOR_SUMMONS,
    valid_until=FORMER_END,
    papers=(
        paper(PaperKind.SERVED_SUMMONS),
        paper(PaperKind.PROOF_OF_SERVICE),
        paper(PaperKind.SUMMONS_WARRANT),
    ),
)


async def test_an_entry_does_not_become_what_another_is_already(books: Books) -> None:
    """It would outlive the other one's withdrawal, as a second registration would."""
    await lists_tong(books)
    async with books.registry.transaction() as tx:
        reported = await lists(tx, REPORTED)

    with pytest.raises(Invalid, match="stands in another entry for this person"):
        await asks(books, reported, STOPPED_TOO)

    assert (await entry_of(books, reported)).measure is Measure.REPORT_WHEREABOUTS


async def test_nor_when_the_other_was_registered_while_it_waited(books: Books) -> None:
    async with books.registry.transaction() as tx:
        reported = await lists(tx, REPORTED)
    amendment_id = await asks(books, reported, STOPPED_TOO)
    other = await lists_tong(books)

    with pytest.raises(Conflict, match="turn this request down, or have the other entry ended"):
        await approves(books, amendment_id)
    async with acting(books, cast.JUDGE) as (tx, actor):
        await withdraw_entry(tx, actor, other, Cause.WITHDRAWN)
    await approves(books, amendment_id)

    assert (await entry_of(books, reported)).measure is Measure.HOLD_FOR_SUMMONS


async def test_the_leader_who_may_approve_may_turn_it_down(books: Books) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id)

    with pytest.raises(NotAllowed):
        async with acting(books, cast.DUTY_OFFICER) as (tx, actor):
            await drop_amendment(tx, actor, amendment_id)
    async with acting(books, cast.LEADER) as (tx, actor):
        await drop_amendment(tx, actor, amendment_id)

    assert (await entry_of(books, entry_id)).valid_until == FORMER_END


async def test_what_is_suspended_is_not_prolonged(books: Books) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id)
    async with acting(books, cast.DUTY_OFFICER) as (tx, actor):
        await suspend_entry(tx, actor, entry_id)

    with pytest.raises(Conflict, match="not in force"):
        await approves(books, amendment_id)
    async with acting(books, cast.JUDGE) as (tx, actor):
        await resume_entry(tx, actor, entry_id)
    await approves(books, amendment_id)

    assert (await entry_of(books, entry_id)).valid_until == LATEST


async def test_a_new_paper_that_was_revoked_while_it_waited_prolongs_nothing(books: Books) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id)
    async with acting(books, cast.JUDGE) as (tx, actor):
        (new,) = (await waiting(tx, entry_id)).papers
        await revoke_paper(tx, actor, new.paper_id, TAKEN_BACK)

    with pytest.raises(Conflict, match="a paper has passed"):
        await approves(books, amendment_id)

    assert await asked_of_agencies(books, entry_id) == {(Measure.HOLD_FOR_SUMMONS, FORMER_END, 1)}


async def revokes(books: Books, paper: Paper) -> None:
    async with acting(books, cast.JUDGE) as (tx, actor):
        await revoke_paper(tx, actor, paper.paper_id, TAKEN_BACK)


async def test_nobody_is_sought_on_a_new_paper_that_is_revoked_while_it_is_approved(books: Books) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id)

    async with acting(books, cast.LEADER) as (tx, actor):
        (new,) = (await waiting(tx, entry_id)).papers
        await approve_amendment(tx, actor, amendment_id, [cast.A.number])
        revoking = asyncio.create_task(revokes(books, new))
        await books.engine.until_held_up(revoking)
    await revoking

    entry = await entry_of(books, entry_id)
    assert (entry.state, entry.cause) == ("suspended", "paper-revoked")


async def waiting(tx: Tx, entry_id: EntryId) -> Amendment:
    found = await amendments.find_waiting(tx, entry_id)
    assert found is not None
    return found


async def test_a_former_paper_that_is_revoked_afterwards_stops_nobody(books: Books) -> None:
    entry_id = await lists_tong(books)
    former = next(
        one for one in (await entry_of(books, entry_id)).papers if one.kind is PaperKind.SUMMONS_WARRANT
    )
    await approves(books, await asks(books, entry_id))

    async with acting(books, cast.JUDGE) as (tx, actor):
        await revoke_paper(tx, actor, former.paper_id, TAKEN_BACK)

    assert (await entry_of(books, entry_id)).state == "active"


async def test_every_step_is_in_the_audit_log_with_what_was_before(books: Books) -> None:
    entry_id = await lists_tong(books)
    amendment_id = await asks(books, entry_id)
    await approves(books, amendment_id)

    async with books.registry.reading() as tx:
        asked, approved = (await audit.list_events_about(tx, entry_id))[-2:]
    assert (asked.action, asked.actor) == ("amendment asked for", cast.JUDGE.person_id)
    assert (approved.action, approved.actor) == ("amendment approved", cast.LEADER.person_id)
    assert approved.detail["amendment"] == amendment_id
    assert (approved.detail["former_until"], approved.detail["until"]) == ("2026-05-20", "2026-05-26")
    assert len(approved.detail["former"]) == 1


async def test_the_database_keeps_four_eyes_on_an_amendment(books: Books) -> None:
    amendment_id = await asks(books, await lists_tong(books))

    with pytest.raises(IntegrityError, match="four_eyes_on_an_amendment"):
        async with books.registry.transaction() as tx:
            await tx.run(
                sa.update(entry_amendment)
                .where(entry_amendment.c.id == amendment_id)
                .values(state="approved", decided_by=cast.JUDGE.person_id)
            )


async def test_the_database_keeps_one_waiting_amendment_per_entry(books: Books) -> None:
    entry_id = await lists_tong(books)
    await asks(books, entry_id)
    async with books.registry.reading() as tx:
        first = await waiting(tx, entry_id)
    second = replace(first, amendment_id=AmendmentId("amendment-2"), papers=())

    with pytest.raises(IntegrityError):
        async with books.registry.transaction() as tx:
            await amendments.add_amendment(tx, cast.COURT.court_id, second)
