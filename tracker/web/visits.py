"""Who is looking: a signed-in person in a browser, asked for by every page of the console.

What must not break: no handler of the console runs without a session, and none that changes anything runs
without the session's own form token and a browser that vouches for our own page.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from aiohttp import web

from tracker.domain.authorisation import Action, Relation, is_granted
from tracker.domain.errors import TrackerError
from tracker.domain.ids import PersonId
from tracker.domain.people import Actor, Role
from tracker.storage import people, sessions
from tracker.storage.people import Person
from tracker.storage.sessions import Session
from tracker.web.errors import told
from tracker.web.kept_forms import CSRF_FIELD, SHOWN_AGAIN_FIELD, KeptForm, kept_form, seal_form
from tracker.web.rendering import LANGUAGES
from tracker.web.security import LANGUAGE_LASTS_S, comes_from_own_page, is_own_form, session_cookie
from tracker.web.settings import EDGE

LANGUAGE_COOKIE: Final = "language"
IS_SHOWN_AGAIN: Final = web.RequestKey("is_shown_again", bool)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A signed-in person at work. `token` is what the cookie holds."""

    actor: Actor
    person: Person
    session: Session
    token: str
    language: str

    @property
    def person_id(self) -> PersonId:
        return self.actor.person_id

    @property
    def registers(self) -> bool:
        """Whether the person registers entries anywhere; for which case is asked when a form is sent."""
        return is_granted(Action.REGISTER, {(role, Relation.OWN_TEAM) for role in self.actor.roles})

    @property
    def audits(self) -> bool:
        return self._may_anywhere(Action.READ_AUDIT)

    @property
    def reads_refused(self) -> bool:
        return self._may_anywhere(Action.READ_REFUSED)

    @property
    def sees_reach(self) -> bool:
        return self._may_anywhere(Action.SEE_REACH)

    @property
    def manages_people(self) -> bool:
        return self._may_anywhere(Action.MANAGE_PEOPLE)

    @property
    def sets_devices(self) -> bool:
        """Of others; everybody sets their own."""
        return self._may_anywhere(Action.SET_DEVICES)

    @property
    def edits_ladders(self) -> bool:
        return self._may_anywhere(Action.EDIT_LADDERS)

    @property
    def edits_texts(self) -> bool:
        return self._may_anywhere(Action.EDIT_TEXTS)

    @property
    def keeps_desk(self) -> bool:
        return Role.COMMAND_DESK in self.actor.roles

    def _may_anywhere(self, action: Action) -> bool:
        return is_granted(action, {(role, Relation.ANY) for role in self.actor.roles})

    def says(self, chinese: str, english: str) -> str:
        return chinese if self.language == "zh" else english


VisitHandler: TypeAlias = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]


def signed_in(handler: VisitHandler, *, most_bytes: int | None = None, keeps: bool = True) -> Handler:
    """The handler for people with a session; others are asked to sign in. `most_bytes`: of a form with a
    file, which is kept on the disk meanwhile. `keeps`: what comes in after the session's end is worth asking
    again.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        visit = await find_visit(request)
        if visit is None:
            return await _ask_to_sign_in(request, keeps=keeps and most_bytes is None)
        if most_bytes is None:
            return await _answer(handler, request, visit)
        roomy = request.clone(client_max_size=most_bytes)
        sent = await roomy.post()
        try:
            return await _answer(handler, roomy, visit)
        finally:
            for one in sent.values():
                if isinstance(one, web.FileField):
                    one.file.close()

    return handle


async def _ask_to_sign_in(request: web.Request, *, keeps: bool) -> web.StreamResponse:
    """Who has typed something gets it back after signing in."""
    kept = await seal_form(request, request.path) if keeps and request.method == "POST" else None
    if kept is None:
        raise web.HTTPSeeOther(f"/sign-in?next={quote(_way_back(request), safe='/')}")
    return sign_in_page(request, SignInForm(kept=kept), status=HTTPStatus.UNAUTHORIZED)


async def _answer(handler: VisitHandler, request: web.Request, visit: Visit) -> web.StreamResponse:
    if request.method == "POST" and not await is_own_post(request, visit):
        if await _is_of_former_session(request, visit):
            return kept_page(request, visit, kept_form(await request.post(), request.path))
        return refusal_of_form(request, visit)
    if request.method == "POST":
        request[IS_SHOWN_AGAIN] = SHOWN_AGAIN_FIELD in await request.post()
    try:
        return await handler(request, visit)
    except TrackerError as error:
        refused = told(error, visit.language)
        return page(request, visit, "refused.html", status=refused.status, refused=refused)


def is_shown_again(request: web.Request) -> bool:
    """Whether the form is only shown as it was typed before the session ended; nothing is done by it."""
    return IS_SHOWN_AGAIN in request and request[IS_SHOWN_AGAIN]


async def find_visit(request: web.Request) -> Visit | None:
    """The session of the request's cookie, while it lasts."""
    edge = request.app[EDGE]
    token = request.cookies.get(session_cookie(is_https=edge.settings.is_https))
    if not token:
        return None
    return await visit_with(request, token)


async def visit_with(request: web.Request, token: str) -> Visit | None:
    """The session of a token, while it lasts."""
    edge = request.app[EDGE]
    async with edge.registry.reading() as tx:
        session = await sessions.find_session(tx, token)
        if session is None:
            return None
        person = await people.get_person(tx, session.person_id)
        actor = await people.get_actor(tx, session.person_id)
    if person.court_id != edge.settings.court_id:
        return None
    return Visit(actor=actor, person=person, session=session, token=token, language=language_of(request))


async def is_own_post(request: web.Request, visit: Visit) -> bool:
    """Whether the form is ours: sent from our own page, with the session's own token."""
    if not comes_from_own_page(request.headers, request.app[EDGE].settings.public_url):
        return False
    return is_own_form((await request.post()).get(CSRF_FIELD), visit.session.csrf_token)


async def _is_of_former_session(request: web.Request, visit: Visit) -> bool:
    """Whether the same person, on our own page, had typed it before signing in again."""
    edge = request.app[EDGE]
    token = (await request.post()).get(CSRF_FIELD)
    if not isinstance(token, str) or not comes_from_own_page(request.headers, edge.settings.public_url):
        return False
    async with edge.registry.reading() as tx:
        return await sessions.is_session_of(tx, visit.person_id, token)


def kept_page(request: web.Request, visit: Visit, kept: KeptForm) -> web.Response:
    """What was typed before the session ended, for its owner to send, or to look at first."""
    return page(request, visit, "kept.html", kept=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInForm:
    """`kept`: what was typed before, sealed."""

    login: str = ""
    message: str | None = None
    leads_to: str = "/"
    kept: str = field(default="", repr=False)


def sign_in_page(request: web.Request, form: SignInForm, *, status: HTTPStatus) -> web.Response:
    return page(request, None, "sign_in.html", status=status, form=form)


def refusal_of_form(request: web.Request, visit: Visit) -> web.Response:
    """A form that is not ours, or one from before the last signing in."""
    return page(request, visit, "stale.html", status=HTTPStatus.FORBIDDEN)


def language_of(request: web.Request) -> str:
    """What the reader chose, else what the court set."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else request.app[EDGE].settings.language


@web.middleware
async def choose_language(request: web.Request, handler: Handler) -> web.StreamResponse:
    """`?lang=en` is remembered, and gone from the address."""
    chosen = request.query.get("lang")
    if request.method != "GET" or chosen not in LANGUAGES:
        return await handler(request)
    here = web.HTTPSeeOther(request.rel_url.without_query_params("lang"))
    is_https = request.app[EDGE].settings.is_https
    here.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=LANGUAGE_LASTS_S, secure=is_https, httponly=True, samesite="Strict"
    )
    raise here


@web.middleware
async def show_missing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An address that leads nowhere, or not this way, shows a page of ours."""
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed, web.HTTPRequestEntityTooLarge) as missing:
        return page(request, await find_visit(request), "missing.html", status=missing.status)


def page(
    request: web.Request, visit: Visit | None, template: str, *, status: int = HTTPStatus.OK, **shown: Any
) -> web.Response:
    """A page of the console, in the reader's language."""
    edge = request.app[EDGE]
    text = edge.pages.render(
        template,
        visit.language if visit else language_of(request),
        visit=visit,
        path=request.path,
        at=edge.registry.now(),
        is_shown_again=is_shown_again(request),
        **shown,
    )
    return web.Response(text=text, content_type="text/html", status=status)


def back_to(address: str) -> web.HTTPSeeOther:
    """Where a change leads: to the page that shows it."""
    return web.HTTPSeeOther(address)


def is_own_address(address: str) -> bool:
    """Whether it is a path of this console, and no other host's in disguise."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()


def _way_back(request: web.Request) -> str:
    return request.path if request.method == "GET" else "/"
