"""The pages of bulk imports: upload, dry run, submitting, the decision on it, progress.

What must not break: a file's content is shown to whoever uploaded it, to whoever may decide on it, and to
those who may read the whole court's personal data; every look is written down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from schemas.documents import IdentityDocument, masked
from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import BatchId
from tracker.domain.imports import BULK_MEASURES, ROWS_AT_MOST, ROWS_KEPT, Batch, BatchState, ImportRow
from tracker.domain.measures import MeasureRule
from tracker.domain.people import Actor
from tracker.domain.registration import normalised
from tracker.services.access import require_in_court, require_in_own_team
from tracker.services.audit import About
from tracker.services.entries import imports as services
from tracker.storage import imports, rules
from tracker.storage.transaction import Tx
from tracker.web.entries.imports.columns import ENTRY_COLUMNS, Column, paper_columns
from tracker.web.entries.imports.files import MOST_BYTES
from tracker.web.entries.imports.report import FindingsAsked, FindingsPage, csv_line, read_page, report_of
from tracker.web.entries.imports.rows import vocabulary_of
from tracker.web.entries.imports.upload import take_file
from tracker.web.entries.imports.workbooks import write_workbook
from tracker.web.reading import Look, is_allowed, record_look
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, back_to, find_visit, page, signed_in

LISTED_AT_MOST: Final = 50
SAMPLE_SIZE: Final = 10
MEBIBYTE: Final = 1024 * 1024
FORM_BYTES: Final = MOST_BYTES + 64 * 1024
"""The file, and what else the form holds."""
WORKBOOK_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOO_LARGE: Final = Problem(
    field="file",
    zh=f"文件超过 {MOST_BYTES // MEBIBYTE} MB，请拆分后分批上传",
    en=f"is larger than {MOST_BYTES // MEBIBYTE} MB: split it and upload the parts",
)
NO_FILE: Final = Problem(field="file", zh="请选择文件", en="choose a file")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """One batch in a list."""

    batch: Batch
    uploaded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A row as an approver compares it with the file; the number is masked."""

    row: ImportRow
    masked_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """What the page of a batch shows. `is_own`: the reader uploaded it; `may_decide`: it waits for them."""

    batch: Batch
    uploaded_by: str
    decided_by: str | None
    told: FindingsPage
    sample: tuple[SampleRow, ...]
    is_own: bool
    may_decide: bool


async def may_see(tx: Tx, actor: Actor, batch: Batch) -> bool:
    """Whether the reader has anything to do with a batch."""
    if batch.court_id != actor.court_id:
        return False
    if batch.uploaded_by == actor.person_id:
        return True
    if await is_allowed(services.require_decider(tx, actor, batch)):
        return True
    return await is_allowed(require_in_court(tx, actor, Action.READ_PERSONAL_DATA))


async def list_lines(tx: Tx, visit: Visit, state: BatchState | None = None) -> tuple[BatchLine, ...]:
    """The newest batches that the reader may see."""
    found = await imports.list_batches(tx, visit.actor.court_id, LISTED_AT_MOST, state=state)
    return tuple(
        [
            BatchLine(batch=batch, uploaded_by=await title_of(tx, batch.uploaded_by, visit.language))
            for batch in found
            if await may_see(tx, visit.actor, batch)
        ]
    )


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _overview(request, visit)


async def _overview(
    request: web.Request, visit: Visit, problems: Sequence[Problem] = (), status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    async with request.app[EDGE].registry.reading() as tx:
        lines = await list_lines(tx, visit)
        words = await vocabulary_of(tx, visit.actor.court_id)
        columns = await _columns(tx, visit.actor)
    return page(
        request,
        visit,
        "imports.html",
        status=status,
        lines=lines,
        columns=columns,
        words=words,
        problems=problems,
        most_rows=ROWS_AT_MOST,
        most_megabytes=MOST_BYTES // MEBIBYTE,
    )


async def _columns(tx: Tx, actor: Actor) -> tuple[Column, ...]:
    """Those of the template: an entry's own, and the papers that the rules of today ask for."""
    found: list[MeasureRule | None] = [
        await rules.find_rule(tx, actor.court_id, measure) for measure in BULK_MEASURES
    ]
    kinds = dict.fromkeys(kind for rule in found if rule is not None for kind in rule.papers)
    return (*ENTRY_COLUMNS, *(column for kind in kinds for column in paper_columns(kind)))


async def _template(request: web.Request, visit: Visit) -> web.StreamResponse:
    require_in_own_team(visit.actor, Action.REGISTER)
    async with request.app[EDGE].registry.reading() as tx:
        header = [column.name(visit.language) for column in await _columns(tx, visit.actor)]
    if request.match_info["kind"] == "csv":
        return _download("\ufeff".encode() + csv_line(header).encode(), "text/csv", "template.csv")
    return _download(write_workbook(header), WORKBOOK_TYPE, "template.xlsx")


def _download(body: bytes, content_type: str, name: str) -> web.Response:
    return web.Response(body=body, content_type=content_type, headers=_as_file(name))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


async def _upload(request: web.Request, visit: Visit) -> web.StreamResponse:
    require_in_own_team(visit.actor, Action.REGISTER)
    sent = (await request.post()).get("file")
    if not isinstance(sent, web.FileField) or not sent.filename:
        return await _overview(request, visit, (NO_FILE,), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        batch_id = await take_file(request.app[EDGE].registry, visit.actor, sent.file)
    except Invalid as invalid:
        return await _overview(request, visit, invalid.problems, HTTPStatus.UNPROCESSABLE_ENTITY)
    raise back_to(f"/imports/{batch_id}")


_upload_signed_in: Final = signed_in(_upload, most_bytes=FORM_BYTES)


async def _upload_of_any_size(request: web.Request) -> web.StreamResponse:
    try:
        return await _upload_signed_in(request)
    except web.HTTPRequestEntityTooLarge as too_large:
        visit = await find_visit(request)
        if visit is None:
            raise
        return await _overview(request, visit, (TOO_LARGE,), HTTPStatus(too_large.status))


async def _get_batch(tx: Tx, request: web.Request, visit: Visit) -> Batch:
    batch = await imports.get_batch(tx, BatchId(request.match_info["batch_id"]))
    if not await may_see(tx, visit.actor, batch):
        raise NotFound("import")
    return batch


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        shown = await _gather(tx, visit, await _get_batch(tx, request, visit), request.query)
    about = About(kind="import", key=shown.batch.batch_id)
    look = Look(about=about, purpose="import page", shown=shown.told.listed_already)
    await record_look(registry, visit.actor, look)
    return page(request, visit, "import.html", shown=shown, kept_days=ROWS_KEPT.days)


async def _gather(tx: Tx, visit: Visit, batch: Batch, query: Mapping[str, str]) -> BatchPage:
    decides = batch.state is BatchState.SUBMITTED and await is_allowed(
        services.require_decider(tx, visit.actor, batch)
    )
    sample = await imports.sample_rows(tx, batch.batch_id, SAMPLE_SIZE) if decides else ()
    decided_by = batch.decided_by
    return BatchPage(
        batch=batch,
        uploaded_by=await title_of(tx, batch.uploaded_by, visit.language),
        decided_by=await title_of(tx, decided_by, visit.language) if decided_by else None,
        told=await read_page(tx, batch, FindingsAsked.of(batch, query), visit.language),
        sample=tuple(_sample(row) for row in sample),
        is_own=batch.uploaded_by == visit.person_id,
        may_decide=decides,
    )


def _sample(row: ImportRow) -> SampleRow:
    assert row.form is not None
    document = normalised(row.form.documents[0])
    return SampleRow(
        row=row, masked_number=masked(document) if isinstance(document, IdentityDocument) else ""
    )


async def _report(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        batch = await _get_batch(tx, request, visit)
    about = About(kind="import", key=batch.batch_id)
    await record_look(registry, visit.actor, Look(about=about, purpose="import report"))
    answer = web.StreamResponse(headers={"Content-Type": "text/csv; charset=utf-8"} | _as_file("report.csv"))
    await answer.prepare(request)
    async for part in report_of(registry, batch.batch_id, visit.language):
        await answer.write(part)
    return answer


ACTS: Final = {
    "submit": services.submit_import,
    "approve": services.approve_import,
    "reject": services.reject_import,
    "discard": services.discard_import,
}


async def _act(request: web.Request, visit: Visit) -> web.StreamResponse:
    act = ACTS.get(request.match_info["act"])
    if act is None:
        raise web.HTTPNotFound
    async with request.app[EDGE].registry.transaction() as tx:
        batch = await _get_batch(tx, request, visit)
        await act(tx, visit.actor, batch.batch_id)
    raise back_to(f"/imports/{batch.batch_id}")


ROUTES: Final = (
    web.get("/imports", signed_in(_list)),
    web.post("/imports", _upload_of_any_size),
    web.get("/imports/template.{kind}", signed_in(_template)),
    web.get("/imports/{batch_id}", signed_in(_show)),
    web.get("/imports/{batch_id}/report.csv", signed_in(_report)),
    web.post("/imports/{batch_id}/{act}", signed_in(_act)),
)
