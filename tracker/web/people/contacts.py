"""My contacts: proving the own number, trying each channel, and choosing among them above the court's
minimum. What is shown here is the reader's own.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, TypeAlias

from aiohttp import web

from notifications.channels.port import ChannelKind
from notifications.reachability import LEAST_WAYS, MAY_BE_SWITCHED_OFF, SetUp
from notifications.texts import Language
from tracker.domain.errors import Conflict, NotFound
from tracker.services.people.channel_tests import ChannelTrial, TrialState, list_tests, send_test, state_of
from tracker.services.people.phone_checks import Checked, send_code, try_code
from tracker.services.people.reach import choose_language, get_reach, switch_off
from tracker.storage import contacts, people
from tracker.storage.transaction import Tx
from tracker.web.errors import told
from tracker.web.fields import Fields, fields_of
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in

PAGE: Final = "/contacts"

FAILURES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "no-provider": ("本院未开通此渠道", "the court has not set this channel up"),
        "no-way": ("没有可达您的途径", "no provider here reaches you this way"),
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
        own = await get_reach(tx, await people.get_person(tx, visit.person_id), edge.settings.set_up)
        tried = await list_tests(tx, visit.actor)
        devices = len(await contacts.list_contacts(tx, [visit.person_id]))
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


async def _receive(request: web.Request, visit: Visit) -> web.StreamResponse:
    """One of the forms of the page, which all come back to its own address."""
    fields = await fields_of(request)
    act = ACTS.get(fields.raw("act"))
    if act is None:
        raise NotFound("form")
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            checked = await act(tx, visit, fields, request.app[EDGE].settings.set_up)
    except Conflict as refusal:
        return await _page(request, visit, refused=told(refusal, visit.language).detail)
    if checked is not None:
        return await _page(request, visit, checked=checked)
    raise back_to(PAGE)


async def _send_code(tx: Tx, visit: Visit, _fields: Fields, _set_up: SetUp) -> None:
    await send_code(tx, visit.actor)


async def _verify(tx: Tx, visit: Visit, fields: Fields, _set_up: SetUp) -> Checked:
    return await try_code(tx, visit.actor, fields.text("code").replace(" ", ""))


async def _test(tx: Tx, visit: Visit, fields: Fields, _set_up: SetUp) -> None:
    channel = fields.choice("channel", tuple(ChannelKind))
    fields.require()
    await send_test(tx, visit.actor, channel)


async def _choose(tx: Tx, visit: Visit, fields: Fields, set_up: SetUp) -> None:
    """The ticked channels stay on."""
    language = fields.choice("language", tuple(Language))
    kept_on = fields.choices("channels", MAY_BE_SWITCHED_OFF)
    fields.require()
    await choose_language(tx, visit.actor, language)
    await switch_off(tx, visit.actor, frozenset(MAY_BE_SWITCHED_OFF) - set(kept_on), set_up)


Act: TypeAlias = Callable[[Tx, Visit, Fields, SetUp], Awaitable[Checked | None]]
ACTS: Final[Mapping[str, Act]] = MappingProxyType(
    {"code": _send_code, "verify": _verify, "test": _test, "choose": _choose}
)
ROUTES = (web.get(PAGE, signed_in(_show)), web.post(PAGE, signed_in(_receive)))
