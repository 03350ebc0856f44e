"""`/metrics` of an adapter: how long its stretches of the path take, and how its list and its store stand."""

from collections.abc import Iterator, Sequence

from aiohttp import web

from adapters.edge.edge import EdgeState
from adapters.edge.settings import EdgeStage
from adapters.metrics import CONTENT_TYPE, Metrics, Reading
from adapters.screening import FeedCondition, Trust
from adapters.station import Station


def measured(app: web.Application, station: Station) -> web.Application:
    """The adapter's local API with `/metrics`; edges of the station are measured from now on."""
    metrics = Metrics("adapter", {stage: () for stage in EdgeStage}, {})
    station.timed = metrics.timed

    async def show(_request: web.Request) -> web.StreamResponse:
        text = metrics.text(await _readings(station))
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/metrics", show)
    return app


async def _readings(station: Station) -> Sequence[Reading]:
    own: list[Reading] = [
        ("bus_is_away", {}, float(station.bus_trouble() is not None)),
        ("has_keys", {}, float(station.edge is not None)),
    ]
    screeners = station.screeners()
    if screeners is not None:
        own += [("screeners_wanted", {}, screeners.wanted), ("screeners_screening", {}, screeners.screening)]
    return own if station.edge is None else [*own, *readings_of(await station.edge.state())]


def readings_of(state: EdgeState) -> Iterator[Reading]:
    """The state of an edge as gauges; of a condition and a trust, the one that holds is 1."""
    yield "feed_sequence", {"epoch": str(state.epoch), "incarnation": str(state.incarnation)}, state.sequence
    yield "list_references", {}, state.count
    yield "tombstones", {}, state.tombstones
    yield "journeys_unanswered", {}, float(state.journeys_trouble is not None)
    yield "hits_waiting", {}, state.waiting_hits
    yield "reports_waiting", {}, state.waiting_reports
    for refused in state.refused:
        yield "refused_messages", {"kind": refused.kind}, refused.times
    for condition in FeedCondition:
        yield "feed_condition", {"condition": condition.value}, float(state.condition is condition)
    for trust in Trust:
        yield "trust", {"trust": trust.value}, float(state.trust is trust)
    if state.heard_at is not None:
        yield "court_heard_timestamp_seconds", {}, state.heard_at.timestamp()
