"""Claims the notices that are due: re-check and choose the way in one transaction, send outside any.

The attempt is committed before the request goes out. What is not wanted any more, or arrived by now, ends
here, at the last moment.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.capabilities import ANYWHERE
from notifications.delivery import DEFINITELY_NOT_TOLD, NoticeState, is_order_to_stop, only_informs
from notifications.providers import Providers
from notifications.routing import Need, in_doubt, is_arranged, is_overdue, may_have_arrived
from notifications.texts import NO_SMS, TextId
from notifications.texts.ids import Asks, asks
from tracker.domain.ids import AlertId, LeaseToken, NoticeId
from tracker.domain.metering import Stage
from tracker.domain.plans import Urgency
from tracker.services.alerts.stand_down_board import STAND_DOWN_TEXTS
from tracker.services.delivery.probes import judge_probe
from tracker.services.delivery.routes import (
    Roads,
    Route,
    find_route,
    find_routes,
    survey,
    take_route,
    tries_of,
    why_no_route,
)
from tracker.services.delivery.sendings import Errand, Sending, Way, add_failed, look_up, new_sending
from tracker.services.delivery.troubled import Troubled
from tracker.services.notices.limits import list_carried
from tracker.storage import alerts, attempts, notice_claims, notices, people
from tracker.storage.alerts import OpenAlert
from tracker.storage.attempts import Attempt
from tracker.storage.engine.one_trip import in_one_trip
from tracker.storage.notices import Notice, next_notice_due
from tracker.storage.sms_stops import list_stops
from tracker.storage.texts import list_texts
from tracker.storage.transaction import Tx

CLAIM_AT_ONCE = 100
LOOKED_UP_FOR = timedelta(minutes=1)
"""So long after its use has ended it is asked for what became of a notice that may have gone out."""

UNTIL_TAKEN = frozenset(
    {
        TextId.PLANNED_JUDGE,
        TextId.PLANNED_DUTY,
        TextId.IMMINENT,
        TextId.BORDER_COUNTER,
        TextId.LADDER,
        TextId.NOBODY_REACHED,
        TextId.NOBODY_DISPATCHED,
    }
)
TELL_A_PLAN = UNTIL_TAKEN | {
    TextId.TRACE,
    TextId.PLAN_CHANGED,
    TextId.ACT_POINT_MOVED,
    TextId.PLAN_CONFIRMED,
    TextId.DISPATCHED,
    TextId.RESUMED,
    TextId.TAKEN,
}
OVERTAKE_PLANS = frozenset({TextId.PLAN_CHANGED, TextId.ACT_POINT_MOVED, TextId.PLAN_ENDED, TextId.PAUSED})
"""Whoever is told of a plan again after one of these is sent where nobody goes any more."""
AFTER_THE_END = frozenset(
    {
        *STAND_DOWN_TEXTS,
        *NO_SMS,
        TextId.AFTER_OUTCOME,
        TextId.PERFORMED_PERSON,
        TextId.DRILL_TAKEN,
        TextId.DRILL_OVER,
    }
)


_ENDED_BY: Mapping[NoticeState, str] = {
    NoticeState.EXPIRED: "notice-expired",
    NoticeState.CANCELLED: "notice-cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """A claimed notice with its attempts so far, the first first, and what it needs. `is_wanted`: it still
    tells something that is to be told.
    """

    notice: Notice
    former: Sequence[Attempt]
    need: Need
    is_wanted: bool


async def claim_sendings(
    tx: Tx, token: LeaseToken, providers: Providers, at_most: int = CLAIM_AT_ONCE
) -> tuple[Sending, ...]:
    """Lease what is due; what is not to be sent any more ends here, and what cannot be said is put off."""
    claim = await notice_claims.claim_due_notices(tx, token, at_most)
    if not claim.notices and not claim.unreadable:
        return ()
    if len(claim.notices) == at_most:
        notice_claims.expect_more_due(tx)
    troubled = Troubled(tx, claim.unreadable)
    claimed = await _read_claimed(tx, claim.notices, troubled) if claim.notices else []
    sendings = await _work_on_all(tx, providers, claimed, troubled, token) if claimed else []
    fresh = [sending.attempt for sending in sendings if sending.errand is Errand.SEND]
    await attempts.add_attempts(tx, fresh)
    await troubled.put_off(token)
    return tuple(sendings)


async def begin_sendings(
    tx: Tx, providers: Providers, written: Sequence[Notice], imminent: Collection[AlertId]
) -> tuple[Sending, ...]:
    """What goes out of notices that are due and about to be written, their attempts still to be committed.
    Of those that cannot be said, or lead nowhere, whoever claims them says so. `imminent`: those of their
    alerts that are.
    """
    roads = await survey(tx, providers, written)
    troubled = Troubled(tx, {})
    sendings: list[Sending] = []
    for notice in written:
        need = need_of(notice.text_id, Urgency.IMMINENT if notice.alert_id in imminent else None)
        with troubled.by_itself(notice):
            routes = await find_routes(tx, roads, notice, need, ())
            if routes:
                new = _Claimed(notice=notice, former=(), need=need, is_wanted=True)
                sendings.append(await _by_the_best(tx, roads, new, routes))
    for sending in sendings:
        _tell_claimed(tx, sending)
    return tuple(sendings)


async def _work_on_all(
    tx: Tx, providers: Providers, claimed: Sequence[_Claimed], troubled: Troubled, token: LeaseToken
) -> list[Sending]:
    roads = await survey(tx, providers, [one.notice for one in claimed])
    sendings: list[Sending] = []
    for one in claimed:
        with troubled.by_itself(one.notice):
            sending = await _work_on(tx, roads, one, token)
            if sending is not None:
                sendings.append(sending)
    return sendings


async def _read_claimed(tx: Tx, waiting: Sequence[Notice], troubled: Troubled) -> list[_Claimed]:
    """What must be known of claimed notices, of those of which it can be read."""
    former: dict[NoticeId, list[Attempt]] = {}
    still_open: dict[AlertId, OpenAlert] = {}
    pages: dict[NoticeId, Sequence[Notice]] = {}

    async def read_attempts(of: Sequence[Notice]) -> None:
        former.update({one.notice_id: [] for one in of})
        for attempt in await attempts.list_attempts(tx, [one.notice_id for one in of]):
            former[attempt.notice_id].append(attempt)

    async def read_open(of: Collection[AlertId]) -> None:
        still_open.update(await alerts.list_open(tx, of) if of else {})

    async def read(of: Sequence[Notice]) -> None:
        await in_one_trip(
            tx, read_attempts(of), _remember_people(tx, of), read_open(_alerts_of([of])), next_notice_due(tx)
        )

    await troubled.read(waiting, read)
    for notice in troubled.others(waiting):
        with troubled.by_itself(notice):
            pages[notice.notice_id] = await _pages_of(tx, notice)
    await read_open(_alerts_of(pages.values()) - _alerts_of([waiting]))
    tried_before = [page for one, told in pages.items() if former[one] for page in told]
    overtaken = await notices.list_overtaken(tx, tried_before, OVERTAKE_PLANS)
    wanted = _find_wanted(pages, still_open, overtaken)
    claimed: list[_Claimed] = []
    for notice in troubled.others(waiting):
        told = _alerts_of([pages[notice.notice_id]])
        urgencies = {still_open[one].urgency for one in told if one in still_open}
        need = need_of(notice.text_id, Urgency.IMMINENT if Urgency.IMMINENT in urgencies else None)
        is_wanted = notice.notice_id in wanted
        tried = former[notice.notice_id]
        claimed.append(_Claimed(notice=notice, former=tried, need=need, is_wanted=is_wanted))
    return claimed


async def _remember_people(tx: Tx, of: Sequence[Notice]) -> None:
    """The receivers, and what every message asks of their court."""
    person_ids = {one.person_id for one in of if one.person_id is not None}
    courts = {one.court_id for one in of}
    await in_one_trip(
        tx,
        people.remember_people(tx, person_ids),
        *(in_one_trip(tx, list_stops(tx, one), list_texts(tx, one)) for one in courts),
    )


async def _work_on(tx: Tx, roads: Roads, claimed: _Claimed, token: LeaseToken) -> Sending | None:
    """What goes out for a claimed notice; None: it has come to its end."""
    notice = claimed.notice
    if notice.text_id is TextId.PROBE:
        judge_probe(tx, roads.providers, notice, claimed.former)
    end = _end_of(tx, claimed)
    sending = await _prepare(tx, roads, claimed) if end is None else None
    doubt = in_doubt(tries_of(claimed.former))
    if end is not None and doubt is not None and tx.at < notice.expires_at + LOOKED_UP_FOR:
        # It is wanted no more, but somebody may have got it: that is found out first.
        sending = await _look_up(tx, roads, claimed, doubt)
    if sending is None:
        _time_claimed(tx, notice)
        await _end(tx, claimed, end or NoticeState.DONE, token)
    else:
        _tell_claimed(tx, sending)
    return sending


def _tell_claimed(tx: Tx, sending: Sending) -> None:
    _time_claimed(tx, sending.notice)
    _tell(tx, "notice-claimed", sending.notice, errand=sending.errand.value)


def _time_claimed(tx: Tx, notice: Notice) -> None:
    tx.timed(Stage.NOTICE_DUE_TO_CLAIMED, notice.due_at, notice.channel.value, until=tx.at)


async def _pages_of(tx: Tx, notice: Notice) -> Sequence[Notice]:
    """What a notice tells: itself, or those for which it stands."""
    return await list_carried(tx, notice) if notice.text_id is TextId.MORE_ALERTS else (notice,)


def _alerts_of(pages: Iterable[Sequence[Notice]]) -> set[AlertId]:
    return {one.alert_id for told in pages for one in told if one.alert_id is not None}


def _find_wanted(
    pages: Mapping[NoticeId, Sequence[Notice]],
    still_open: Mapping[AlertId, OpenAlert],
    overtaken: Collection[NoticeId],
) -> frozenset[NoticeId]:
    """Those of the notices that still tell something that is to be told. `overtaken`: what was written before
    the last change of its alert's plan.
    """

    def is_wanted(page: Notice) -> bool:
        is_past = page.text_id in TELL_A_PLAN and page.notice_id in overtaken
        if is_past or page.cancelled_at is not None:
            return False
        if page.alert_id is None or page.text_id in AFTER_THE_END:
            return True
        alert = still_open.get(page.alert_id)
        return alert is not None and not (page.text_id in UNTIL_TAKEN and alert.is_taken)

    return frozenset(one for one, told in pages.items() if any(is_wanted(page) for page in told))


def need_of(text_id: TextId, urgency: Urgency | None) -> Need:
    """What a text asks of its provider. `urgency`: of its alert, while that is open."""
    is_imminent = urgency is Urgency.IMMINENT and not only_informs(text_id)
    return Need(
        wants_answer=asks(text_id) is not Asks.NOTHING,
        # What is not known of a probe after a minute tells of its provider.
        is_urgent=is_order_to_stop(text_id) or is_imminent or text_id is TextId.PROBE,
    )


def _end_of(tx: Tx, claimed: _Claimed) -> NoticeState | None:
    if claimed.notice.expires_at <= tx.at:
        return NoticeState.EXPIRED
    return None if claimed.is_wanted else NoticeState.CANCELLED


async def _end(tx: Tx, claimed: _Claimed, end: NoticeState, token: LeaseToken) -> None:
    """What may have come to somebody is done, whatever else is true of it."""
    if end in _ENDED_BY:
        _tell(tx, _ENDED_BY[end], claimed.notice)
    may_have_come = any(one.state not in DEFINITELY_NOT_TOLD for one in claimed.former)
    state = NoticeState.DONE if may_have_come else end
    await notices.record_notice(tx, claimed.notice.notice_id, state, token)


def _tell(tx: Tx, event: str, notice: Notice, **fields: str) -> None:
    tx.log(
        event,
        correlation=notice.correlation,
        alert=notice.alert_id,
        notice=notice.notice_id,
        channel=notice.channel.value,
        text=notice.text_id.value,
        **fields,
    )


async def _prepare(tx: Tx, roads: Roads, claimed: _Claimed) -> Sending | None:
    """The next thing to do for a notice; None: there is nothing, it arrived or no way is left."""
    notice, need, tried = claimed.notice, claimed.need, tries_of(claimed.former)
    if is_arranged(tried, need, tx.at):
        return None
    routes = await find_routes(tx, roads, notice, need, tried)
    new = tuple(route for route in routes if route.is_new)
    doubt = in_doubt(tried)
    if doubt is not None and not (new and is_overdue(tried[doubt], need, tx.at)):
        return await _look_up(tx, roads, claimed, doubt, new)
    if not routes:
        if not tried:
            await _give_up(tx, roads, notice)
        return None
    return await _by_the_best(tx, roads, claimed, routes)


async def _by_the_best(tx: Tx, roads: Roads, claimed: _Claimed, routes: Sequence[Route]) -> Sending:
    """A new attempt by the first of these ways."""
    notice, tried = claimed.notice, tries_of(claimed.former)
    take_route(tx, roads, notice, routes[0], tried)
    way = Way(
        route=routes[0],
        fallbacks=tuple(route for route in routes[1:] if route.is_new),
        others_ready_at=_ready_at(tx, roads, notice, [one for one in routes[1:] if not one.is_new]),
        is_urgent=claimed.need.is_urgent,
        is_repeat=may_have_arrived(tried),
    )
    return await new_sending(tx, notice, way)


async def _look_up(
    tx: Tx, roads: Roads, claimed: _Claimed, doubt: int, fallbacks: tuple[Route, ...] = ()
) -> Sending:
    attempt = claimed.former[doubt]
    route = await find_route(tx, roads, claimed.notice, attempt.provider) or _nowhere(attempt.provider)
    way = Way(route=route, fallbacks=fallbacks, is_urgent=claimed.need.is_urgent)
    return await look_up(tx, claimed.notice, attempt, way)


def _ready_at(tx: Tx, roads: Roads, notice: Notice, again: Sequence[Route]) -> datetime | None:
    """When the first of the providers that asked to be tried again may be; None: there is none."""
    ready = (roads.providers.ready_at(notice.channel, one.provider, tx.at) for one in again)
    return min(ready, default=None)


def _nowhere(provider: str) -> Route:
    """A way that is there no more."""
    return Route(provider=provider, address="", country=ANYWHERE)


async def _give_up(tx: Tx, roads: Roads, notice: Notice) -> None:
    """Nothing here can send this notice. It ends as failed, so that the others go out."""
    code = await why_no_route(tx, roads, notice)
    _tell(tx, "no-provider", notice, why=code)
    await add_failed(tx, notice, "none", code)
