"""The page of all phones: what came to each, and a box to answer from it."""

from dataclasses import dataclass

from aiohttp import web

from notifications.channels.recorder import RecorderChannel
from scripts.demo.pages import DEMONSTRATION, own_posts_only, show
from scripts.demo.phones import OWNERS, Bubble, Owner
from tracker.services.answers.replies import receive_reply

LONGEST_REPLY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BubbleView:
    """`offers`: the code that the message asks for, until somebody answered with it."""

    bubble: Bubble
    offers: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneView:
    owner: Owner
    bubbles: tuple[BubbleView, ...]


async def _show(request: web.Request) -> web.StreamResponse:
    phones = request.app[DEMONSTRATION].phones
    views = [PhoneView(owner=owner, bubbles=_views(phones.on(owner.phone))) for owner in OWNERS]
    return show(request, "phones.html", phones=views)


def _views(bubbles: tuple[Bubble, ...]) -> tuple[BubbleView, ...]:
    views: list[BubbleView] = []
    answered: set[str] = set()
    for bubble in reversed(bubbles):
        if bubble.channel is None:
            answered.add(bubble.text)
        offers = bubble.code if bubble.code not in answered else None
        views.append(BubbleView(bubble=bubble, offers=offers))
    return tuple(reversed(views))


@own_posts_only
async def _reply(request: web.Request) -> web.StreamResponse:
    """Sent from a phone of the page, and taken like any inbound SMS."""
    demonstration = request.app[DEMONSTRATION]
    form = await request.post()
    phone = str(form.get("phone", ""))
    text = str(form.get("code") or form.get("text", ""))[:LONGEST_REPLY].strip()
    if phone not in {owner.phone for owner in OWNERS}:
        raise web.HTTPNotFound
    if text:
        async with demonstration.registry.transaction() as tx:
            meaning = await receive_reply(tx, phone, text, provider=RecorderChannel.name)
        demonstration.phones.keep_reply(phone, text, meaning)
    raise web.HTTPSeeOther("/demo/phones")


ROUTES = (web.get("/demo/phones", _show), web.post("/demo/phones", _reply))
