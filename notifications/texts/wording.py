"""From facts to the words of one language: how days, people and places are written, and the phrases that
depend on a fact.

Three promises are kept here, by leaving the word out: nothing says "gone everywhere" while a receipt is
missing, an order to release is repeated only where the measure holds people, and nobody is said to be banned
from leaving, or to be leaving, without a ban in force.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.court_time import COURT_TIME
from notifications.texts import romanise
from notifications.texts.facts import Facts
from notifications.texts.ids import Language
from notifications.texts.markup import Node, Part

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLACE_WITH_DETAIL = re.compile(r"(.+?)\s*([（(][^（）()]*[）)])")
_FIRST_COMMA = re.compile(r"，|, ")
_ADDRESS_DETAIL = "2"
_LAST_MOMENT = timedelta(microseconds=1)
_PERFORMED = "已履行"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    space: str
    comma: str
    at: str
    previous_plan: str
    same_day_plan: str
    performed: str
    performed_in_full: str
    gone_everywhere: str
    all_lifted: str
    release_order: str
    border_counter: str
    exit_counter: str
    exit_ban: str
    dispatched: str
    taken: str
    half_taken: str
    untaken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one language writes things. The functions take Chinese or what is already in that language."""

    case: Callable[[Facts], str | None]
    day_of: Callable[[datetime], str]
    date_of: Callable[[datetime], str]
    name: Callable[[str], str]
    surname: Callable[[str], str]
    person: Callable[[str], str]
    other_case: Callable[[str], str]
    berth: Callable[[str], str]
    sighting: Callable[[str], str]
    case_state: Callable[[str], str]
    phrases: Phrases

    def day(self, at: datetime) -> str:
        return self.day_of(at.astimezone(COURT_TIME))

    def moment(self, at: datetime) -> str:
        return f"{self.day(at)}{self.phrases.space}{at.astimezone(COURT_TIME):%H:%M}"

    def date(self, at: datetime) -> str:
        """With the month: a day that may be weeks away."""
        return self.date_of(at.astimezone(COURT_TIME))

    def dated_moment(self, at: datetime) -> str:
        return f"{self.date(at)}{self.phrases.space}{at.astimezone(COURT_TIME):%H:%M}"

    def clock(self, at: datetime, day_known_from: datetime) -> str:
        """Without a day where the reader takes it for that of `day_known_from` anyway."""
        local = at.astimezone(COURT_TIME)
        if local.date() == day_known_from.astimezone(COURT_TIME).date():
            return f"{local:%H:%M}"
        return self.moment(at)


def _as_it_is(text: str) -> str:
    return text


_CHINESE = Wording(
    case=lambda facts: facts.case,
    day_of=lambda local: f"{local.day}日",
    date_of=lambda local: f"{local.month}月{local.day}日",
    name=_as_it_is,
    surname=_as_it_is,
    person=_as_it_is,
    other_case=_as_it_is,
    berth=_as_it_is,
    sighting=_as_it_is,
    case_state=_as_it_is,
    phrases=Phrases(
        space="",
        comma="，",
        at="到",
        previous_plan="{day}行程",
        same_day_plan="原行程",
        performed="已履行",
        performed_in_full="已全部履行",
        gone_everywhere="各单位已撤控",
        all_lifted="已全部解除",
        release_order="已控制的立即放行",
        border_counter="边检",
        exit_counter="出境边检",
        exit_ban="不准出境有效",
        dispatched="{who}已出动",
        taken="{who}已接手",
        half_taken="{who}已接手，尚缺一人",
        untaken="无人接手",
    ),
)

_ENGLISH = Wording(
    case=lambda facts: facts.case_english,
    day_of=lambda local: f"{local.day} {_MONTHS[local.month - 1]}",
    date_of=lambda local: f"{local.day} {_MONTHS[local.month - 1]}",
    name=romanise.in_english,
    surname=romanise.surname_in_english,
    person=romanise.person_in_english,
    other_case=romanise.case_in_english,
    berth=romanise.berth_in_english,
    sighting=romanise.sighting_in_english,
    case_state=romanise.case_state_in_english,
    phrases=Phrases(
        space=" ",
        comma=", ",
        at=" at ",
        previous_plan="plan of {day}",
        same_day_plan="old plan",
        performed="Paid",
        performed_in_full="paid in full",
        gone_everywhere="removed at all agencies",
        all_lifted="fully lifted",
        release_order="release at once if held",
        border_counter="border counter",
        exit_counter="exit counter",
        exit_ban="exit ban in force",
        dispatched="{who} is out",
        taken="{who} has it",
        half_taken="{who} has it, another is needed",
        untaken="nobody has it",
    ),
)

WORDINGS = {Language.CHINESE: _CHINESE, Language.ENGLISH: _ENGLISH}

Words = dict[str, tuple[Node, ...]]


def words_of(facts: Facts, wording: Wording) -> Words:
    """Every word that these facts allow, by the name it has in the catalogues."""
    plain = _names(facts, wording) | _times(facts, wording) | _phrases(facts, wording)
    words: Words = {name: (word,) for name, word in plain.items() if word is not None}
    return words | _places(facts, wording)


def _names(facts: Facts, wording: Wording) -> dict[str, str | None]:
    written: Mapping[str, tuple[Callable[[str], str], str | None]] = {
        "court": (wording.name, facts.court),
        "surname": (wording.surname, facts.surname),
        "judge": (wording.surname, facts.judge),
        "taker": (wording.person, facts.taker),
        "leader": (wording.person, facts.leader),
        "member": (wording.person, facts.member),
        "colleague": (wording.person, facts.colleague),
        "case_state": (wording.case_state, facts.case_state),
        "other_case": (wording.other_case, facts.other_case),
        "berth": (wording.berth, facts.berth),
        "code": (_as_it_is, facts.code),
        "service": (wording.name, facts.service),
        "coach": (wording.name, facts.coach),
        "agency": (wording.name, facts.agency),
        "missing_agency": (wording.name, facts.missing_agency),
        "other_measure_phrase": (wording.name, facts.other_measure_phrase),
        "reason": (wording.name, facts.reason),
        "sighted_detail": (wording.name, facts.sighted_detail),
        "desk_phone": (_as_it_is, facts.desk_phone),
        "check_code": (_as_it_is, facts.check_code),
        "provider": (_as_it_is, facts.provider),
        "work": (wording.name, facts.work),
        "post": (wording.name, facts.post),
    }
    names = {name: None if fact is None else write(fact) for name, (write, fact) in written.items()}
    counts = {
        "rows_listed": facts.rows_listed,
        "rows_refused": facts.rows_refused,
        "wrong_replies": facts.wrong_replies,
        "open_alerts": facts.open_alerts,
        "gaps": facts.gaps,
        "phoneless": facts.phoneless,
        "year": facts.year,
        "missed": facts.missed,
        "more": facts.more,
    }
    written_counts = {name: None if count is None else str(count) for name, count in counts.items()}
    return names | written_counts | {"case": wording.case(facts)}


def _times(facts: Facts, wording: Wording) -> dict[str, str | None]:
    def moment(at: datetime | None) -> str | None:
        return None if at is None else wording.moment(at)

    def dated(at: datetime | None) -> str | None:
        return None if at is None else wording.dated_moment(at)

    def clock(at: datetime | None, day_known_from: datetime | None) -> str | None:
        return None if at is None or day_known_from is None else wording.clock(at, day_known_from)

    return {
        "act_at": moment(facts.act_at),
        "act_clock": clock(facts.act_at, facts.sent_at),
        "shift_at": moment(facts.shift_at),
        "given_shift_at": moment(facts.given_shift_at),
        "act_day": None if facts.act_at is None else wording.day(facts.act_at),
        "sighted_at": moment(facts.sighted_at),
        "raised_at": moment(facts.raised_at),
        "silent_from": moment(facts.silent_from),
        "heard_at": moment(facts.heard_at),
        "missed_from": moment(facts.missed_from),
        "performed_at": moment(facts.performed_at),
        "muster_at": clock(facts.muster_at, facts.act_at),
        "act_from": clock(facts.act_from, facts.sent_at),
        "sighted_clock": clock(facts.sighted_at, facts.sent_at),
        "taken_at": clock(facts.taken_at, facts.sent_at),
        "escalates_at": clock(facts.escalates_at, facts.sent_at),
        "confirm_by": clock(facts.confirm_by, facts.sent_at),
        "held_at": clock(facts.held_at, facts.sent_at),
        "release_at": clock(facts.release_at, facts.sent_at),
        "last_day": None if facts.ends_at is None else wording.date(facts.ends_at - _LAST_MOMENT),
        "late_from": moment(facts.late_from),
        "caught_up_at": moment(facts.caught_up_at),
        "validate_by": dated(facts.validate_by),
        "gap_from": dated(facts.gap_from),
        "gap_until": dated(facts.gap_until),
    }


def _phrases(facts: Facts, wording: Wording) -> dict[str, str | None]:
    phrases = wording.phrases
    performed = facts.reason in (None, _PERFORMED)
    reason = wording.name(facts.reason or _PERFORMED)
    everything_gone = facts.missing_agency is None
    return {
        "closing_title": phrases.performed if performed else reason[0].upper() + reason[1:],
        "closing": phrases.performed_in_full if performed else reason,
        "gone_everywhere": phrases.gone_everywhere if everything_gone else None,
        "all_lifted": phrases.all_lifted if everything_gone else None,
        "release_order": phrases.release_order if facts.may_release else None,
        "border_counter": phrases.exit_counter if _is_leaving(facts) else phrases.border_counter,
        "exit_ban": phrases.exit_ban if facts.exit_ban else None,
        "previous_plan": _previous_plan(facts, wording),
        "alert_state": _alert_state(facts, wording),
    }


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
    if facts.previous_act_at.astimezone(COURT_TIME).date() == facts.act_at.astimezone(COURT_TIME).date():
        return wording.phrases.same_day_plan
    return wording.phrases.previous_plan.format(day=wording.day(facts.previous_act_at))


def _places(facts: Facts, wording: Wording) -> Words:
    places = {
        "act_place": facts.act_place,
        "sighted_place": facts.sighted_place,
        "held_by": facts.held_by,
    }
    words = {name: _place(place, wording, wording.name) for name, place in places.items() if place}
    if facts.muster_place:
        words["muster_place"] = _muster_place(facts.muster_place, facts.act_place or "", wording)
    if whereabouts := _whereabouts(facts, wording):
        words["whereabouts"] = whereabouts
    return words


def _place(place: str, wording: Wording, write: Callable[[str], str]) -> tuple[Node, ...]:
    """What stands in brackets behind the name (the branch of a hotel) is address detail."""
    detailed = _PLACE_WITH_DETAIL.fullmatch(place)
    if detailed is None:
        return (write(place),)
    name, detail = detailed.groups()
    detail = wording.phrases.space + wording.name(detail)
    return write(name), Part(rank=_ADDRESS_DETAIL, nodes=(detail,))


def _muster_place(place: str, act_place: str, wording: Wording) -> tuple[Node, ...]:
    """The name of the act point may go when the muster place only repeats it: 北京西站台 -> 站台."""
    space = wording.phrases.space
    spot = place.removeprefix(act_place)
    if spot == place:
        return space, *_place(place, wording, wording.name)
    repeated = Part(rank=_ADDRESS_DETAIL, nodes=(space + wording.name(act_place),))
    return (repeated, space + wording.name(spot)) if spot else (repeated,)


def _whereabouts(facts: Facts, wording: Wording) -> tuple[Node, ...] | None:
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
