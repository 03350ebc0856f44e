"""Signing in and out. Whether login or password was wrong is not said, and neither is kept anywhere."""

from dataclasses import replace
from http import HTTPStatus

from aiohttp import web

from tracker.services.people.sign_in import (
    SignedIn,
    TooManyGuesses,
    WrongPassword,
    is_right,
    open_guess,
    record_guess,
)
from tracker.storage import sessions
from tracker.storage.registry import Registry
from tracker.web.kept_forms import ADDRESS_FIELD, KEPT_FIELD, kept_form, open_form, seal_form
from tracker.web.security import comes_from_own_page, drop_session, set_session
from tracker.web.settings import EDGE
from tracker.web.visits import (
    SignInForm,
    Visit,
    back_to,
    find_visit,
    is_own_address,
    is_own_post,
    kept_page,
    language_of,
    sign_in_page,
    signed_in,
    visit_with,
)

LONGEST_FIELD = 200


async def show_sign_in(request: web.Request) -> web.Response:
    return sign_in_page(request, SignInForm(leads_to=_own(request.query.get("next"))), status=HTTPStatus.OK)


async def receive_sign_in(request: web.Request) -> web.StreamResponse:
    """Open a session and lead to the page that was asked for, or to what was typed before."""
    edge = request.app[EDGE]
    form = await _read(request)
    if not comes_from_own_page(request.headers, edge.settings.public_url):
        refused = SignInForm(message=_elsewhere(request), leads_to=form.leads_to)
        return sign_in_page(request, refused, status=HTTPStatus.FORBIDDEN)
    password = str((await request.post()).get("password", ""))[:LONGEST_FIELD]
    result = await _sign_in(edge.registry, form.login, password)
    if not isinstance(result, SignedIn):
        refused = replace(form, message=_refusal(request, result))
        return sign_in_page(request, refused, status=HTTPStatus.UNAUTHORIZED)
    typed = await _what_was_typed(request, form, result)
    if typed is not None:
        set_session(typed, result.token, is_https=edge.settings.is_https)
        return typed
    answer = back_to(form.leads_to)
    set_session(answer, result.token, is_https=edge.settings.is_https)
    raise answer


async def _read(request: web.Request) -> SignInForm:
    sent = await request.post()
    login, kept = (str(sent.get(name, "")) for name in ("login", KEPT_FIELD))
    return SignInForm(login=login[:LONGEST_FIELD], kept=kept, leads_to=_own(sent.get("next")))


async def _what_was_typed(
    request: web.Request, form: SignInForm, signed_in_now: SignedIn
) -> web.Response | None:
    if not form.kept:
        return None
    async with request.app[EDGE].registry.transaction() as tx:
        kept = await open_form(tx, form.kept, signed_in_now.session.person_id)
    visit = await visit_with(request, signed_in_now.token)
    return kept_page(request, visit, kept) if kept is not None and visit is not None else None


async def receive_written(request: web.Request) -> web.StreamResponse:
    """A page that may stay no longer sends what is being written on it: that is kept, and nothing is done."""
    sent = await request.post()
    address = _own(sent.get(ADDRESS_FIELD))
    visit = await find_visit(request)
    if visit is not None and await is_own_post(request, visit):
        return kept_page(request, visit, kept_form(sent, address))
    kept = await seal_form(request, address) or ""
    return sign_in_page(request, SignInForm(kept=kept), status=HTTPStatus.OK)


def _own(address: object) -> str:
    return address if isinstance(address, str) and is_own_address(address) else "/"


async def _sign_in(
    registry: Registry, login: str, password: str
) -> SignedIn | WrongPassword | TooManyGuesses:
    """The password is checked between the transactions: every other writer would wait for it."""
    async with registry.reading() as tx:
        guess = await open_guess(tx, login)
    if isinstance(guess, TooManyGuesses):
        return guess
    right = await is_right(guess, password)
    async with registry.transaction() as tx:
        return await record_guess(tx, guess, right=right)


async def _sign_out(request: web.Request, visit: Visit) -> web.StreamResponse:
    edge = request.app[EDGE]
    async with edge.registry.transaction() as tx:
        await sessions.end_session(tx, visit.token)
    answer = web.HTTPSeeOther("/sign-in")
    drop_session(answer, is_https=edge.settings.is_https)
    raise answer


def _refusal(request: web.Request, result: WrongPassword | TooManyGuesses) -> str:
    in_chinese = language_of(request) == "zh"
    match result:
        case WrongPassword():
            return "用户名或密码不正确，请重新输入。" if in_chinese else "Wrong login or password: try again."
        case TooManyGuesses(minutes=minutes):
            chinese = f"错误次数过多，该用户名暂停登录，请{minutes}分钟后再试。"
            english = f"Too many wrong passwords: this login is closed, try again in {minutes} minutes."
            return chinese if in_chinese else english


def _elsewhere(request: web.Request) -> str:
    if language_of(request) == "zh":
        return "登录请求不是由本页面发出的，请在此重新登录。"
    return "This did not come from our own page: sign in here."


ROUTES = (
    web.get("/sign-in", show_sign_in),
    web.post("/sign-in", receive_sign_in),
    web.post("/sign-in/written", receive_written),
    web.post("/sign-out", signed_in(_sign_out, keeps=False)),
)
