"""How each language writes days, people and places, and its phrases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notifications.court_time import COURT_ZONE
from notifications.texts import romanise
from notifications.texts.facts import Facts
from notifications.texts.ids import Language

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
        return self.day_of(at.astimezone(COURT_ZONE))

    def moment(self, at: datetime) -> str:
        return self._moment_of(at.astimezone(COURT_ZONE))

    def _moment_of(self, local: datetime) -> str:
        return f"{self.day_of(local)}{self.phrases.space}{_clock(local)}"

    def date(self, at: datetime) -> str:
        """With the month: a day that may be weeks away."""
        return self.date_of(at.astimezone(COURT_ZONE))

    def dated_moment(self, at: datetime) -> str:
        local = at.astimezone(COURT_ZONE)
        return f"{self.date_of(local)}{self.phrases.space}{_clock(local)}"

    def clock(self, at: datetime, day_known_from: datetime) -> str:
        """Without a day where the reader takes it for that of `day_known_from` anyway."""
        local = at.astimezone(COURT_ZONE)
        if local.date() == day_known_from.astimezone(COURT_ZONE).date():
            return _clock(local)
        return self._moment_of(local)


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


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
