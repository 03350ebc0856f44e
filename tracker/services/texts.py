"""Texts in the court's own hands: each saved version stays, with who saved it and why, and is said from then
on.

What must not break: nobody gets a text that the checks refuse, and nobody goes untold because of an edited
one.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from notifications.channels.port import ChannelKind
from notifications.texts import FactMissing, Facts, Rendered, Saying, render
from notifications.texts.catalogue import Phrasing
from notifications.texts.checks import built_in, faults_of
from tracker.domain.authorisation import Action
from tracker.domain.errors import Conflict, Invalid, Problem
from tracker.domain.ids import CourtId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court
from tracker.services.audit import About
from tracker.storage import people, texts
from tracker.storage.texts import SavedText, TextKey
from tracker.storage.transaction import Tx

LONGEST_REASON: Final = 200
FIRST_VERSION: Final = 1


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
    """As the court words it now. What an edited text cannot say, since another release wrote it, is said in
    the built-in words. Raises FactMissing when those cannot be said either.
    """
    saved = (await texts.list_texts(tx, court_id)).get(key)
    if saved is not None:
        try:
            return _said_by(channel, Saying(key.text_id, facts, key.language, in_full(key, saved.phrasing)))
        except FactMissing:
            tx.log("text-said-as-built-in", text=key.text_id.value)
    return _said_by(channel, Saying(key.text_id, facts, key.language))


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
    """None when it cannot be said with these facts."""
    try:
        return render(key.text_id, facts, key.language, in_full(key, saved.phrasing))
    except FactMissing:
        return None


def in_full(key: TextKey, phrasing: Phrasing) -> Phrasing:
    """With the built-in words in the parts that are empty."""
    return phrasing.over(built_in(key.text_id, key.language))


async def faults_of_edit(tx: Tx, court_id: CourtId, key: TextKey, phrasing: Phrasing) -> tuple[Problem, ...]:
    """Why a text cannot be said so under the court's own signature, by the part."""
    court = await people.get_court(tx, court_id)
    faults = faults_of(key.text_id, key.language, in_full(key, phrasing), court.sms_name)
    return tuple(Problem(field=fault.way.value, zh=fault.zh, en=fault.en) for fault in faults)


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
