"""The file from which a court is founded, as TOML: read, checked whole, and turned into a plan.

What must not break: whatever is wrong is told with its place in the file and its remedy, everything at once,
and no name or number of a person is repeated.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from notifications.channels.port import ChannelKind
from notifications.people import PhoneRefused, normalise_phone
from notifications.throttle import DEFAULT_LIMITS, Limits
from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from schemas.text import plain_text
from tracker.domain.court_time import COURT_ZONE
from tracker.domain.ids import AgencyId, CourtId, TeamId
from tracker.domain.people import Days, Duty, HeldRole, Role
from tracker.domain.roster_problems import rule_problems
from tracker.domain.rosters import MIDNIGHT, RosterRule, Turn
from tracker.services.agencies.phones import PHONE
from tracker.services.founding import CourtPlan, PlannedAgency, PlannedPerson
from tracker.storage.agencies import Profile
from tracker.storage.people import Court

SECONDS_OF_AN_HOUR: Final = 3600
SECONDS_OF_A_MINUTE: Final = 60
LONGEST_HOLD_H: Final = 24
LONGEST_CANARY_MIN: Final = 60


class CourtFileRefused(Exception):
    """The file cannot be used; `problems` says where and what to change."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def _phone(typed: Any) -> Any:
    read = normalise_phone(str(typed))
    if isinstance(read, PhoneRefused):
        raise ValueError(read.remedy("en"))
    return read


def _of_a_person(role: Role) -> Role:
    if role is Role.SYSTEM:
        raise ValueError("the service itself bears it; write the role of a person")
    return role


def _of_the_court(typed: datetime) -> datetime:
    if typed.tzinfo is not None:
        raise ValueError("is in court time; write it without an offset")
    return typed.replace(tzinfo=COURT_ZONE).astimezone(UTC)


def _without_offset(typed: time) -> time:
    if typed.tzinfo is not None:
        raise ValueError("is in court time; write it without an offset")
    return typed


Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,27}$")]
Line = Annotated[str, AfterValidator(plain_text), StringConstraints(min_length=1, max_length=64)]
ShortLine = Annotated[str, AfterValidator(plain_text), StringConstraints(min_length=1, max_length=16)]
Telephone = Annotated[str, StringConstraints(pattern=f"^{PHONE}$")]
Basis = Annotated[str, AfterValidator(plain_text), StringConstraints(min_length=1, max_length=200)]
HeldByAPerson = Annotated[Role, AfterValidator(_of_a_person)]
Language = Literal["zh", "en"]
TimeOfDay = Annotated[time, AfterValidator(_without_offset)]
LocalMoment = Annotated[datetime, AfterValidator(_of_the_court)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CourtPart(_Part):
    """`[court]`"""

    id: Key
    code: ShortLine
    name: Line
    sms_name: ShortLine
    desk_phone: Telephone
    language: Language = "zh"


class TeamPart(_Part):
    """`[[team]]`"""

    id: Key
    name: Line


class RolePart(_Part):
    """One more role of a person."""

    role: HeldByAPerson
    team: Key | None = None


class PersonPart(_Part):
    """`[[person]]`"""

    login: Key
    name: Line
    phone: Annotated[str, BeforeValidator(_phone)]
    role: HeldByAPerson
    team: Key | None = None
    language: Language | None = None
    also: tuple[RolePart, ...] = ()

    @property
    def held(self) -> tuple[HeldRole, ...]:
        parts = (RolePart(role=self.role, team=self.team), *self.also)
        return tuple(HeldRole(role=part.role, team_id=_team(part.team)) for part in parts)


class AgencyPart(_Part):
    """`[[agency]]`"""

    id: Key
    kind: AgencyKind
    name: Line
    name_en: Line
    profile: Profile
    hold_for_hours: Annotated[float, Field(gt=0, le=LONGEST_HOLD_H)] = 2
    canary_every_minutes: Annotated[int, Field(ge=1, le=LONGEST_CANARY_MIN)] = (
        CANARY_EVERY_S // SECONDS_OF_A_MINUTE
    )
    channel_basis: Basis
    desk_phone: Telephone | None = None


class ShiftPart(_Part):
    """`[[shift]]`; first and last day included, times of the court. One `person`, or several `people`."""

    duty: Duty
    person: Key | None = None
    people: tuple[Key, ...] = ()
    days: Days = Days.EVERY_DAY
    first_day: date
    last_day: date
    begins: TimeOfDay = MIDNIGHT
    ends: TimeOfDay = MIDNIGHT
    turn: Turn = Turn.NEVER
    turns_from: LocalMoment | None = None
    team: Key | None = None

    @property
    def logins(self) -> tuple[str, ...]:
        return self.people if self.person is None else (self.person, *self.people)


class NoticeLimitPart(_Part):
    """`[[notice_limit]]`; what it leaves out is the service's default."""

    channel: ChannelKind
    a_day: Annotated[int, Field(ge=1)] | None = None
    alone: Annotated[int, Field(ge=1)] | None = None
    burst_s: Annotated[int, Field(ge=1, le=SECONDS_OF_AN_HOUR)] | None = None
    wait_s: Annotated[int, Field(ge=0, le=SECONDS_OF_A_MINUTE)] | None = None

    @property
    def limits(self) -> Limits:
        given = self.model_dump(exclude={"channel"}, exclude_none=True)
        return replace(DEFAULT_LIMITS[self.channel], **given)


class CourtFile(_Part):
    """The whole file."""

    court: CourtPart
    team: tuple[TeamPart, ...] = ()
    person: tuple[PersonPart, ...]
    agency: tuple[AgencyPart, ...] = ()
    shift: tuple[ShiftPart, ...] = ()
    notice_limit: tuple[NoticeLimitPart, ...] = ()


def read_court_file(path: Path) -> CourtPlan:
    """The plan in a file; raises CourtFileRefused with everything that is wrong in it."""
    try:
        typed = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise CourtFileRefused([f"the file cannot be read ({failure.strerror}); check its name"]) from None
    except UnicodeDecodeError:
        raise CourtFileRefused(["the file is not UTF-8; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as fault:
        raise CourtFileRefused([f"the file is not TOML: {fault}; docs/court.example.toml is"]) from None
    try:
        file = CourtFile.model_validate(typed)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise CourtFileRefused([_told(fault) for fault in faults]) from None
    if problems := tuple(_contradictions(file)):
        raise CourtFileRefused(problems)
    return _plan(file)


def _told(fault: Any) -> str:
    """One fault with its place: tables of a list are counted from 1, as a reader does."""
    place = " ".join(str(step + 1) if isinstance(step, int) else str(step) for step in fault["loc"])
    match fault["type"]:
        case "missing":
            return f"{place}: is missing; write it"
        case "extra_forbidden":
            return f"{place}: nothing is called so here; remove it or mend its name"
        case "string_pattern_mismatch":
            return f"{place}: write small letters, digits and hyphens (a phone: digits, + and hyphens)"
        case "value_error":
            return f"{place}: {fault['ctx']['error']}"
        case _:
            return f"{place}: {fault['msg'].replace('Input should be', 'write').replace('String', 'it')}"


def _contradictions(file: CourtFile) -> Iterator[str]:
    """What each part alone cannot know."""
    yield from _twice("team", "id", [team.id for team in file.team])
    yield from _twice("person", "login", [person.login for person in file.person])
    yield from _twice("person", "phone", [person.phone for person in file.person])
    yield from _twice("agency", "id", [agency.id for agency in file.agency])
    yield from _twice("notice_limit", "channel", [limit.channel for limit in file.notice_limit])
    teams = {None, *(team.id for team in file.team)}
    logins = {person.login for person in file.person}
    for number, person in enumerate(file.person, start=1):
        if not teams.issuperset(held.team_id for held in person.held):
            yield f"person {number} team: there is no such team; add a [[team]] or mend the name"
    court_id = CourtId(file.court.id)
    for number, shift in enumerate(file.shift, start=1):
        place = f"shift {number}"
        yield from _unknown_names(place, shift, teams, logins)
        yield from (f"{place} {one.field}: {one.en}" for one in rule_problems(_shift(court_id, shift)))


def _unknown_names(place: str, shift: ShiftPart, teams: set[str | None], logins: set[str]) -> Iterator[str]:
    if not logins.issuperset(shift.logins):
        yield f"{place} person: there is no such login; add a [[person]] or mend the name"
    if shift.team not in teams:
        yield f"{place} team: there is no such team; add a [[team]] or mend the name"


def _twice(part: str, field: str, values: list[str]) -> Iterator[str]:
    counted = Counter(values)
    for number, value in enumerate(values, start=1):
        if counted[value] > 1:
            yield f"{part} {number} {field}: is there twice; each {part} needs its own"


def _team(key: str | None) -> TeamId | None:
    return None if key is None else TeamId(key)


def _plan(file: CourtFile) -> CourtPlan:
    court_id = CourtId(file.court.id)
    return CourtPlan(
        court=Court(
            court_id=court_id,
            code=file.court.code,
            name=file.court.name,
            sms_name=file.court.sms_name,
            desk_phone=file.court.desk_phone,
        ),
        teams={TeamId(team.id): team.name for team in file.team},
        people=tuple(
            PlannedPerson(
                login=person.login,
                name=person.name,
                phone=person.phone,
                language=person.language or file.court.language,
                held=person.held,
            )
            for person in file.person
        ),
        agencies=tuple(_agency(part) for part in file.agency),
        shifts=tuple(_shift(court_id, part) for part in file.shift),
        limits={part.channel: part.limits for part in file.notice_limit},
    )


def _agency(part: AgencyPart) -> PlannedAgency:
    return PlannedAgency(
        agency_id=AgencyId(part.id),
        kind=part.kind,
        name=part.name,
        name_en=part.name_en,
        profile=part.profile,
        hold_for_s=round(part.hold_for_hours * SECONDS_OF_AN_HOUR),
        channel_basis=part.channel_basis,
        canary_every_s=part.canary_every_minutes * SECONDS_OF_A_MINUTE,
        desk_phone=part.desk_phone,
    )


def _shift(court_id: CourtId, part: ShiftPart) -> RosterRule:
    return RosterRule(
        court_id=court_id,
        duty=part.duty,
        people=tuple(PlannedPerson.id_of(login) for login in part.logins),
        days=part.days,
        first_day=part.first_day,
        last_day=part.last_day,
        begins=part.begins,
        ends=part.ends,
        turn=part.turn,
        turns_from=part.turns_from,
        team_id=_team(part.team),
    )
