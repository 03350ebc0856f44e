"""My devices: where a person gets push messages. Each is tested by a notice that the person taps on it.

What must not break: an address that a browser brings is checked before it is kept; the secret of a test comes
back from the device alone, never from this page.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.channels.outbound import UrlFault
from notifications.channels.port import SendResult, Unknown
from notifications.channels.web_push import WebPush, read_subscription
from notifications.delivery import AttemptState
from tracker.domain.devices import DeviceProvider
from tracker.domain.errors import Invalid, NotFound, Problem
from tracker.domain.ids import PersonId
from tracker.services.delivery.reports import Report, receive_report
from tracker.services.people.devices import (
    NewDevice,
    StartedTest,
    add_device,
    begin_test,
    get_device,
    get_owner,
    list_devices,
    receive_seen,
    record_test_sent,
    remove_device,
)
from tracker.storage import people
from tracker.storage.callbacks import keep_callback
from tracker.storage.contacts import ContactId
from tracker.web.callbacks.raw import raw_of
from tracker.web.fields import Fields, fields_of
from tracker.web.security import comes_from_own_page
from tracker.web.settings import EDGE, Edge, PushWays
from tracker.web.visits import Visit, back_to, page, signed_in

SEEN: Final = "/devices/seen"
SHOWN: Final = "/devices/shown"
LONGEST_LABEL: Final = 32
LONGEST_SEND_S: Final = 15.0

_FAULTS: Final = {
    UrlFault.UNREADABLE: ("推送地址无法识别", "the push address cannot be read"),
    UrlFault.NOT_SECURE: ("推送地址须以 https 开头", "the push address must begin with https"),
    UrlFault.UNKNOWN_HOST: (
        "推送服务的地址查不到，请稍后再试",
        "the push service is not found: try again later",
    ),
    UrlFault.PRIVATE: ("推送地址不得通向内部网络", "the push address must not lead into a private network"),
}


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit, visit.person_id)


async def _show_of_other(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit, PersonId(request.match_info["person_id"]))


async def _page(request: web.Request, visit: Visit, person_id: PersonId) -> web.StreamResponse:
    edge = request.app[EDGE]
    async with edge.registry.reading() as tx:
        owner = await get_owner(tx, visit.actor, person_id)
        lines = await list_devices(tx, person_id)
        others = await people.list_people(tx, visit.actor.court_id) if visit.sets_devices else ()
    ways = edge.settings.push
    return page(
        request,
        visit,
        "devices.html",
        owner=owner,
        lines=lines,
        others=others,
        accounts=[one for one in _providers(ways) if one is not DeviceProvider.WEB_PUSH],
        push_key=ways.web_push.public_key if ways.web_push and person_id == visit.person_id else None,
    )


def _providers(ways: PushWays) -> tuple[DeviceProvider, ...]:
    return tuple(one for one in DeviceProvider if one in ways.channels)


async def _add(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Keep a device and send it its first test notice."""
    edge = request.app[EDGE]
    fields = await fields_of(request)
    new = await _new_device(edge.settings.push, fields)
    owner_id = PersonId(fields.raw("owner")) if fields.raw("owner") else visit.person_id
    async with edge.registry.transaction() as tx:
        owner = await get_owner(tx, visit.actor, owner_id)
        if new.provider is DeviceProvider.WEB_PUSH and owner_id != visit.person_id:
            raise NotFound("device")
        started = await begin_test(tx, await add_device(tx, visit.actor, owner, new))
    await _send(edge, started)
    raise _back(visit, owner_id)


async def _new_device(ways: PushWays, fields: Fields) -> NewDevice:
    """What the form brings, with its address checked. Raises Invalid."""
    providers = _providers(ways)
    if not providers:
        raise NotFound("provider")
    provider = fields.choice("provider", providers)
    label = fields.needed_text("label", LONGEST_LABEL)
    address = ""
    if provider is DeviceProvider.WEB_PUSH:
        address = await _subscribed(ways, fields)
    else:
        address = fields.needed_text("account")
    fields.require()
    return NewDevice(provider=provider, label=label, address=address)


async def _subscribed(ways: PushWays, fields: Fields) -> str:
    subscription = read_subscription(fields.raw("subscription"))
    assert ways.outbound is not None
    fault = await ways.outbound.find_fault(subscription.endpoint) if subscription else UrlFault.UNREADABLE
    if subscription is None or fault is not None:
        chinese, english = _FAULTS[fault or UrlFault.UNREADABLE]
        raise Invalid([Problem(field="subscription", zh=chinese, en=english)])
    return subscription.address


async def _test(request: web.Request, visit: Visit) -> web.StreamResponse:
    edge = request.app[EDGE]
    async with edge.registry.transaction() as tx:
        known = await get_device(tx, visit.actor, ContactId(request.match_info["contact_id"]))
        if known.provider not in edge.settings.push.channels:
            raise NotFound("provider")
        started = await begin_test(tx, known)
    await _send(edge, started)
    raise _back(visit, known.person_id)


async def _send(edge: Edge, started: StartedTest) -> None:
    """By the very engine that will send alerts there; no transaction is open meanwhile."""
    channel = edge.settings.push.channels[started.contact.provider]
    result: SendResult
    try:
        async with asyncio.timeout(LONGEST_SEND_S):
            result = await channel.send(started.outgoing)
    except TimeoutError:
        result = Unknown(reason="no answer in time")
    async with edge.registry.transaction() as tx:
        await record_test_sent(tx, started, result)


async def _remove(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.transaction() as tx:
        known = await get_device(tx, visit.actor, ContactId(request.match_info["contact_id"]))
        await remove_device(tx, visit.actor, known)
    raise _back(visit, known.person_id)


def _back(visit: Visit, owner_id: PersonId) -> web.HTTPSeeOther:
    return back_to("/devices" if owner_id == visit.person_id else f"/devices/of/{owner_id}")


async def _receive_seen(request: web.Request) -> web.StreamResponse:
    """From the device itself, which may have no session any more: what it knows is the test's secret."""
    edge = request.app[EDGE]
    if not comes_from_own_page(request.headers, edge.settings.public_url):
        return web.Response(status=HTTPStatus.FORBIDDEN)
    token = (await fields_of(request)).raw("token")
    async with edge.registry.transaction() as tx:
        was_waited_for = await receive_seen(tx, token)
    return web.Response(status=HTTPStatus.NO_CONTENT if was_waited_for else HTTPStatus.NOT_FOUND)


async def _receive_shown(request: web.Request) -> web.StreamResponse:
    """From the device itself: it has shown a message. Push services report nothing of the kind."""
    edge = request.app[EDGE]
    web_push = edge.settings.push.web_push
    if web_push is None or not comes_from_own_page(request.headers, edge.settings.public_url):
        return web.Response(status=HTTPStatus.FORBIDDEN)
    attempt_id = web_push.attempt_of((await fields_of(request)).raw("receipt"))
    if attempt_id is None:
        return web.Response(status=HTTPStatus.FORBIDDEN)
    raw = await raw_of(request, WebPush.name)
    async with edge.registry.transaction() as tx:
        await keep_callback(tx, raw, attempt_id=attempt_id)
        report = Report(attempt_id=attempt_id, provider_id=None, state=AttemptState.DELIVERED, code=None)
        await receive_report(tx, report)
    return web.Response(status=HTTPStatus.NO_CONTENT)


ROUTES = (
    web.get("/devices", signed_in(_show)),
    web.post("/devices", signed_in(_add)),
    web.post(SEEN, _receive_seen),
    web.post(SHOWN, _receive_shown),
    web.get("/devices/of/{person_id}", signed_in(_show_of_other)),
    web.post("/devices/{contact_id}/test", signed_in(_test)),
    web.post("/devices/{contact_id}/remove", signed_in(_remove)),
)
