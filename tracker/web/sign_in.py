"""Signing in and out. Whether login or password was wrong is not said, and neither is kept anywhere."""

from http import HTTPStatus

from aiohttp import web

from tracker.services.sign_in import (
    SignedIn,
    TooManyGuesses,
    WrongPassword,
    is_right,
    open_guess,
    record_guess,
)
from tracker.storage import sessions
from tracker.storage.registry import Registry
from tracker.web.security import comes_from_own_page, drop_session, set_session
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, is_own_address, language_of, page, signed_in

LONGEST_FIELD = 200


async def show_sign_in(request: web.Request) -> web.Response:
    return _form(request, login="", message=None, status=HTTPStatus.OK)


async def receive_sign_in(request: web.Request) -> web.StreamResponse:
    """Open a session and lead to the page that was asked for."""
    edge = request.app[EDGE]
    if not comes_from_own_page(request.headers, edge.settings.public_url):
        return _form(request, login="", message=_elsewhere(request), status=HTTPStatus.FORBIDDEN)
    form = await request.post()
    login, password = (str(form.get(name, ""))[:LONGEST_FIELD] for name in ("login", "password"))
    result = await _sign_in(edge.registry, login, password)
    if isinstance(result, SignedIn):
        address = str(form.get("next", "/"))
        answer = web.HTTPSeeOther(address if is_own_address(address) else "/")
        set_session(answer, result.token, is_https=edge.settings.is_https)
        raise answer
    return _form(request, login=login, message=_refusal(request, result), status=HTTPStatus.UNAUTHORIZED)


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


def _form(request: web.Request, *, login: str, message: str | None, status: HTTPStatus) -> web.Response:
    address = request.query.get("next", "/")
    leads_to = address if is_own_address(address) else "/"
    return page(request, None, "sign_in.html", status=status, login=login, message=message, leads_to=leads_to)


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
    web.post("/sign-out", signed_in(_sign_out)),
)
