"""Every bad input of a registration is answered with field and remedy, and nothing of it is stored."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from scripts import cast
from scripts.cast import B, Member, Wanted, resident_number
from scripts.stage import Registration
from tests.acceptance.court import CourtStage, list_a
from tests.acceptance.listing import B_IS_WANTED, books_of, form_for, opens_bs_case, sends_form, with_number
from tracker.domain.errors import Invalid
from tracker.domain.evidence import EvidenceKind
from tracker.domain.ids import AgencyId, TeamId
from tracker.domain.people import Role
from tracker.domain.registration import EntryForm
from tracker.services.cases import CaseForm, open_case
from tracker.services.registration import check_form, register_entry

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


async def refusal(stage: CourtStage, form: EntryForm) -> list[tuple[str, str]]:
    """What the clerk is told; the books are as before."""
    before = await books_of(stage)
    with pytest.raises(Invalid) as refused:
        await sends_form(stage, form)
    assert await books_of(stage) == before
    return [(problem.field, problem.en) for problem in refused.value.problems]


@pytest.fixture
async def form(stage: CourtStage) -> EntryForm:
    """Everything right."""
    await opens_bs_case(stage)
    return await form_for(stage, B_IS_WANTED)


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        (f"{B.number[:-1]}0", "the check character does not fit"),
        ("990000198502300019", "the birth date in the number does not exist"),
        ("99000019851105", "the number has the wrong length"),
        ("", "no document number was given"),
    ],
)
async def test_a_number_that_cannot_be(stage: CourtStage, form: EntryForm, typed: str, remedy: str) -> None:
    problems = await refusal(stage, with_number(form, typed))

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
    stage: CourtStage, form: EntryForm, number: str, remedy: str
) -> None:
    problems = await refusal(stage, replace(form, case_number=number))

    assert [field for field, _ in problems] == ["case_number"]
    assert remedy in problems[0][1]


@pytest.mark.parametrize(
    "number", ["(2026)京0199执1402号", "（2026） 京0199 执 1402 号", "（２０２６）京0199执1402号"]
)
async def test_a_case_number_is_taken_in_every_form_it_is_written(
    stage: CourtStage, form: EntryForm, number: str
) -> None:
    entry_id = await sends_form(stage, replace(form, case_number=number))

    assert (await stage.entry(entry_id)).valid_until == date(2026, 5, 20)


async def test_a_stopping_measure_without_its_paper(stage: CourtStage, form: EntryForm) -> None:
    assert await refusal(stage, replace(form, papers=form.papers[:2])) == [
        ("papers", "attach the summons-warrant: this measure stands on it")
    ]


async def test_a_stopping_measure_on_the_creditors_word(stage: CourtStage, form: EntryForm) -> None:
    document = replace(form.documents[0], evidence=(EvidenceKind.GIVEN_BY_CREDITOR,))

    assert await refusal(stage, replace(form, documents=(document,))) == [
        (
            "documents[0].evidence",
            "a stopping measure needs identity evidence independent of the creditor; "
            "add one or choose report whereabouts",
        )
    ]


async def test_an_end_past_its_paper(stage: CourtStage, form: EntryForm) -> None:
    warrant = replace(form.papers[2], valid_until=date(2026, 4, 30))

    assert await refusal(stage, replace(form, papers=(*form.papers[:2], warrant))) == [
        ("valid_until", "is past the end of its summons-warrant: choose 2026-04-30 or earlier")
    ]


async def test_an_end_past_the_length_of_the_measure(stage: CourtStage, form: EntryForm) -> None:
    assert await refusal(stage, replace(form, valid_until=date(2026, 5, 27))) == [
        ("valid_until", "is beyond the 90 days of this measure: choose 2026-05-26 or earlier")
    ]


async def test_an_agency_nobody_knows(stage: CourtStage, form: EntryForm) -> None:
    assert await refusal(stage, replace(form, agency_ids=(AgencyId("airline"),))) == [
        ("agencies", "is not known: choose from the list")
    ]


async def test_a_phone_nobody_can_call(stage: CourtStage, form: EntryForm) -> None:
    problems = await refusal(stage, replace(form, subject_phone="12"))

    assert [field for field, _ in problems] == ["subject_phone"]


async def test_a_namesakes_number_with_another_name_is_refused(stage: CourtStage) -> None:
    await list_a(stage)
    await opens_bs_case(stage)
    form = await form_for(stage, B_IS_WANTED)

    assert await refusal(stage, with_number(form, cast.A.number)) == [
        ("subject_name", "differs from the name listed under this number: check the number")
    ]


async def test_two_numbers_of_two_people_are_not_one_person(stage: CourtStage) -> None:
    await list_a(stage)
    await opens_bs_case(stage)
    await stage.lists(B_IS_WANTED)
    form = await form_for(stage, B_IS_WANTED)
    of_a = replace(form.documents[0], number=cast.A.number)

    assert await refusal(stage, replace(form, documents=(form.documents[0], of_a))) == [
        ("documents", "belong to different people on the list: check each number")
    ]


async def test_a_namesake_is_another_person(stage: CourtStage) -> None:
    entry_id = await list_a(stage)
    await opens_bs_case(stage)

    other = await stage.lists(Registration(case=cast.B_CASE, wanted=A_NAMESAKE))

    assert (await stage.entry(entry_id)).subject_id != (await stage.entry(other)).subject_id


async def test_who_is_listed_already_shows_up_before_a_second_entry_is_made(stage: CourtStage) -> None:
    first = await list_a(stage)
    await opens_bs_case(stage)
    form = await form_for(stage, Registration(case=cast.B_CASE, wanted=cast.A))

    async with stage.acting(cast.CLERK) as (tx, actor):
        checked = await check_form(tx, actor, form)

    assert (checked.problems, checked.listed_already) == ((), (first,))


async def test_what_has_ended_no_longer_shows_up(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    await stage.withdraws(await stage.lists(B_IS_WANTED), cast.JUDGE)
    form = await form_for(stage, B_IS_WANTED)

    async with stage.acting(cast.CLERK) as (tx, actor):
        assert (await check_form(tx, actor, form)).listed_already == ()


async def test_more_than_the_whole_debt_would_never_release(stage: CourtStage, form: EntryForm) -> None:
    assert await refusal(stage, replace(form, release_amount_fen=cast.B_DEBT_FEN + 1)) == [
        ("release_amount", "is more than the amount of the case: enter at most that")
    ]


async def test_the_form_tells_nothing_of_other_teams_cases_and_people(stage: CourtStage) -> None:
    await list_a(stage)
    await stage.engages_judge(ANOTHER_JUDGE, TeamId("team-2"))
    form = await form_for(stage, Registration(case=cast.A_CASE, wanted=cast.A))
    nobodys = replace(form, case_number="（2026）京0199执9999号")

    async with stage.acting(ANOTHER_JUDGE) as (tx, actor):
        of_a_case = await check_form(tx, actor, form)
        assert of_a_case == await check_form(tx, actor, nobodys)
        assert of_a_case.listed_already == ()
        with pytest.raises(Invalid, match="is no case of your team"):
            await register_entry(tx, actor, form)


@pytest.mark.parametrize("collected_fen", [-1, 101])
async def test_what_was_collected_before_lies_within_the_debt(stage: CourtStage, collected_fen: int) -> None:
    form = replace(NEW_CASE, collected_fen=collected_fen)

    async with stage.acting(cast.CLERK) as (tx, actor):
        with pytest.raises(Invalid, match="collected: must lie between zero and the amount of the case"):
            await open_case(tx, actor, form)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"judge_id": cast.CLERK.person_id}, "judge"), ({"team_id": TeamId("team-2")}, "team")],
)
async def test_a_case_is_opened_for_a_judge_and_the_own_team(
    stage: CourtStage, changes: dict[str, Any], field: str
) -> None:
    await stage.engages_judge(ANOTHER_JUDGE, TeamId("team-2"))

    async with stage.acting(cast.CLERK) as (tx, actor):
        with pytest.raises(Invalid) as refused:
            await open_case(tx, actor, replace(NEW_CASE, **changes))

    assert [problem.field for problem in refused.value.problems] == [field]


async def test_who_may_open_no_case_does_not_learn_of_its_number(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    known = replace(NEW_CASE, number=cast.B_CASE)

    async with stage.acting(cast.AUDITOR) as (tx, actor):
        with pytest.raises(Invalid) as refused:
            await open_case(tx, actor, known)

    assert [problem.field for problem in refused.value.problems] == ["team"]


async def test_a_case_that_is_open_already(stage: CourtStage) -> None:
    await opens_bs_case(stage)
    again = CaseForm(
        number="(2026)京0199执1402号",
        debtor_name="某公司",
        debtor_kind="organisation",
        judge_id=cast.JUDGE.person_id,
        team_id=cast.TEAM,
        amount_fen=1,
    )

    async with stage.acting(cast.CLERK) as (tx, actor):
        with pytest.raises(Invalid, match="number: is registered already: use that case"):
            await open_case(tx, actor, again)
