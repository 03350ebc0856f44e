"""The page behind the link of a push: two buttons, and no session.

What must not break: a GET or HEAD changes nothing, since previews of links open them; the page shows no more
than the message that bore its link; and a link that does not work says nothing about why.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from notifications.texts import Facts
from tracker.services.answers.one_tap import PLACE, Act, Offer, Tapped, find_offer, tap
from tracker.services.notices.facts import facts_of
from tracker.storage import alert_acts, people
from tracker.storage.transaction import Tx
from tracker.web.alerts.acts import AlertActs, acts_on
from tracker.web.security import comes_from_own_page
from tracker.web.settings import EDGE
from tracker.web.titles import title
from tracker.web.visits import language_of

MOST_MISSES: Final = 30
"""From one address within a minute."""
MOST_BYTES: Final = 1_000


class Misses:
    """Counts links that do not work, by address and minute. Links that work are never counted: behind a proxy
    all the court's people have one address, and a stranger's guesses must not keep them from taking.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._minute = ""
        self._counts: Counter[str] = Counter()

    def is_too_many(self, address: str) -> bool:
        """Count one more."""
        minute = f"{self._now():%Y-%m-%d %H:%M}"
        if minute != self._minute:
            self._minute, self._counts = minute, Counter()
        self._counts[address] += 1
        return self._counts[address] > MOST_MISSES


@dataclass(frozen=True, slots=True, kw_only=True)
class TapPage:
    """What the page shows: `facts` are those of the message; `taker`: who has it, `is_mine`: the reader."""

    offer: Offer
    language: str
    facts: Facts
    acts: AlertActs
    taker: str | None
    is_mine: bool


MISSES: Final = web.AppKey("misses", Misses)


async def _show(request: web.Request) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        offer = await find_offer(tx, request.match_info["token"])
        shown = None if offer is None else await _gather(tx, offer)
    if shown is None:
        return _plain(request)
    return _page(request, shown.language, shown=shown, came_of_it=None)


async def _gather(tx: Tx, offer: Offer) -> TapPage:
    reader = await people.get_person(tx, offer.link.person_id)
    takings = await alert_acts.list_standing_takings(tx, offer.alert.alert_id)
    takers = [title(await people.get_person(tx, one.person_id), reader.language) for one in takings]
    return TapPage(
        offer=offer,
        language=reader.language,
        facts=await facts_of(tx, offer.alert, reader),
        acts=await acts_on(tx, await people.get_actor(tx, reader.person_id), offer.alert),
        taker=("、" if reader.language == "zh" else ", ").join(takers) or None,
        is_mine=any(one.person_id == reader.person_id for one in takings),
    )


async def _receive(request: web.Request) -> web.StreamResponse:
    edge = request.app[EDGE]
    token = request.match_info["token"]
    if not comes_from_own_page(request.headers, edge.settings.public_url):
        return _plain(request, HTTPStatus.FORBIDDEN)
    form = await request.clone(client_max_size=MOST_BYTES).post()
    act = next((one for one in Act if one == form.get("act")), None)
    if act is None:
        return _plain(request)
    async with edge.registry.transaction() as tx:
        # Read first: a link that was used leads nowhere.
        offer = await find_offer(tx, token)
        came_of_it = await tap(tx, token, act, str(form.get("plan_version", "")))
        shown = None if offer is None else await _gather(tx, offer)
    if shown is None or came_of_it is Tapped.ENDED:
        return _plain(request)
    return _page(request, shown.language, shown=shown, came_of_it=came_of_it)


def _plain(request: web.Request, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> web.Response:
    """The same for unknown, used and expired links."""
    if request.app[MISSES].is_too_many(request.remote or ""):
        status = HTTPStatus.TOO_MANY_REQUESTS
    return _page(request, language_of(request), status=status, shown=None, came_of_it=None)


def _page(
    request: web.Request, language: str, *, status: HTTPStatus = HTTPStatus.OK, **shown: Any
) -> web.Response:
    edge = request.app[EDGE]
    text = edge.pages.render("tap.html", language, **shown)
    return web.Response(text=text, content_type="text/html", status=status)


def add_taps(app: web.Application) -> None:
    """The pages behind links, which ask for no session."""
    app[MISSES] = Misses(app[EDGE].registry.now)
    app.add_routes([web.get(f"{PLACE}{{token}}", _show), web.post(f"{PLACE}{{token}}", _receive)])
