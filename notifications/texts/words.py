"""From facts to the words of a text, and the phrases that depend on a fact.

Three promises are kept here, by leaving the word out: nothing says "gone everywhere" while a receipt is
missing, an order to release is repeated only where the measure holds people, and nobody is said to be banned
from leaving, or to be leaving, without a ban in force.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeAlias

from notifications.court_time import COURT_ZONE
from notifications.texts.facts import Facts
from notifications.texts.markup import Node, Part
from notifications.texts.wording import Wording

_PLACE_WITH_DETAIL = re.compile(r"(.+?)\s*([（(][^（）()]*[）)])")
_FIRST_COMMA = re.compile(r"，|, ")
_ADDRESS_DETAIL = "2"
_LAST_MOMENT = timedelta(microseconds=1)
_PERFORMED = "已履行"

Word: TypeAlias = tuple[Node, ...] | None
"""None: these facts do not allow it."""
Written: TypeAlias = Callable[[Facts, Wording], str | None]
WrittenInParts: TypeAlias = Callable[[Facts, Wording], Word]


class Words(dict[str, Word]):
    """The words of a text, by the names they have in the catalogues. Each is written when it is first asked
    for, since a text has a few of them.
    """

    def __init__(self, facts: Facts, wording: Wording) -> None:
        super().__init__()
        self._facts = facts
        self._wording = wording

    def __missing__(self, name: str) -> Word:
        word = self[name] = self._write(name)
        return word

    def allowed(self) -> dict[str, tuple[Node, ...]]:
        """Every word that these facts allow."""
        return {name: word for name in (*_WORDS, *_PLACES) if (word := self[name]) is not None}

    def _write(self, name: str) -> Word:
        if name in _PLACES:
            return _PLACES[name](self._facts, self._wording)
        write = _WORDS.get(name)
        word = None if write is None else write(self._facts, self._wording)
        return None if word is None else (word,)


def _plainly(fact: str) -> Written:
    def write(facts: Facts, _wording: Wording) -> str | None:
        value = getattr(facts, fact)
        return None if value is None else str(value)

    return write


def _by(way: str, fact: str) -> Written:
    """As a function of the wording writes it."""

    def write(facts: Facts, wording: Wording) -> str | None:
        value = getattr(facts, fact)
        return None if value is None else str(getattr(wording, way)(value))

    return write


def _clock_of(fact: str, day_known_from: str = "sent_at") -> Written:
    def write(facts: Facts, wording: Wording) -> str | None:
        at, known_from = getattr(facts, fact), getattr(facts, day_known_from)
        return None if at is None or known_from is None else wording.clock(at, known_from)

    return write


def _last_day(facts: Facts, wording: Wording) -> str | None:
    return None if facts.ends_at is None else wording.date(facts.ends_at - _LAST_MOMENT)


def _closing_title(facts: Facts, wording: Wording) -> str:
    if _is_performed(facts):
        return wording.phrases.performed
    reason = _reason(facts, wording)
    return reason[0].upper() + reason[1:]


def _closing(facts: Facts, wording: Wording) -> str:
    return wording.phrases.performed_in_full if _is_performed(facts) else _reason(facts, wording)


def _is_performed(facts: Facts) -> bool:
    return facts.reason in (None, _PERFORMED)


def _reason(facts: Facts, wording: Wording) -> str:
    return wording.name(facts.reason or _PERFORMED)


def _gone_everywhere(facts: Facts, wording: Wording) -> str | None:
    return wording.phrases.gone_everywhere if facts.missing_agency is None else None


def _all_lifted(facts: Facts, wording: Wording) -> str | None:
    return wording.phrases.all_lifted if facts.missing_agency is None else None


def _release_order(facts: Facts, wording: Wording) -> str | None:
    return wording.phrases.release_order if facts.may_release else None


def _border_counter(facts: Facts, wording: Wording) -> str:
    return wording.phrases.exit_counter if _is_leaving(facts) else wording.phrases.border_counter


def _exit_ban(facts: Facts, wording: Wording) -> str | None:
    return wording.phrases.exit_ban if facts.exit_ban else None


def _alert_state(facts: Facts, wording: Wording) -> str:
    """How far an alert has come that is handed over with a shift."""
    if facts.leader is not None:
        return wording.phrases.dispatched.format(who=wording.person(facts.leader))
    if facts.taker is not None:
        phrase = wording.phrases.half_taken if facts.half_taken else wording.phrases.taken
        return phrase.format(who=wording.person(facts.taker))
    return wording.phrases.untaken


def _is_leaving(facts: Facts) -> bool:
    return facts.exit_ban and "入境" not in (facts.sighted_detail or "")


def _previous_plan(facts: Facts, wording: Wording) -> str | None:
    if facts.previous_act_at is None or facts.act_at is None:
        return None
    if facts.previous_act_at.astimezone(COURT_ZONE).date() == facts.act_at.astimezone(COURT_ZONE).date():
        return wording.phrases.same_day_plan
    return wording.phrases.previous_plan.format(day=wording.day(facts.previous_act_at))


def _place_of(fact: str) -> WrittenInParts:
    def write(facts: Facts, wording: Wording) -> Word:
        place = getattr(facts, fact)
        return _place(place, wording, wording.name) if place else None

    return write


def _place(place: str, wording: Wording, write: Callable[[str], str]) -> tuple[Node, ...]:
    """What stands in brackets behind the name (the branch of a hotel) is address detail."""
    detailed = _PLACE_WITH_DETAIL.fullmatch(place)
    if detailed is None:
        return (write(place),)
    name, detail = detailed.groups()
    detail = wording.phrases.space + wording.name(detail)
    return write(name), Part(rank=_ADDRESS_DETAIL, nodes=(detail,))


def _muster_place(facts: Facts, wording: Wording) -> Word:
    """The name of the act point may go when the muster place only repeats it: 北京西站台 -> 站台."""
    space, place, act_place = wording.phrases.space, facts.muster_place, facts.act_place or ""
    if not place:
        return None
    spot = place.removeprefix(act_place)
    if spot == place:
        return space, *_place(place, wording, wording.name)
    repeated = Part(rank=_ADDRESS_DETAIL, nodes=(space + wording.name(act_place),))
    return (repeated, space + wording.name(spot)) if spot else (repeated,)


def _whereabouts(facts: Facts, wording: Wording) -> Word:
    """Where the person was seen, else where the person will be."""
    phrases = wording.phrases
    if facts.sighted_at and facts.sighting_phrase:
        seen, *detail = _FIRST_COMMA.split(facts.sighting_phrase, maxsplit=1)
        details = tuple(
            Part(rank=_ADDRESS_DETAIL, nodes=(phrases.comma + wording.name(text),)) for text in detail
        )
        return (
            wording.moment(facts.sighted_at) + phrases.space,
            *_place(seen, wording, wording.sighting),
            *details,
        )
    if facts.act_at and facts.act_place:
        return wording.moment(facts.act_at) + phrases.at, *_place(facts.act_place, wording, wording.name)
    return None


_WRITTEN_BY: Mapping[str, tuple[str, ...]] = {
    "name": (
        *("court", "service", "coach", "agency", "missing_agency", "other_measure_phrase", "reason"),
        *("sighted_detail", "work", "post"),
    ),
    "surname": ("surname", "judge"),
    "person": ("taker", "leader", "member", "colleague"),
    "case_state": ("case_state",),
    "other_case": ("other_case",),
    "berth": ("berth",),
    "moment": (
        *("act_at", "shift_at", "given_shift_at", "sighted_at", "raised_at", "silent_from", "heard_at"),
        *("missed_from", "performed_at", "late_from", "caught_up_at", "counts_until"),
    ),
    "dated_moment": ("validate_by", "gap_from", "gap_until"),
}
"""The facts that each function of a wording writes, under their own names."""
_PLAIN = (
    *("code", "desk_phone", "check_code", "provider", "rows_listed", "rows_refused", "wrong_replies"),
    *("open_alerts", "gaps", "phoneless", "year", "missed", "more"),
)
_CLOCKS = ("act_from", "taken_at", "escalates_at", "confirm_by", "held_at", "release_at")
_WORDS: Mapping[str, Written] = {
    **{fact: _by(way, fact) for way, facts in _WRITTEN_BY.items() for fact in facts},
    **{fact: _plainly(fact) for fact in _PLAIN},
    **{fact: _clock_of(fact) for fact in _CLOCKS},
    "case": lambda facts, wording: wording.case(facts),
    "act_clock": _clock_of("act_at"),
    "sighted_clock": _clock_of("sighted_at"),
    "muster_at": _clock_of("muster_at", "act_at"),
    "act_day": _by("day", "act_at"),
    "last_day": _last_day,
    "closing_title": _closing_title,
    "closing": _closing,
    "gone_everywhere": _gone_everywhere,
    "all_lifted": _all_lifted,
    "release_order": _release_order,
    "border_counter": _border_counter,
    "exit_ban": _exit_ban,
    "previous_plan": _previous_plan,
    "alert_state": _alert_state,
}
_PLACES: Mapping[str, WrittenInParts] = {
    "act_place": _place_of("act_place"),
    "sighted_place": _place_of("sighted_place"),
    "held_by": _place_of("held_by"),
    "muster_place": _muster_place,
    "whereabouts": _whereabouts,
}
"""Words with parts that may be dropped."""
