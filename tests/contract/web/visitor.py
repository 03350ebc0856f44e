"""People in front of the console: a visitor keeps cookies and sends forms as a browser does."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from scripts.cast import DEMO_PASSWORD, Member

CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}

Form = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came back; redirects are not followed."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def leads_to(self) -> str:
        return self.headers.get("Location", "")


class Visitor:
    """One browser. `csrf` is the token that the last page with a form bore."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url
        self.csrf = ""

    async def signs_in(self, member: Member) -> Seen:
        seen = await self.posts("/sign-in", {"login": member.login, "password": DEMO_PASSWORD})
        await self.opens("/agencies")
        return seen

    async def opens(self, path: str) -> Seen:
        async with self.session.get(f"{self.url}{path}", allow_redirects=False) as answer:
            return await self._seen(answer)

    async def sends(self, path: str, form: Form | None = None) -> Seen:
        """Send a form of the last page, with its token."""
        return await self.posts(path, {"csrf": self.csrf, **(form or {})})

    async def posts(self, path: str, form: Form, headers: Mapping[str, str] = OWN_PAGE) -> Seen:
        """Post as it is: without a token unless the form has one."""
        request: Any = self.session.post(
            f"{self.url}{path}", data=_pairs(form), headers=headers, allow_redirects=False
        )
        async with request as answer:
            return await self._seen(answer)

    async def brings(self, path: str, body: bytes, headers: Mapping[str, str]) -> Seen:
        """Post what is no form, as programs do."""
        request: Any = self.session.post(f"{self.url}{path}", data=body, headers=headers)
        async with request as answer:
            return await self._seen(answer)

    async def uploads(self, path: str, content: bytes) -> Seen:
        """Send the form of the last page with a file, as a browser does."""
        form = aiohttp.FormData({"csrf": self.csrf})
        form.add_field("file", io.BytesIO(content), filename="entries.csv", content_type="text/csv")
        request: Any = self.session.post(
            f"{self.url}{path}", data=form, headers=OWN_PAGE, allow_redirects=False
        )
        async with request as answer:
            return await self._seen(answer)

    async def _seen(self, answer: aiohttp.ClientResponse) -> Seen:
        text = await answer.text()
        found = CSRF.search(text)
        self.csrf = found[1] if found else self.csrf
        return Seen(status=answer.status, text=text, headers=answer.headers)


def _pairs(form: Form) -> list[tuple[str, str]]:
    return [
        (name, one) for name, value in form.items() for one in ([value] if isinstance(value, str) else value)
    ]
