"""The proof of an alert: everything that was sent, tried, called back and answered, as page and as file."""

from aiohttp import web

from tracker.domain.alerts import Alert
from tracker.domain.errors import NotFound
from tracker.domain.ids import AlertId
from tracker.services.audit import About
from tracker.services.proof.file import proof_file, record_export
from tracker.services.proof.gathering import Proof, gather_proof
from tracker.storage import alerts
from tracker.storage.transaction import Tx
from tracker.web.reading import Look, record_look
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, page, signed_in
from tracker.web.words.labels import UNREADABLE


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        alert = await _own(tx, visit, request)
        proof = await gather_proof(tx, visit.actor, alert)
        titles = await _titles(tx, visit, proof)
    look = Look(about=About(kind="alert", key=alert.alert_id), purpose="proof page")
    await record_look(registry, visit.actor, look)
    return page(
        request, visit, "proof.html", proof=proof, titles=titles, unreadable=UNREADABLE[visit.language]
    )


async def _titles(tx: Tx, visit: Visit, proof: Proof) -> dict[str, str]:
    people = {one.person_id for one in proof.steps if one.person_id is not None}
    actors = {one.event.actor for one in proof.links}
    return {one: await title_of(tx, one, visit.language) for one in people | actors}


async def _export(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.transaction() as tx:
        alert = await _own(tx, visit, request)
        proof = await gather_proof(tx, visit.actor, alert)
        content = proof_file(proof, tx.at, visit.person_id)
        await record_export(tx, visit.actor, alert, content)
    name = f"proof-{alert.alert_id}.json"
    return web.Response(
        body=content,
        content_type="application/json",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _own(tx: Tx, visit: Visit, request: web.Request) -> Alert:
    alert = await alerts.get_alert(tx, AlertId(request.match_info["alert_id"]))
    if alert.court_id != visit.actor.court_id:
        raise NotFound("alert")
    return alert


ROUTES = (
    web.get("/alerts/{alert_id}/proof", signed_in(_show)),
    web.post("/alerts/{alert_id}/proof", signed_in(_export)),
)
