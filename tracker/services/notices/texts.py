"""Texts in the court's own hands: each saved version stays, with who saved it and why, and is said from then
on.

What must not break: nobody gets a text that the checks refuse, and nobody goes untold because of an edited
one. The name that signs them may grow after they were saved, so that they are measured again whenever it
changes, and whenever one goes out.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from notifications.channels.port import ChannelKind
from notifications.texts import FactMissing, Facts, Language, Rendered, Saying, TextId, render
from notifications.texts.catalogue import Phrasing
from notifications.texts.checks import Fault, built_in, faults_of
from notifications.texts.units import fits_one_segment
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import CourtId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.storage import people, texts
from tracker.storage.people import Court
from tracker.storage.texts import SavedText, TextKey
from tracker.storage.transaction import Tx

LONGEST_REASON: Final = 200
FIRST_VERSION: Final = 1
LONGEST_FOR_BUILT_IN: Final = 6
"""Characters of a court's short name with which every built-in text is known to fit one SMS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What somebody made of a version. Parts that are empty or as built in are said as built in."""

    made_from: int
    phrasing: Phrasing
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a channel takes of a text: push has a title, and what it offers to do."""

    text: str
    title: str | None = None
    actions: tuple[str, ...] = ()


async def say_text(tx: Tx, court_id: CourtId, key: TextKey, facts: Facts, channel: ChannelKind) -> Said:
    """As the court words it now. What an edited text cannot say, since another release wrote it or the
    court's name has grown, is said in the built-in words. Raises FactMissing when those cannot be said
    either.
    """
    saved = (await texts.list_texts(tx, court_id)).get(key)
    said = None if saved is None else _say_saved(key, saved, facts, channel)
    if saved is not None and said is None:
        tx.log("text-said-as-built-in", text=key.text_id.value)
    return said or _said_by(channel, Saying(key.text_id, facts, key.language))


def _say_saved(key: TextKey, saved: SavedText, facts: Facts, channel: ChannelKind) -> Said | None:
    """None when it cannot be said with these facts, or not in one SMS."""
    try:
        said = _said_by(channel, Saying(key.text_id, facts, key.language, in_full(key, saved.phrasing)))
    except FactMissing:
        return None
    return None if channel is ChannelKind.SMS and not fits_one_segment(said.text) else said


def _said_by(channel: ChannelKind, saying: Saying) -> Said:
    match channel:
        case ChannelKind.SMS:
            return Said(text=saying.sms())
        case ChannelKind.PUSH:
            return Said(text=saying.push_body(), title=saying.push_title(), actions=saying.push_actions())
        case ChannelKind.VOICE:
            return Said(text=saying.voice())
        case _:
            assert_never(channel)


def render_saved(key: TextKey, saved: SavedText, facts: Facts) -> Rendered | None:
    """None when it cannot be said with these facts, or not in one SMS."""
    try:
        said = render(key.text_id, facts, key.language, in_full(key, saved.phrasing))
    except FactMissing:
        return None
    return said if fits_one_segment(said.sms) else None


def in_full(key: TextKey, phrasing: Phrasing) -> Phrasing:
    """With the built-in words in the parts that are empty."""
    return phrasing.over(built_in(key.text_id, key.language))


async def faults_of_edit(tx: Tx, court_id: CourtId, key: TextKey, phrasing: Phrasing) -> tuple[Problem, ...]:
    """Why a text cannot be said so under the court's own signature, by the part."""
    court = await people.get_court(tx, court_id)
    faults = faults_of(key.text_id, key.language, in_full(key, phrasing), court.sms_name)
    return tuple(Problem(field=fault.way.value, zh=fault.zh, en=fault.en) for fault in faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgrown:
    """A text that the checks refuse now, as under a longer name of the court. `version`: of the court's own
    words; None: it is as built in.
    """

    key: TextKey
    version: int | None
    faults: tuple[Fault, ...]


async def list_outgrown(tx: Tx, court: Court) -> tuple[Outgrown, ...]:
    """The texts in the court's own words that would not be saved now."""
    found = []
    for code, saved in (await texts.list_texts(tx, court.court_id)).items():
        key = _known(code)
        if key is not None and saved.phrasing != Phrasing():
            faults = faults_of(*key, in_full(key, saved.phrasing), court.sms_name)
            found.append(Outgrown(key=key, version=saved.version, faults=faults))
    return tuple(one for one in found if one.faults)


def list_built_in_outgrown(court: Court) -> tuple[Outgrown, ...]:
    """Those of the built-in texts that do not fit a name longer than those for which they were written."""
    if len(court.sms_name) <= LONGEST_FOR_BUILT_IN:
        return ()
    keys = [TextKey(text_id, language) for text_id in TextId for language in Language]
    found = ((key, faults_of(*key, built_in(*key), court.sms_name)) for key in keys)
    return tuple(Outgrown(key=key, version=None, faults=faults) for key, faults in found if faults)


def in_words(one: Outgrown) -> str:
    """For whoever runs the court: which text, what is wrong with it, what becomes of it and what to do."""
    name = f"{one.key.text_id.value} in {one.key.language.value}"
    fault = one.faults[0]
    if one.version is None:
        return f"text {name} does not fit the court's name ({fault.en}): choose a shorter sms_name"
    return (
        f"text {name}, version {one.version}, is no longer as it must be ({fault.en}): what cannot be said "
        "so goes out as built in; reword it in the console under 通知文本"
    )


def _known(code: tuple[str, str]) -> TextKey | None:
    """None: another release's."""
    try:
        return TextKey(TextId(code[0]), Language(code[1]))
    except ValueError:
        return None


async def save_text(tx: Tx, actor: Actor, key: TextKey, edit: Edit) -> SavedText:
    """Put a wording in force for whatever is sent from the commit on."""
    await require_in_court(tx, actor, Action.EDIT_TEXTS)
    faults = await faults_of_edit(tx, actor.court_id, key, edit.phrasing)
    if faults:
        raise Invalid(faults)
    former = (await texts.list_texts(tx, actor.court_id)).get(key)
    saved = SavedText(
        version=edit.made_from + 1,
        phrasing=edit.phrasing.other_than(built_in(key.text_id, key.language)),
        reason=edit.reason,
        saved_by=actor.person_id,
        saved_at=tx.at,
    )
    newest = FIRST_VERSION if former is None else former.version
    if newest != edit.made_from or not await texts.add_text(tx, actor.court_id, key, saved):
        raise Conflict(
            "刚刚有人保存了新版本，请刷新后再修改",
            "somebody has just saved a newer version: reload and look again",
        )
    about = About(kind="text", key=f"{key.text_id}-{key.language}")
    await audit.record(tx, actor, "text saved", about, version=saved.version)
    return saved
