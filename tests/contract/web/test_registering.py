"""From the form to the list: instant checks, errors that keep what was typed, four eyes that type blind."""

import json
from datetime import date
from typing import Any

import pytest

from scripts import cast
from scripts.cast import resident_number
from tests.contract.web.site import Site
from tests.contract.web.visitor import Seen
from tracker.domain.entries import Entry
from tracker.domain.ids import EntryId
from tracker.storage import subjects

NEW_NUMBER = "99000019790312900X"
NEW_CASE = "（2026）京0199执1500号"


def paper(kind: str) -> dict[str, str]:
    return {
        f"papers.{kind}.number": f"{kind}-1",
        f"papers.{kind}.issued_on": "2026-01-12",
        f"papers.{kind}.signer": "岳衡",
        f"papers.{kind}.valid_until": "",
    }


def form(**changes: Any) -> dict[str, Any]:
    """A hold for summons of somebody new in A's case."""
    typed: dict[str, Any] = {
        "case_number": cast.A_CASE,
        "subject_name": "欧阳若谷",
        "capacity": "debtor",
        "subject_phone": "",
        "document_rows": "1",
        "documents[0].kind": "resident-id",
        "documents[0].number": " ９９００００ 19790312 900x ",
        "documents[0].evidence": ["signed-at-hearing", "household-register"],
        "measure": "hold-for-summons",
        "valid_until": "2026-05-20",
        "release_amount": "1,003,000.00",
        "agencies": ["rail", "police"],
        **paper("served-summons"),
        **paper("proof-of-service"),
        **paper("summons-warrant"),
    }
    return typed | changes


async def entry_behind(site: Site, seen: Seen) -> Entry:
    return await site.stage.entry(EntryId(seen.leads_to.removeprefix("/entries/")))


async def number_of(site: Site, entry: Entry) -> str:
    async with site.stage.registry.reading() as tx:
        return (await subjects.get_subject(tx, entry.subject_id)).documents[0].number


async def test_without_an_end_it_lasts_as_long_as_its_measure_and_never_beyond_a_paper(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)

    longest = await entry_behind(site, await clerk.sends("/entries", form(valid_until="")))
    bounded = {"valid_until": "", "papers.summons-warrant.valid_until": "2026-04-30"}
    another = {"subject_name": "欧阳若水", "documents[0].number": resident_number(date(1979, 3, 12), 901)}
    shorter = await entry_behind(site, await clerk.sends("/entries", form(**bounded, **another)))

    assert (longest.valid_until, shorter.valid_until) == (date(2026, 5, 25), date(2026, 4, 30))


async def test_a_registered_entry_waits_for_a_second_person(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)

    entry = await entry_behind(site, await clerk.sends("/entries", form()))

    assert entry.state == "submitted"
    assert entry.release_amount_fen == 100_300_000
    assert entry.agency_ids == ("police", "rail")
    assert [one.kind for one in entry.papers] == ["served-summons", "proof-of-service", "summons-warrant"]
    assert await number_of(site, entry) == NEW_NUMBER


WRONG = [
    pytest.param(
        {"documents[0].number": "990000197903129001"}, "documents[0].number", id="wrong check digit"
    ),
    pytest.param(
        {"documents[0].number": "990000197902309000"}, "documents[0].number", id="impossible birth date"
    ),
    pytest.param({"documents[0].number": ""}, "documents[0].number", id="no number"),
    pytest.param({"documents[0].evidence": []}, "documents[0].evidence", id="no evidence"),
    pytest.param(
        {"documents[0].evidence": ["given-by-creditor"]},
        "documents[0].evidence",
        id="only the creditor says so",
    ),
    pytest.param({"papers.summons-warrant.signer": ""}, "papers.summons-warrant.signer", id="unsigned paper"),
    pytest.param(
        {
            "papers.summons-warrant.number": "",
            "papers.summons-warrant.issued_on": "",
            "papers.summons-warrant.signer": "",
        },
        "papers",
        id="a paper is missing",
    ),
    pytest.param({"papers.summons-warrant.valid_until": "2026-05-01"}, "valid_until", id="past its paper"),
    pytest.param({"valid_until": "2026-12-31"}, "valid_until", id="past the measure"),
    pytest.param({"valid_until": "soon"}, "valid_until", id="no date"),
    pytest.param({"release_amount": ""}, "release_amount", id="no amount"),
    pytest.param({"release_amount": "much"}, "release_amount", id="no sum"),
    pytest.param({"release_amount": "1.005"}, "release_amount", id="half a fen"),
    pytest.param({"case_number": "2026京0199执"}, "case_number", id="no case number"),
    pytest.param({"case_number": "（2026）京0199执9999号"}, "case_number", id="unknown case"),
    pytest.param({"subject_name": ""}, "subject_name", id="no name"),
    pytest.param({"subject_name": "欧\u0000阳"}, "subject_name", id="NUL in the name"),
    pytest.param({"subject_phone": "12"}, "subject_phone", id="no phone number"),
    pytest.param({"agencies": []}, "agencies", id="no agency"),
    pytest.param({"measure": "arrest"}, "measure", id="unknown measure"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
async def test_the_instant_check_names_the_field(
    quiet_site: Site, changes: dict[str, Any], field: str
) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    answer = json.loads((await clerk.sends("/entries/check", form(**changes))).text)

    assert field in [problem["field"] for problem in answer["problems"]]


@pytest.mark.parametrize(("changes", "field"), WRONG)
async def test_a_wrong_form_comes_back_as_it_was_typed(
    quiet_site: Site, changes: dict[str, Any], field: str
) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends("/entries", form(**changes))

    assert seen.status == 422
    assert "尚未提交" in seen.text
    assert f'data-problem-for="{field}" role="alert">' in seen.text
    assert 'value="served-summons-1"' in seen.text


async def test_a_right_form_has_no_problems(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    answer = json.loads((await clerk.sends("/entries/check", form())).text)

    assert (answer["problems"], answer["listed_already"]) == ([], [])


async def test_a_right_form_shows_what_each_agency_will_see(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    answer = json.loads((await clerk.sends("/entries/check", form(agencies=["rail", "border"]))).text)

    seen = {
        one["agency"]: {line["what"]: line["value"] for line in one["lines"]} for one in answer["preview"]
    }
    assert seen == {
        "铁路": {
            "证件号码": "1 个加密标记，无法读出号码",
            "编号": "一个随机编号",
            "措施": "协助控制（拘传）",
            "最后一日": "2026-05-20",
            "姓名": "欧阳若谷",
            "性别": "女",
            "出生年份": "1979",
            "遮盖后的号码": "990*************0X",
            "案号": "（2026）京0199执1357号",
            "指示": "协助控制（拘传）：发现后先通报法院，未经法院复核不得拦截。",
            "24 小时电话": cast.COURT.desk_phone,
        },
        "边检": {
            "证件号码": "1 个加密标记，无法读出号码",
            "编号": "一个随机编号",
            "措施": "协助控制（拘传）",
            "最后一日": "2026-05-20",
            "姓名等": "没有，任何个人信息都读不到",
        },
    }


async def test_a_wrong_form_shows_nothing_of_that_yet(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    answer = json.loads((await clerk.sends("/entries/check", form(subject_name=""))).text)

    assert answer["preview"] == []


async def test_nobody_is_listed_twice_for_the_same(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    await clerk.sends("/entries", form())

    seen = await clerk.sends("/entries", form())

    assert seen.status == 422
    assert "此人以同一身份因本案同一措施已在名单上" in seen.text


async def test_what_each_agency_will_see_needs_no_script(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends("/entries", form(more="preview"))

    assert seen.status == 200
    assert "铁路、公安将看到" in seen.text
    assert "990*************0X" in seen.text
    assert 'value="欧阳若谷"' in seen.text


async def test_the_approver_reads_what_each_agency_will_see_in_english(quiet_site: Site) -> None:
    leader = await quiet_site.signed_in(cast.LEADER)
    await leader.opens("/agencies?lang=en")

    seen = await leader.opens(f"/entries/{quiet_site.waiting}/approve")

    assert "Railway will see" in seen.text
    assert "1 keyed mark: no number can be read from it" in seen.text
    assert "not shown here: you type it blind" in seen.text
    assert "***" not in seen.text


async def test_the_check_says_who_is_listed_already(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    known = form(**{"documents[0].number": cast.A.number})

    answer = json.loads((await clerk.sends("/entries/check", known)).text)

    assert answer["listed_already"] == [
        {
            "case_number": "26执1357",
            "measure": "协助控制（拘传）",
            "state": "协查中",
            "address": f"/entries/{quiet_site.listed}",
        }
    ]


async def test_another_persons_name_under_a_listed_number_is_refused(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends("/entries", form(**{"documents[0].number": cast.A.number}))

    assert seen.status == 422
    assert "与名单上持有该证件者的姓名不符" in seen.text


async def test_a_second_document_needs_no_script(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends("/entries", form(more="documents"))

    assert seen.status == 200
    assert 'name="documents[1].number"' in seen.text
    assert 'value="欧阳若谷"' in seen.text


async def test_only_the_team_registers(quiet_site: Site) -> None:
    officer = await quiet_site.signed_in(cast.DUTY_OFFICER)

    assert (await officer.opens("/entries/new")).status == 403
    assert (await officer.sends("/entries/check", form())).status == 403
    assert (await officer.sends("/entries", form())).status == 403


async def test_the_approval_page_shows_no_number_not_even_masked(quiet_site: Site) -> None:
    leader = await quiet_site.signed_in(cast.LEADER)

    seen = await leader.opens(f"/entries/{quiet_site.waiting}/approve")

    assert "程远舟" in seen.text
    assert cast.B.number not in seen.text
    assert cast.B.number[-2:] + "</" not in seen.text
    assert "***" not in seen.text


async def test_the_approver_types_the_number_again(site: Site) -> None:
    leader = await site.signed_in(cast.LEADER)
    address = f"/entries/{site.waiting}/approve"

    wrong = await leader.sends(address, {"typed_numbers[0]": cast.A.number})
    right = await leader.sends(address, {"typed_numbers[0]": cast.B.number})
    await site.stage.settles()

    assert wrong.status == 422
    assert "与登记的号码不一致" in wrong.text
    assert cast.A.number not in wrong.text
    assert right.leads_to == f"/entries/{site.waiting}"
    assert (await leader.opens(right.leads_to)).text.count("起生效") == 4


async def test_whoever_registered_cannot_approve(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends(f"/entries/{quiet_site.waiting}/approve", {"typed_numbers[0]": cast.B.number})

    assert seen.status == 403
    assert "登记人不能审批自己登记的条目" in seen.text
    assert (await quiet_site.stage.entry(quiet_site.waiting)).state == "submitted"


async def test_what_waits_is_listed_for_approvers(quiet_site: Site) -> None:
    seen = await (await quiet_site.signed_in(cast.LEADER)).opens("/approvals")

    assert "程远舟" in seen.text
    assert "佟大川" not in seen.text


def case_form(**changes: str) -> dict[str, str]:
    typed = {
        "number": NEW_CASE,
        "debtor_name": "云河某公司",
        "debtor_kind": "organisation",
        "judge": cast.JUDGE.person_id,
        "team": cast.TEAM,
        "amount": "86,400",
        "collected": "",
    }
    return typed | changes


async def test_a_case_is_opened(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)

    opened = await clerk.sends("/cases", case_form())
    begun = await clerk.opens(opened.leads_to)
    entry = await entry_behind(
        site, await clerk.sends("/entries", form(case_number=NEW_CASE, release_amount="1.00"))
    )

    assert f'name="case_number" value="{NEW_CASE}"' in begun.text
    assert entry.state == "submitted"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"number": cast.A_CASE}, "number", id="known already"),
        pytest.param({"number": "1357"}, "number", id="no case number"),
        pytest.param({"debtor_name": ""}, "debtor_name", id="no debtor"),
        pytest.param({"judge": cast.CLERK.person_id}, "judge", id="not a judge"),
        pytest.param({"team": "nowhere"}, "team", id="another team"),
        pytest.param({"amount": "0"}, "amount", id="no amount"),
        pytest.param({"collected": "-1"}, "collected", id="negative sum"),
    ],
)
async def test_a_wrong_case_is_told_by_its_field(
    quiet_site: Site, changes: dict[str, str], field: str
) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    seen = await clerk.sends("/cases", case_form(**changes))

    assert seen.status == 422
    assert f'data-problem-for="{field}" role="alert">' in seen.text


async def test_a_papers_number_is_one_number_however_it_is_typed(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    typed = {"papers.summons-warrant.number": "〔２０２６〕京0199 执1500号之三"}
    entry = await entry_behind(site, await clerk.sends("/entries", form(**typed)))

    found = await clerk.sends("/entries/search", {"sought": "(2026)京０１９９执1500号之三"})

    assert entry.papers[2].number == "（2026）京0199执1500号之三"
    assert f"/entries/{entry.entry_id}" in found.text
    assert f"/entries/{site.listed}" not in found.text
