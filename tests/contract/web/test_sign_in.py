"""Signing in, and what keeps a session from being used by somebody else."""

import pytest

from scripts import cast
from tests.contract.web.site import PUBLIC_URL, Site
from tests.contract.web.visitor import OWN_PAGE

WRONG = {"login": cast.JUDGE.login, "password": "wrong"}
RIGHT = {"login": cast.JUDGE.login, "password": cast.DEMO_PASSWORD}


async def test_a_stranger_is_asked_to_sign_in_and_led_back(quiet_site: Site) -> None:
    seen = await quiet_site.visitor().opens(f"/entries/{quiet_site.listed}")

    assert (seen.status, seen.leads_to) == (303, f"/sign-in?next=/entries/{quiet_site.listed}")


async def test_the_session_cookie_is_for_this_browser_only(quiet_site: Site) -> None:
    seen = await quiet_site.visitor().signs_in(cast.JUDGE)

    assert seen.status == 303
    cookie = seen.headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert "HttpOnly; Max-Age=86400; Path=/; SameSite=Strict" in cookie


async def test_behind_https_the_cookie_is_tied_to_the_host(public_site: Site) -> None:
    seen = await public_site.visitor().posts("/sign-in", RIGHT)

    assert seen.headers["Set-Cookie"].startswith("__Host-session=")
    assert seen.headers["Set-Cookie"].endswith("Secure")


async def test_a_wrong_password_does_not_say_what_was_wrong(site: Site) -> None:
    visitor = site.visitor()

    wrong_password = await visitor.posts("/sign-in", WRONG)
    no_such_login = await visitor.posts("/sign-in", WRONG | {"login": "nobody"})

    assert wrong_password.status == 401
    assert "用户名或密码不正确" in wrong_password.text
    assert no_such_login.text == wrong_password.text.replace('value="shen"', 'value="nobody"')


async def test_five_wrong_passwords_close_the_login(site: Site) -> None:
    visitor = site.visitor()
    await visitor.posts("/sign-in", WRONG)
    await visitor.posts("/sign-in", WRONG)
    await visitor.posts("/sign-in", WRONG)
    await visitor.posts("/sign-in", WRONG)
    await visitor.posts("/sign-in", WRONG)

    seen = await visitor.posts("/sign-in", RIGHT)

    assert seen.status == 401
    assert "15分钟后再试" in seen.text


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "/\\evil.example", "alerts"])
async def test_signing_in_never_leads_elsewhere(quiet_site: Site, address: str) -> None:
    seen = await quiet_site.visitor().posts("/sign-in", RIGHT | {"next": address})

    assert (seen.status, seen.leads_to) == (303, "/")


async def test_after_signing_out_the_cookie_opens_nothing(quiet_site: Site) -> None:
    visitor = await quiet_site.signed_in(cast.JUDGE)

    left = await visitor.sends("/sign-out")
    seen = await visitor.opens("/entries")

    assert left.leads_to == "/sign-in"
    assert seen.leads_to == "/sign-in?next=/entries"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour"),
        pytest.param({"Origin": "https://evil.example"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="hidden origin"),
        pytest.param({}, id="no word of it"),
    ],
)
async def test_a_form_of_another_site_changes_nothing(quiet_site: Site, headers: dict[str, str]) -> None:
    visitor = await quiet_site.signed_in(cast.JUDGE)

    suspending = await visitor.posts(f"/entries/{quiet_site.listed}/suspend", {"csrf": visitor.csrf}, headers)
    signing_in = await visitor.posts("/sign-in", RIGHT, headers)

    assert (suspending.status, signing_in.status) == (403, 403)
    assert (await quiet_site.stage.entry(quiet_site.listed)).state == "active"


async def test_an_own_origin_is_enough_for_browsers_without_sec_fetch_site(public_site: Site) -> None:
    seen = await public_site.visitor().posts("/sign-in", RIGHT, {"Origin": PUBLIC_URL})

    assert seen.status == 303


@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "号"}])
async def test_a_form_without_the_sessions_token_changes_nothing(
    quiet_site: Site, form: dict[str, str]
) -> None:
    visitor = await quiet_site.signed_in(cast.JUDGE)

    seen = await visitor.posts(f"/entries/{quiet_site.listed}/suspend", form, OWN_PAGE)

    assert seen.status == 403
    assert (await quiet_site.stage.entry(quiet_site.listed)).state == "active"


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/alerts", "/static/console.css"])
async def test_every_answer_bears_the_headers(quiet_site: Site, path: str) -> None:
    seen = await quiet_site.visitor().opens(path)

    assert seen.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Referrer-Policy"] == "same-origin"


async def test_pages_are_kept_by_nobody(quiet_site: Site) -> None:
    visitor = await quiet_site.signed_in(cast.JUDGE)

    assert (await visitor.opens("/entries")).headers["Cache-Control"] == "no-store"


async def test_the_language_is_remembered(quiet_site: Site) -> None:
    visitor = quiet_site.visitor()

    chosen = await visitor.opens("/sign-in?lang=en&next=/agencies")
    seen = await visitor.opens("/sign-in")

    assert chosen.leads_to == "/sign-in?next=/agencies"
    assert "Watch list and alerts of the enforcement court" in seen.text
