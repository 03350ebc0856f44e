"""My contacts: proving the own number, trying each channel, and choosing among them above the court's
minimum. What is shown here is the reader's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from aiohttp import web

from notifications.channels.port import ChannelKind
from notifications.reachability import LEAST_WAYS, MAY_BE_SWITCHED_OFF
from notifications.texts import Language
from tracker.domain.errors import Conflict
from tracker.services.channel_tests import ChannelTrial, TrialState, list_tests, send_test, state_of
from tracker.services.phone_checks import Checked, send_code, try_code
from tracker.services.reach import choose_language, get_reach, switch_off
from tracker.storage import contacts, people
from tracker.web.errors import told
from tracker.web.fields import fields_of
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in

PAGE: Final = "/contacts"

FAILURES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no-provider": ("本院未开通此渠道", "the court has not set this channel up"),
        "wants-no-messages": (
            "您已回复退订，回复“恢复”可重新接收",
            "you replied STOP: reply START to get SMS again",
        ),
        "demo-number": ("演示号码，不会真正发送", "a number of the demonstration: nothing is sent"),
        "unreachable": ("暂时连不上服务商", "the provider could not be reached"),
    }
)
"""Why the service itself sent nothing. A provider's own code is shown as it is, for whoever asks there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLine:
    """One channel; `state` None: not tried within a day."""

    channel: ChannelKind
    state: TrialState | None
    why: str


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    return await _page(request, visit)


async def _page(
    request: web.Request, visit: Visit, checked: Checked | None = None, refused: str = ""
) -> web.Response:
    edge = request.app[EDGE]
    async with edge.registry.reading() as tx:
        own = await get_reach(tx, await people.get_person(tx, visit.person_id), edge.settings.providers)
        tried = await list_tests(tx, visit.actor)
        devices = await contacts.list_contacts(tx, [visit.person_id])
    return page(
        request,
        visit,
        "contacts.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused or _failed(checked) else HTTPStatus.OK,
        own=own,
        trials=tuple(_line(visit, kind, tried.get(kind)) for kind in ChannelKind),
        devices=devices,
        least=LEAST_WAYS,
        choices=MAY_BE_SWITCHED_OFF,
        languages=tuple(Language),
        checked=checked,
        refused=refused,
    )


def _failed(checked: Checked | None) -> bool:
    return checked in (Checked.WRONG, Checked.OVER)


def _line(visit: Visit, kind: ChannelKind, trial: ChannelTrial | None) -> TrialLine:
    if trial is None:
        return TrialLine(channel=kind, state=None, why="")
    state = state_of(trial)
    return TrialLine(channel=kind, state=state, why=_why(visit, trial) if state is TrialState.FAILED else "")


def _why(visit: Visit, trial: ChannelTrial) -> str:
    if trial.attempt is None:
        return visit.says("未能及时发出", "it was not sent in time")
    code = trial.attempt.code or "-"
    if code in FAILURES:
        return visit.says(*FAILURES[code])
    return visit.says(f"服务商未能送达，代码{code}", f"the provider did not deliver it, code {code}")


async def _send_code(request: web.Request, visit: Visit) -> web.StreamResponse:
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            await send_code(tx, visit.actor)
    except Conflict as too_often:
        return await _page(request, visit, refused=told(too_often, visit.language).detail)
    raise back_to(f"{PAGE}#phone")


async def _verify(request: web.Request, visit: Visit) -> web.StreamResponse:
    code = (await fields_of(request)).text("code").replace(" ", "")
    async with request.app[EDGE].registry.transaction() as tx:
        checked = await try_code(tx, visit.actor, code)
    return await _page(request, visit, checked=checked)


async def _test(request: web.Request, visit: Visit) -> web.StreamResponse:
    fields = await fields_of(request)
    channel = fields.choice("channel", tuple(ChannelKind))
    fields.require()
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            await send_test(tx, visit.actor, channel)
    except Conflict as too_often:
        return await _page(request, visit, refused=told(too_often, visit.language).detail)
    raise back_to(f"{PAGE}#tests")


async def _choose(request: web.Request, visit: Visit) -> web.StreamResponse:
    """The ticked channels stay on."""
    edge, fields = request.app[EDGE], await fields_of(request)
    language = fields.choice("language", tuple(Language))
    kept_on = fields.choices("channels", MAY_BE_SWITCHED_OFF)
    fields.require()
    try:
        async with edge.registry.transaction() as tx:
            await choose_language(tx, visit.actor, language)
            off = frozenset(MAY_BE_SWITCHED_OFF) - set(kept_on)
            await switch_off(tx, visit.actor, off, edge.settings.providers)
    except Conflict as too_few:
        return await _page(request, visit, refused=told(too_few, visit.language).detail)
    raise back_to(f"{PAGE}#choices")


ROUTES = (
    web.get(PAGE, signed_in(_show)),
    web.post(f"{PAGE}/code", signed_in(_send_code)),
    web.post(f"{PAGE}/verify", signed_in(_verify)),
    web.post(f"{PAGE}/test", signed_in(_test)),
    web.post(f"{PAGE}/choices", signed_in(_choose)),
)
