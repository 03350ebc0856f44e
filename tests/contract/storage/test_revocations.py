"""A paper that is revoked takes every entry with it that stands on it, and no other."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scripts import cast
from scripts.cast import Member
from scripts.stage import Registration
from tests.contract.storage.books import BEGINS, undone
from tests.contract.storage.listing import acts, form_for, lists
from tests.contract.storage.sighted import Sighted
from tracker.domain.court_time import court_day
from tracker.domain.entries import Cause, EntryState
from tracker.domain.errors import Conflict, Invalid, NotAllowed, NotFound
from tracker.domain.ids import EntryId, PaperId
from tracker.domain.measures import PaperKind
from tracker.domain.people import system_actor
from tracker.domain.revocations import Revocation, RevocationReason
from tracker.services.entries.approval import approve_entry
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.registration import register_entry, submit_entry
from tracker.services.entries.revocations import revoke_paper
from tracker.storage import audit, entries, instructions, papers
from tracker.storage.transaction import Tx

TODAY = court_day(BEGINS)
SET_ASIDE = Revocation(reason=RevocationReason.SET_ASIDE, revoked_on=TODAY)
TONG = Registration(case=cast.A_CASE, wanted=cast.A)
ANOTHER = Registration(case=cast.A_CASE, wanted=cast.B, capacity="legal-representative")
IN_ANOTHER_CASE = Registration(case=cast.B_CASE, wanted=cast.B)


@pytest.fixture
async def tx(sighted: Sighted) -> AsyncIterator[Tx]:
    """What a test writes is undone."""
    async with undone(sighted.books.registry) as tx:
        yield tx


async def opens_another_case(tx: Tx) -> None:
    form = CaseForm(
        number=cast.B_CASE,
        debtor_name=cast.B.name,
        debtor_kind="person",
        judge_id=cast.JUDGE.person_id,
        team_id=cast.TEAM,
        amount_fen=cast.B_DEBT_FEN,
    )
    await open_case(tx, await acts(tx, cast.CLERK), form)


async def warrant_of(tx: Tx, entry_id: EntryId) -> PaperId:
    standing_on = (await entries.get_entry(tx, entry_id)).papers
    return next(one.paper_id for one in standing_on if one.kind is PaperKind.SUMMONS_WARRANT)


async def revokes(
    tx: Tx, entry_id: EntryId, by: Member = cast.JUDGE, revocation: Revocation = SET_ASIDE
) -> None:
    await revoke_paper(tx, await acts(tx, by), await warrant_of(tx, entry_id), revocation)


async def stands(tx: Tx, entry_id: EntryId) -> tuple[EntryState, Cause | None]:
    entry = await entries.get_entry(tx, entry_id)
    return entry.state, entry.cause


async def is_listed(tx: Tx, entry_id: EntryId) -> set[bool]:
    subject_id = (await entries.get_entry(tx, entry_id)).subject_id
    return {one.is_listed for one in await instructions.list_instructions(tx, subject_id)}


async def test_nobody_is_stopped_any_more_on_the_same_paper_of_another_entry(tx: Tx) -> None:
    tong, another = await lists(tx, TONG), await lists(tx, ANOTHER)

    await revokes(tx, tong)

    gone = (EntryState.SUSPENDED, Cause.PAPER_REVOKED)
    assert (await stands(tx, tong), await stands(tx, another)) == (gone, gone)
    assert (await is_listed(tx, tong), await is_listed(tx, another)) == ({False}, {False})


async def test_another_case_stands_on_its_own_papers(tx: Tx) -> None:
    await opens_another_case(tx)
    tong, elsewhere = await lists(tx, TONG), await lists(tx, IN_ANOTHER_CASE)

    await revokes(tx, tong)

    assert await stands(tx, elsewhere) == (EntryState.ACTIVE, None)
    assert await is_listed(tx, elsewhere) == {True}


async def test_what_waits_for_approval_is_not_approved_on_it(tx: Tx) -> None:
    clerk = await acts(tx, cast.CLERK)
    entry_id = await register_entry(tx, clerk, await form_for(tx, TONG))
    await submit_entry(tx, clerk, entry_id)

    await revokes(tx, entry_id)

    assert await stands(tx, entry_id) == (EntryState.SUBMITTED, None)
    with pytest.raises(Conflict, match="a paper has passed"):
        await approve_entry(tx, await acts(tx, cast.LEADER), entry_id, [cast.A.number])


@pytest.mark.parametrize("who", [cast.JUDGE, cast.CLERK, cast.LEADER, cast.PRESIDENT])
async def test_who_may_say_so_and_that_they_did_is_written_down(tx: Tx, who: Member) -> None:
    entry_id = await lists(tx, TONG)
    warrant = await warrant_of(tx, entry_id)

    await revokes(tx, entry_id, by=who)

    event, stopped = (await audit.list_events_about(tx, entry_id))[-2:]
    assert (event.actor, event.action, event.at) == (who.person_id, "paper revoked", BEGINS)
    assert event.detail == {"papers": [warrant], "reason": "set-aside", "revoked_on": "2026-02-25"}
    assert (stopped.actor, stopped.action) == (who.person_id, "entry suspended")


@pytest.mark.parametrize("who", [cast.ASSISTANT, cast.DUTY_OFFICER, cast.DESK, cast.BAILIFF_ONE])
async def test_others_may_not(tx: Tx, who: Member) -> None:
    entry_id = await lists(tx, TONG)

    with pytest.raises(NotAllowed, match="record that a paper is revoked"):
        await revokes(tx, entry_id, by=who)

    assert await stands(tx, entry_id) == (EntryState.ACTIVE, None)


async def test_a_paper_on_which_nothing_stands_is_not_for_anybody_to_revoke(tx: Tx) -> None:
    entry = await entries.get_entry(tx, await lists(tx, TONG))
    loose = replace(entry.papers[0], paper_id=PaperId("a-paper-of-no-entry"), number="之九")
    await papers.add_paper(tx, entry.case_id, loose)

    with pytest.raises(NotAllowed):
        await revoke_paper(tx, await acts(tx, cast.BAILIFF_ONE), loose.paper_id, SET_ASIDE)
    await revoke_paper(tx, await acts(tx, cast.JUDGE), loose.paper_id, SET_ASIDE)

    [*_, event] = await audit.list_events_about(tx, entry.case_id)
    assert (event.action, event.detail["papers"]) == ("paper revoked", [loose.paper_id])


async def test_a_paper_is_revoked_once(tx: Tx) -> None:
    entry_id = await lists(tx, TONG)
    await revokes(tx, entry_id)

    with pytest.raises(Conflict, match="recorded as revoked already"):
        await revokes(tx, entry_id)


async def test_a_paper_that_is_not_there_is_not_found(tx: Tx) -> None:
    with pytest.raises(NotFound):
        await revoke_paper(tx, system_actor(cast.COURT.court_id), PaperId("no-paper"), SET_ASIDE)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (TODAY + timedelta(days=1), "is later than today, 2026-02-25: the paper still holds"),
        (date(2026, 1, 11), "is before the paper's own date, 2026-01-12"),
    ],
    ids=["not yet", "before it was issued"],
)
async def test_the_day_must_be_possible(tx: Tx, day: date, words: str) -> None:
    entry_id = await lists(tx, TONG)

    with pytest.raises(Invalid) as refused:
        await revokes(tx, entry_id, revocation=Revocation(reason=RevocationReason.TAKEN_BACK, revoked_on=day))

    [problem] = refused.value.problems
    assert (problem.field, words in problem.en) == ("revoked_on", True)
    assert await stands(tx, entry_id) == (EntryState.ACTIVE, None)
