"""The texts of notices: what each is for and says, and the form that tries other words before they are saved.

The form is tried while it is typed, and again when it is sent: what the page shows is what the server judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import web

from notifications.texts import FactMissing, Language, Rendered, TextId, render
from notifications.texts.catalogue import Phrasing
from notifications.texts.checks import (
    LONGEST_MARKUP,
    LongestCase,
    Way,
    built_in,
    known_words,
    longest_case,
    sure_words,
)
from notifications.texts.examples import example_facts, example_words
from tracker.domain.authorisation import Action
from tracker.domain.errors import Invalid, NotFound
from tracker.domain.ids import PersonId
from tracker.services.access import require_in_court
from tracker.services.notices.texts import (
    FIRST_VERSION,
    LONGEST_REASON,
    Edit,
    faults_of_edit,
    in_full,
    list_outgrown,
    render_saved,
    save_text,
)
from tracker.storage import people, texts
from tracker.storage.texts import SavedText, TextKey
from tracker.storage.transaction import Tx
from tracker.web.fields import Fields, fields_of
from tracker.web.reading import is_allowed
from tracker.web.settings import EDGE
from tracker.web.titles import title_of
from tracker.web.visits import Visit, back_to, is_shown_again, page, signed_in
from tracker.web.words.texts import GROUPS, PURPOSES, WORDS

SAVING: Final = ("save", "built-in")
MOST_VERSION_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One text as it is said now, by language, and the version where the words are the court's own."""

    said: Mapping[Language, Rendered]
    versions: Mapping[Language, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a wording says of an example, and its SMS with the longest facts."""

    said: Rendered
    longest: LongestCase | None


async def _list(request: web.Request, visit: Visit) -> web.StreamResponse:
    async with request.app[EDGE].registry.reading() as tx:
        court = await people.get_court(tx, visit.actor.court_id)
        saved = await texts.list_texts(tx, visit.actor.court_id)
        outgrown = {one.key: one.faults for one in await list_outgrown(tx, court)}
        edits = await is_allowed(require_in_court(tx, visit.actor, Action.EDIT_TEXTS))
    lines = {text_id: _line(text_id, saved, court.sms_name) for text_id in TextId}
    return page(request, visit, "texts.html", groups=GROUPS, lines=lines, edits=edits, outgrown=outgrown)


def _line(text_id: TextId, saved: Mapping[tuple[str, str], SavedText], court: str) -> TextLine:
    said: dict[Language, Rendered] = {}
    versions: dict[Language, int] = {}
    for language in Language:
        key = TextKey(text_id, language)
        mine = saved.get(key)
        said[language] = _said(key, mine, court)
        if mine is not None and mine.phrasing != Phrasing():
            versions[language] = mine.version
    return TextLine(said=said, versions=versions)


def _said(key: TextKey, saved: SavedText | None, court: str) -> Rendered:
    """As it goes out: what another release wrote may have to give way to the built-in words."""
    facts = example_facts(key.text_id, court)
    own = saved and render_saved(key, saved, facts)
    return own or render(key.text_id, facts, key.language)


async def _edit(request: web.Request, visit: Visit) -> web.StreamResponse:
    key = _key_of(request)
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.EDIT_TEXTS)
        saved = (await texts.list_texts(tx, visit.actor.court_id)).get(key)
    phrasing = in_full(key, saved.phrasing if saved else Phrasing())
    typed = {way.value: (str(getattr(phrasing, way.value)),) for way in Way}
    typed["version"] = (str(saved.version if saved else FIRST_VERSION),)
    return await _show(request, visit, key, Fields(typed))


async def _send(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Try what was typed, save it, or go back to the built-in words."""
    key = _key_of(request)
    fields = await fields_of(request)
    act = fields.raw("act")
    if act not in SAVING or is_shown_again(request):
        return await _show(request, visit, key, fields)
    reason = fields.needed_text("reason", LONGEST_REASON)
    if fields.problems:
        return await _show(request, visit, key, fields)
    phrasing = Phrasing() if act == "built-in" else _phrasing(fields)
    edit = Edit(made_from=_version(fields), phrasing=phrasing, reason=reason)
    try:
        async with request.app[EDGE].registry.transaction() as tx:
            await save_text(tx, visit.actor, key, edit)
    except Invalid:
        return await _show(request, visit, key, fields)
    raise back_to(f"/texts/{key.text_id}/{key.language}")


def _key_of(request: web.Request) -> TextKey:
    try:
        return TextKey(TextId(request.match_info["text_id"]), Language(request.match_info["language"]))
    except ValueError:
        raise NotFound("text") from None


def _version(fields: Fields) -> int:
    typed = fields.raw("version")
    return int(typed) if typed.isdecimal() and len(typed) <= MOST_VERSION_DIGITS else 0


def _phrasing(fields: Fields) -> Phrasing:
    """What was typed; a part that is too long stays too long."""
    sms, voice, title, body = (fields.raw(way.value).strip()[: LONGEST_MARKUP + 1] for way in Way)
    return Phrasing(sms=sms, voice=voice, push_title=title, push_body=body)


async def _show(request: web.Request, visit: Visit, key: TextKey, fields: Fields) -> web.Response:
    phrasing = in_full(key, _phrasing(fields))
    async with request.app[EDGE].registry.reading() as tx:
        await require_in_court(tx, visit.actor, Action.EDIT_TEXTS)
        court = await people.get_court(tx, visit.actor.court_id)
        faults = await faults_of_edit(tx, visit.actor.court_id, key, phrasing)
        versions = await texts.list_versions(tx, visit.actor.court_id, key)
        titles = await _titles(tx, visit, versions)
    problems = (*fields.problems, *faults)
    refused = bool(problems) and fields.raw("act") in SAVING
    examples = example_words(*key, court.sms_name)
    return page(
        request,
        visit,
        "text.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK,
        key=key,
        purpose=PURPOSES[key.text_id],
        fields=fields,
        problems=problems,
        own=built_in(*key),
        tried=_try(key, phrasing, court.sms_name),
        words=[(word, WORDS[word], examples.get(word, "")) for word in known_words(key.text_id)],
        sure=sure_words(*key),
        versions=versions,
        titles=titles,
        most=LONGEST_REASON,
    )


def _try(key: TextKey, phrasing: Phrasing, court: str) -> Tried | None:
    """None when it has a word that does not exist."""
    try:
        said = render(key.text_id, example_facts(key.text_id, court), key.language, phrasing)
        longest = longest_case(*key, phrasing, court) if phrasing.sms else None
    except FactMissing:
        return None
    return Tried(said=said, longest=longest)


async def _titles(tx: Tx, visit: Visit, versions: tuple[SavedText, ...]) -> dict[PersonId, str]:
    return {one.saved_by: await title_of(tx, one.saved_by, visit.language) for one in versions}


ROUTES = (
    web.get("/texts", signed_in(_list)),
    web.get("/texts/{text_id}/{language}", signed_in(_edit)),
    web.post("/texts/{text_id}/{language}", signed_in(_send)),
)
