"""Every bad input of a registration is answered with field and remedy, and nothing of it is stored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from schemas.measures import Measure
from scripts import cast
from scripts.cast import B, Member, Wanted, resident_number
from scripts.stage import Registration
from tests.another_team import engage_judge
from tests.contract.storage.books import Books, undone
from tests.contract.storage.listing import acts, form_for, lists
from tests.contract.storage.sighted import Sighted
from tracker.domain.entries import Cause
from tracker.domain.errors import Invalid
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, EntryId, TeamId
from tracker.domain.people import Role
from tracker.domain.registration import EntryForm
from tracker.services.entries.cases import CaseForm, open_case
from tracker.services.entries.checking import check_form
from tracker.services.entries.registration import register_entry
from tracker.services.entries.standing import withdraw_entry
from tracker.storage import entries
from tracker.storage.tables import metadata
from tracker.storage.transaction import Tx

B_IS_WANTED = Registration(case=cast.B_CASE, wanted=B, release_fen=cast.B_DEBT_FEN)
A_IS_WANTED = Registration(case=cast.A_CASE, wanted=cast.A)

A_NAMESAKE = Wanted(name="佟大川", number=resident_number(date(1990, 1, 1), 15), phone=cast.demo_phone(13))


ANOTHER_JUDGE = Member(login="jiang", name="江雁", role=Role.JUDGE, number=20)
NEW_CASE = CaseForm(
    number="（2026）京0199执1500号",
    debtor_name="某公司",
    debtor_kind="organisation",
    judge_id=cast.JUDGE.person_id,
    team_id=cast.TEAM,
    amount_fen=100,
)


@pytest.fixture
async def tx(sighted: Sighted) -> AsyncIterator[Tx]:
    """A and B have cases; what a test writes is undone."""
    async with undone(sighted.books.registry) as tx:
        await open_case(
            tx, await acts(tx, cast.CLERK), replace(NEW_CASE, number=cast.B_CASE, amount_fen=cast.B_DEBT_FEN)
        )
        yield tx


@pytest.fixture
async def form(tx: Tx) -> EntryForm:
    """Everything right."""
    return await form_for(tx, B_IS_WANTED)


async def books_of(tx: Tx) -> dict[str, list[tuple[Any, ...]]]:
    """Every row the court has."""
    return {
        table.name: [tuple(row) for row in await tx.rows(sa.select(table))]
        for table in metadata.sorted_tables
    }


async def refusal(tx: Tx, form: EntryForm) -> list[tuple[str, str]]:
    """What the clerk is told; the books are as before."""
    before = await books_of(tx)
    with pytest.raises(Invalid) as refused:
        await register_entry(tx, await acts(tx, cast.CLERK), form)
    assert await books_of(tx) == before
    return [(problem.field, problem.en) for problem in refused.value.problems]


def with_number(form: EntryForm, number: str) -> EntryForm:
    return replace(form, documents=(replace(form.documents[0], number=number),))


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        (f"{B.number[:-1]}0", "the check character does not fit"),
        ("990000198502300019", "the birth date in the number does not exist"),
        ("99000019851105", "the number has the wrong length"),
        ("", "no document number was given"),
    ],
)
async def test_a_number_that_cannot_be(tx: Tx, form: EntryForm, typed: str, remedy: str) -> None:
    problems = await refusal(tx, with_number(form, typed))

    assert [field for field, _ in problems] == ["documents[0].number"]
    assert problems[0][1].startswith(remedy)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        ("京0199执1402", "case number"),
        ("（2026）京0199执号", "case number"),
        ("", "case number"),
        ("（2026）京0199执9999号", "is no case of your team: check it, or open the case first"),
    ],
)
async def test_a_case_number_that_is_malformed_or_unknown(
    tx: Tx, form: EntryForm, number: str, remedy: str
) -> None:
    problems = await refusal(tx, replace(form, case_number=number))

    assert [field for field, _ in problems] == ["case_number"]
    assert remedy in problems[0][1]


@pytest.mark.parametrize(
    "number", ["(2026)京0199执1402号", "（2026） 京0199 执 1402 号", "（２０２６）京0199执1402号"]
)
async def test_a_case_number_is_taken_in_every_form_it_is_written(
    tx: Tx, form: EntryForm, number: str
) -> None:
    entry_id = await register_entry(tx, await acts(tx, cast.CLERK), replace(form, case_number=number))

    assert (await entries.get_entry(tx, entry_id)).valid_until == date(2026, 5, 20)


async def test_a_stopping_measure_without_its_paper(tx: Tx, form: EntryForm) -> None:
    assert await refusal(tx, replace(form, papers=form.papers[:2])) == [
        ("papers", "attach the summons warrant: this measure stands on it")
    ]


async def test_a_stopping_measure_on_the_creditors_word(tx: Tx, form: EntryForm) -> None:
    document = replace(form.documents[0], evidence=(EvidenceKind.GIVEN_BY_CREDITOR,))

    assert await refusal(tx, replace(form, documents=(document,))) == [
        (
            "documents[0].evidence",
            "a stopping measure needs identity evidence independent of the creditor; "
            "add one or choose report whereabouts",
        )
    ]


async def test_an_end_past_its_paper(tx: Tx, form: EntryForm) -> None:
    warrant = replace(form.papers[2], valid_until=date(2026, 4, 30))

    assert await refusal(tx, replace(form, papers=(*form.papers[:2], warrant))) == [
        ("valid_until", "is past the end of its summons-warrant: choose 2026-04-30 or earlier")
    ]


async def test_an_end_past_the_length_of_the_measure(tx: Tx, form: EntryForm) -> None:
    assert await refusal(tx, replace(form, valid_until=date(2026, 5, 27))) == [
        ("valid_until", "is beyond the 90 days of this measure: choose 2026-05-26 or earlier")
    ]


async def test_an_agency_nobody_knows(tx: Tx, form: EntryForm) -> None:
    assert await refusal(tx, replace(form, agency_ids=(AgencyId("airline"),))) == [
        ("agencies", "is not known: choose from the list")
    ]


async def test_a_phone_nobody_can_call(tx: Tx, form: EntryForm) -> None:
    problems = await refusal(tx, replace(form, subject_phone="12"))

    assert [field for field, _ in problems] == ["subject_phone"]


async def test_a_namesakes_number_with_another_name_is_refused(tx: Tx) -> None:
    await lists(tx, A_IS_WANTED)
    form = await form_for(tx, B_IS_WANTED)

    assert await refusal(tx, with_number(form, cast.A.number)) == [
        ("subject_name", "differs from the name listed under this number: check the number")
    ]


async def test_two_numbers_of_two_people_are_not_one_person(tx: Tx) -> None:
    await lists(tx, A_IS_WANTED)
    await lists(tx, B_IS_WANTED)
    form = await form_for(tx, B_IS_WANTED)
    of_a = replace(form.documents[0], number=cast.A.number)

    assert await refusal(tx, replace(form, documents=(form.documents[0], of_a))) == [
        ("documents", "belong to different people on the list: check each number")
    ]


async def test_a_namesake_is_another_person(tx: Tx) -> None:
    entry_id = await lists(tx, A_IS_WANTED)

    other = await lists(tx, Registration(case=cast.B_CASE, wanted=A_NAMESAKE))

    assert (await entries.get_entry(tx, entry_id)).subject_id != (
        await entries.get_entry(tx, other)
    ).subject_id


async def test_who_is_listed_already_shows_up_before_a_second_entry_is_made(tx: Tx) -> None:
    first = await lists(tx, A_IS_WANTED)
    form = await form_for(tx, Registration(case=cast.B_CASE, wanted=cast.A))

    actor = await acts(tx, cast.CLERK)
    checked = await check_form(tx, actor, form)

    assert (checked.problems, checked.listed_already) == ((), (first,))


async def test_a_second_entry_for_the_same_would_outlive_the_firsts_withdrawal(tx: Tx) -> None:
    first = await lists(tx, A_IS_WANTED)
    form = await form_for(tx, A_IS_WANTED)

    actor = await acts(tx, cast.CLERK)
    with pytest.raises(Invalid, match="measure: is on the list for this person, capacity and case"):
        await register_entry(tx, actor, form)

    await withdraw_entry(tx, await acts(tx, cast.JUDGE), first, Cause.WITHDRAWN)
    assert await register_entry(tx, actor, form)


async def test_of_two_who_register_the_same_at_one_moment_the_second_is_refused(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await lists(tx, replace(A_IS_WANTED, measure=Measure.REPORT_WHEREABOUTS))

    async def registers() -> EntryId:
        async with books.registry.transaction() as tx:
            return await register_entry(tx, await acts(tx, cast.CLERK), await form_for(tx, A_IS_WANTED))

    async with books.registry.transaction() as tx:
        await register_entry(tx, await acts(tx, cast.CLERK), await form_for(tx, A_IS_WANTED))
        second = asyncio.create_task(registers())
        await books.engine.until_held_up(second)

    with pytest.raises(Invalid, match="measure: is on the list for this person"):
        await second


async def test_what_has_ended_no_longer_shows_up(tx: Tx) -> None:
    judge = await acts(tx, cast.JUDGE)
    await withdraw_entry(tx, judge, await lists(tx, B_IS_WANTED), Cause.WITHDRAWN)
    form = await form_for(tx, B_IS_WANTED)

    actor = await acts(tx, cast.CLERK)
    assert (await check_form(tx, actor, form)).listed_already == ()


async def test_more_than_the_whole_debt_would_never_release(tx: Tx, form: EntryForm) -> None:
    assert await refusal(tx, replace(form, release_amount_fen=cast.B_DEBT_FEN + 1)) == [
        ("release_amount", "is more than the amount of the case: enter at most that")
    ]


async def test_the_form_tells_nothing_of_other_teams_cases_and_people(tx: Tx) -> None:
    await lists(tx, A_IS_WANTED)
    await engage_judge(tx, ANOTHER_JUDGE, TeamId("team-2"))
    form = await form_for(tx, Registration(case=cast.A_CASE, wanted=cast.A))
    nobodys = replace(form, case_number="（2026）京0199执9999号")

    actor = await acts(tx, ANOTHER_JUDGE)
    of_a_case = await check_form(tx, actor, form)
    assert of_a_case == await check_form(tx, actor, nobodys)
    assert of_a_case.listed_already == ()
    with pytest.raises(Invalid, match="is no case of your team"):
        await register_entry(tx, actor, form)


@pytest.mark.parametrize("collected_fen", [-1, 101])
async def test_what_was_collected_before_lies_within_the_debt(tx: Tx, collected_fen: int) -> None:
    form = replace(NEW_CASE, collected_fen=collected_fen)

    actor = await acts(tx, cast.CLERK)
    with pytest.raises(Invalid, match="collected: must lie between zero and the amount of the case"):
        await open_case(tx, actor, form)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"judge_id": cast.CLERK.person_id}, "judge"), ({"team_id": TeamId("team-2")}, "team")],
)
async def test_a_case_is_opened_for_a_judge_and_the_own_team(
    tx: Tx, changes: dict[str, Any], field: str
) -> None:
    await engage_judge(tx, ANOTHER_JUDGE, TeamId("team-2"))

    actor = await acts(tx, cast.CLERK)
    with pytest.raises(Invalid) as refused:
        await open_case(tx, actor, replace(NEW_CASE, **changes))

    assert [problem.field for problem in refused.value.problems] == [field]


async def test_who_may_open_no_case_does_not_learn_of_its_number(tx: Tx) -> None:
    known = replace(NEW_CASE, number=cast.B_CASE)

    actor = await acts(tx, cast.AUDITOR)
    with pytest.raises(Invalid) as refused:
        await open_case(tx, actor, known)

    assert [problem.field for problem in refused.value.problems] == ["team"]


async def test_a_case_that_is_open_already(tx: Tx) -> None:
    again = replace(NEW_CASE, number="(2026)京0199执1402号")

    actor = await acts(tx, cast.CLERK)
    with pytest.raises(Invalid, match="number: is registered already: use that case"):
        await open_case(tx, actor, again)
