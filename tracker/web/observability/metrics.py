"""`/metrics`: what was measured of the path, and what waits at this moment, as text for Prometheus.

For the court's own network. What must not break: nothing is told to whoever comes through the public proxy,
since numbers that move when a webhook is posted would tell whether its person is on the list.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

import structlog
from aiohttp import web

from adapters.metrics import CONTENT_TYPE, Metrics, Reading
from notifications.health import Circuit
from notifications.providers import Standing
from tracker.domain.lateness import Work
from tracker.domain.metering import HAPPENING_LABELS, STAGE_LABELS, Meter
from tracker.services.delivery.probes import LastProbe, list_last_probes
from tracker.services.people.reach import list_reach
from tracker.services.proof.lateness import Late, list_late
from tracker.storage.backlog import Backlog, Queue, read_backlog
from tracker.storage.registry import AWAY
from tracker.web.settings import EDGE, Edge

# Headers of requests that somebody passed on.
PASSED_ON: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")

_log = structlog.get_logger(__name__)


@runtime_checkable
class Exposition(Meter, Protocol):
    """A meter that can show what it has taken."""

    def text(self, readings: Iterable[Reading] = ()) -> bytes: ...


READ_WITHIN_S: Final = 5.0
"""Half of what a scraper waits by default."""
METRICS: Final = web.AppKey("metrics", Exposition)


def court_metrics() -> Metrics:
    """A new meter for one court's process."""
    return Metrics("tracker", STAGE_LABELS, HAPPENING_LABELS)


def add_metrics(app: web.Application, metrics: Exposition) -> None:
    """Answer `/metrics` in a court's application."""
    app[METRICS] = metrics
    app.router.add_get("/metrics", _show)


async def _show(request: web.Request) -> web.StreamResponse:
    if any(name in request.headers for name in PASSED_ON):
        raise web.HTTPNotFound
    edge = request.app[EDGE]
    standings = readings_of_providers(edge.settings.providers.standings(edge.registry.now()))
    text = request.app[METRICS].text((*await _of_the_books(edge), *standings))
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


async def _of_the_books(edge: Edge) -> Sequence[Reading]:
    """What waits; while the books cannot be read only that, for the rest is this process's own."""
    try:
        async with asyncio.timeout(READ_WITHIN_S), edge.registry.reading() as tx:
            backlog = await read_backlog(tx, edge.settings.court_id)
            staff = await list_reach(tx, edge.settings.court_id, edge.settings.set_up)
            late = await list_late(tx)
            probes = await list_last_probes(tx, edge.settings.court_id)
    except AWAY as error:
        _log.warning("books-not-read", error=type(error).__name__)
        return (("books_unread", {}, 1),)
    gaps: Reading = ("people_with_a_gap", {}, sum(one.is_gap for one in staff))
    return (
        *readings_of(backlog),
        *lateness_of(late),
        *readings_of_probes(probes),
        gaps,
        ("books_unread", {}, 0),
    )


def readings_of(backlog: Backlog) -> Iterator[Reading]:
    """Each thing that waits as a gauge."""
    queues = {
        "outbox": backlog.outbox,
        "inbox": backlog.inbox,
        "due_work": backlog.late_due_work,
        "notices": backlog.late_notices,
    }
    for name, queue in queues.items():
        yield from _waiting(queue, queue=name)
    yield "notices_not_done", {}, backlog.notices_waiting
    yield "alerts_open", {}, backlog.open_alerts
    yield "audit_events_unsealed", {}, backlog.audit_unsealed
    for feed in backlog.feeds:
        yield from _waiting(feed.unnumbered, queue=f"feed.{feed.agency_id}")
        yield "feed_changes_unpublished", {"agency": feed.agency_id}, feed.unpublished
    for lag in backlog.replicas:
        of = {"agency": lag.agency_id, "instance": lag.instance}
        yield "replica_changes_behind", of, lag.changes_behind
        if lag.silent_s is not None:
            yield "replica_receipt_age_seconds", of, lag.silent_s
        if lag.canary_age_s is not None:
            yield "canary_age_seconds", of, lag.canary_age_s


def readings_of_providers(standings: Iterable[Standing]) -> Iterator[Reading]:
    """How each provider works, as this process has seen it."""
    for one in standings:
        of = {"provider": one.provider, "channel": one.kind.value}
        yield "provider_score", of, one.score
        yield "provider_circuit_open", of, float(one.circuit is not Circuit.CLOSED)


def readings_of_probes(last: Mapping[str, LastProbe]) -> Iterator[Reading]:
    """What became of the latest probe by each provider that has a test number."""
    for provider, probe in last.items():
        yield "probe_delivered", {"provider": provider}, float(probe.delay_s is not None)
        if probe.delay_s is not None:
            yield "probe_seconds", {"provider": provider}, probe.delay_s


def lateness_of(late: Sequence[Late]) -> Iterator[Reading]:
    """By how many seconds each kind of work is late that should be done by now; 0 for what is on time."""
    by_s = {one.what: one.by_s for one in late}
    for work in Work:
        yield "work_late_seconds", {"work": work.name.lower().replace("_", "-")}, by_s.get(work, 0)


def _waiting(rows: Queue, *, queue: str) -> Iterator[Reading]:
    yield "waiting", {"queue": queue}, rows.waiting
    yield "waiting_oldest_seconds", {"queue": queue}, rows.oldest_s
