"""Bulk import in the console: the dry run tells every row's faults, and a second person decides."""

import asyncio
import io
import re
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from scripts import cast
from tests.contract.web.site import Site
from tests.contract.web.visitor import Seen, Visitor
from tests.import_sheets import row, rows_about, sheet, stranger
from tracker.domain.imports import BatchState, RowState
from tracker.storage import imports, people
from tracker.web.entries.imports import batches, upload
from tracker.web.visits import signed_in

OWN_PERSON = stranger(0)
SITE_ROW = row(姓名=OWN_PERSON.name, 证件号码=OWN_PERSON.number)


async def uploaded(site: Site, clerk: Visitor, content: bytes) -> str:
    """The address of the batch, once its rows are checked."""
    await clerk.opens("/imports")
    sent = await clerk.uploads("/imports", content)
    assert sent.status == 303, sent.text
    await site.stage.settles()
    return sent.leads_to


def findings(seen: Seen) -> list[str]:
    """Row, column and text of everything that the page tells of rows."""
    lines = re.findall(r"<tr>\s*(<td.*?)</tr>", seen.text, re.DOTALL)
    cells = [
        [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<td.*?</td>", line)] for line in lines
    ]
    return [f"{line[0]} {line[1]}: {line[3]}" for line in cells]


async def test_a_clerk_sees_what_is_wrong_and_nothing_is_listed(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    right, wrong_number, no_case, stopping, too_long, agency, paper = rows_about(7)
    content = sheet(
        right,
        wrong_number | {"证件号码": "990000198511050171"},
        no_case | {"案号": "（2026）京0199执9999号"},
        stopping | {"措施": "协助控制（拘传）"},
        too_long | {"最后一日": "2027-05-20"},
        agency | {"联动单位": "海关"},
        paper | {"待送达文书文号": "", "待送达文书日期": "", "待送达文书签发人": ""},
        right,
        row(姓名=cast.A.name, 证件号码=cast.A.number),
    )

    seen = await clerk.opens(await uploaded(site, clerk, content))

    assert findings(seen) == [
        "3 证件号码: 证件号码校验码不符，号码中有误，请对照证件重新录入",
        "4 案号: 您的团队没有该案，请核对案号或先建案",
        "5 措施: 批量导入仅限通报行踪和协助送达：请从文件中删除该行，在“登记”页单独登记",
        "6 最后一日: 超过该措施最长180日，请改为不晚于2026-08-23",
        "7 联动单位: 有不认识的词，请填写：边检、出入境、公安、铁路",
        "8 依据文书: 缺少待送达文书：该措施须附此文书",
        "9 证件号码: 与第2行重复（同一人、同一案、同一措施），请删除其中一行",
        "10 证件号码: 此人正被采取控制类措施，审批人须盲录号码：请删除该行，在“登记”页单独登记",
        "10 证件号码: 此人已在名单上：26执1357 协助控制（拘传） · 协查中",
    ]
    assert "提交 1 行审批" in seen.text


async def test_what_is_only_to_be_looked_at_again_stands_apart_and_is_taken(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    wrong, right = rows_about(2)
    address = await uploaded(site, clerk, sheet(wrong | {"解除金额": "0"}, right))

    seen = await clerk.opens(address)
    remarks = await clerk.opens(f"{address}?of=remarked")

    assert findings(seen) == ["2 解除金额: 请填写大于零的解除金额"]
    assert findings(remarks) == [
        "3 证件号码: 地区代码不属于任何省份，请对照证件再核对一次；证件确实如此的，可照常登记"
    ]
    assert "提交 1 行审批" in remarks.text


async def test_a_row_on_a_paper_that_was_revoked_is_told_of(site: Site) -> None:
    judge, clerk = await site.signed_in(cast.JUDGE), await site.signed_in(cast.CLERK)
    warrant = (await site.stage.entry(site.listed)).papers[-1]
    of_as_case = SITE_ROW | {"案号": cast.A_CASE, "解除金额": "1,003,000.00"}
    on_it = {"拘传票文号": warrant.number, "拘传票日期": "2026-01-12", "拘传票签发人": "岳衡"}
    revoking = f"/entries/{site.listed}/papers/{warrant.paper_id}/revoke"
    await judge.sends(revoking, {"reason": "set-aside", "revoked_on": "2026-02-23"})

    seen = await clerk.opens(await uploaded(site, clerk, sheet(of_as_case | on_it)))

    assert [one.partition("，")[0] for one in findings(seen)] == [
        "2 证件号码: 地区代码不属于任何省份",
        "2 拘传票文号: 本案已登记撤销该文书（种类、文号、日期相同）",
    ]


async def test_of_many_findings_there_are_pages(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    rows = [one | {"解除金额": "0"} for one in rows_about(101)]
    address = await uploaded(site, clerk, sheet(*rows))

    first = await clerk.opens(address)
    second = await clerk.opens(f"{address}?of=left-out&after=101")
    astray = await clerk.opens(f"{address}?of=nobody&after=²")

    assert [one.split()[0] for one in findings(first)] == [str(number) for number in range(2, 102)]
    assert 'href="?of=left-out" aria-current="page">不入名单 101<' in first.text
    assert 'href="?of=left-out&amp;after=101"' in first.text
    assert findings(second) == ["102 解除金额: 请填写大于零的解除金额"]
    assert ("第101行以后" in second.text, 'href="?of=left-out">回到开头' in second.text) == (False, True)
    assert findings(astray) == findings(first)


async def test_the_report_names_rows_and_nobody(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    address = await uploaded(
        site, clerk, sheet(SITE_ROW | {"证件号码": "=1+1"}, SITE_ROW | {"解除金额": "0"})
    )

    report = await clerk.opens(f"{address}/report.csv")

    assert report.headers["Content-Disposition"] == 'attachment; filename="report.csv"'
    assert report.text.splitlines() == [
        "\ufeff行,列,状态,问题与办法",
        "2,证件号码,有误,是公式，不予计算：请改填公式的结果（粘贴为数值）",
        "3,解除金额,有误,请填写大于零的解除金额",
    ]


async def test_wrong_columns_leave_nothing_behind(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    await clerk.opens("/imports")

    refused = await clerk.uploads("/imports", "案号,名字\r\nx,y\r\n".encode("gb18030"))

    assert refused.status == 422
    assert "不认识 名字" in refused.text
    assert "文件中的列：案号, 名字" in refused.text
    assert "还没有批次" in refused.text


class CutOff(io.BytesIO):
    """A file whose reader is stopped while it reads."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.stop: Callable[[], object] = lambda: None
        self._reads = 0

    def read1(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads == 3:
            self.stop()
        return super().read1(size)


async def test_an_upload_that_is_stopped_on_the_way_leaves_no_row(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "ROWS_AT_ONCE", 5)
    registry, file = site.stage.registry, CutOff(sheet(*rows_about(200)))
    async with registry.reading() as tx:
        clerk = await people.get_actor(tx, cast.CLERK.person_id)
    reading = asyncio.create_task(upload.take_file(registry, clerk, file))
    loop = asyncio.get_running_loop()
    file.stop = lambda: loop.call_soon_threadsafe(reading.cancel)

    with pytest.raises(asyncio.CancelledError):
        await reading
    await site.stage.settles()

    async with registry.reading() as tx:
        (batch,) = await imports.list_batches(tx, cast.COURT.court_id, 10)
        left = await imports.list_rows(tx, batch.batch_id, RowState.UNCHECKED, 10)
    assert (batch.state, left) == (BatchState.DISCARDED, ())
    assert batch.rows > 0


async def test_a_file_that_is_too_large_is_told_so(quiet_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    await clerk.opens("/imports")
    at_most = signed_in(batches._upload, most_bytes=100_000)
    monkeypatch.setattr(batches, "_upload_signed_in", at_most)

    refused = await clerk.uploads("/imports", b"x" * 200_000)

    assert refused.status == 413
    assert "文件超过 128 MB，请拆分后分批上传" in refused.text


async def test_a_form_that_is_not_ours_uploads_nothing(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)
    clerk.csrf = "stolen"

    assert (await clerk.uploads("/imports", sheet(SITE_ROW))).status == 403
    assert "还没有批次" in (await clerk.opens("/imports")).text


async def test_no_file_is_told_so(quiet_site: Site) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    refused = await clerk.sends("/imports")

    assert refused.status == 422
    assert "请选择文件" in refused.text


async def test_only_the_team_uploads(quiet_site: Site) -> None:
    officer = await quiet_site.signed_in(cast.DUTY_OFFICER)

    assert 'type="file"' not in (await officer.opens("/imports")).text
    assert (await officer.uploads("/imports", sheet(SITE_ROW))).status == 403
    assert (await officer.opens("/imports/template.csv")).status == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_template_has_the_columns_of_today(quiet_site: Site, kind: str) -> None:
    clerk = await quiet_site.signed_in(cast.CLERK)

    async with clerk.session.get(f"{clerk.url}/imports/template.{kind}") as answer:
        content = await answer.read()

    assert columns_of(kind, content)[:5] == ["案号", "姓名", "身份", "证件种类", "证件号码"]
    assert columns_of(kind, content)[-1] == "待送达文书有效至"


def columns_of(kind: str, content: bytes) -> list[object]:
    if kind == "csv":
        return list(content.decode("utf-8-sig").strip().split(","))
    (header,) = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    return list(header)


async def test_whoever_uploaded_it_cannot_approve_it_and_a_second_person_sees_a_sample(site: Site) -> None:
    clerk, leader = await site.signed_in(cast.CLERK), await site.signed_in(cast.LEADER)
    address = await uploaded(site, clerk, sheet(*rows_about(25), SITE_ROW | {"解除金额": "0"}))
    await clerk.sends(f"{address}/submit")

    own = await clerk.sends(f"{address}/approve")
    seen = await leader.opens(address)
    waiting = await leader.opens("/approvals")
    approved = await leader.sends(f"{address}/approve")
    await site.stage.settles()
    done = await clerk.opens(address)

    assert own.status == 403
    assert "批准 25 行" in seen.text
    assert seen.text.count("协助送达") >= 10
    assert "990**" in seen.text
    assert OWN_PERSON.number not in seen.text
    assert f'href="{address}"' in waiting.text
    assert approved.leads_to == address
    assert "<strong>25</strong>已入名单" in done.text
    assert '<progress max="25" value="25">' in done.text


async def test_a_rejected_batch_lists_nobody(site: Site) -> None:
    clerk, leader = await site.signed_in(cast.CLERK), await site.signed_in(cast.LEADER)
    address = await uploaded(site, clerk, sheet(SITE_ROW))
    await clerk.sends(f"{address}/submit")

    await leader.opens(address)
    await leader.sends(f"{address}/reject")
    await site.stage.settles()
    seen = await clerk.opens(address)

    assert "已退回" in seen.text
    assert "<strong>0</strong>已入名单" not in seen.text
    assert OWN_PERSON.name not in (await leader.opens("/entries")).text
    assert (await leader.sends(f"{address}/approve")).status == 409


async def test_others_see_nothing_of_a_batch(site: Site) -> None:
    clerk, officer = await site.signed_in(cast.CLERK), await site.signed_in(cast.DUTY_OFFICER)
    address = await uploaded(site, clerk, sheet(SITE_ROW))

    assert (await officer.opens(address)).status == 404
    assert (await officer.opens(f"{address}/report.csv")).status == 404
    assert (await officer.sends(f"{address}/discard")).status == 404
    assert address not in (await officer.opens("/imports")).text


async def test_a_discarded_batch_is_gone_at_once(site: Site) -> None:
    clerk = await site.signed_in(cast.CLERK)
    address = await uploaded(site, clerk, sheet(SITE_ROW | {"解除金额": "0"}))

    await clerk.opens(address)
    await clerk.sends(f"{address}/discard")
    await site.stage.settles()
    seen = await clerk.opens(address)

    assert "已作废" in seen.text
    assert "明细已清除" in seen.text
    assert "请填写大于零的解除金额" not in seen.text
