"""Who works at the court: roles, the person acting, and how that person stands to a case or an alert."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from tracker.domain.ids import CourtId, PersonId, TeamId


class Role(StrEnum):
    """Roles of the court; a deputy holds one with dates and a written authority."""

    JUDGE = "judge"
    ASSISTANT = "assistant"
    CLERK = "clerk"
    TEAM_LEADER = "team-leader"
    BUREAU_LEADER = "bureau-leader"
    PRESIDENT = "president"
    DUTY_OFFICER = "duty-officer"
    BAILIFF = "bailiff"
    COMMAND_DESK = "command-desk"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Duty(StrEnum):
    """What somebody may be on shift for."""

    DUTY_OFFICER = "duty-officer"
    TEAM = "team"
    DESK = "desk"
    LEADER = "leader"


class Days(StrEnum):
    """On which days a roster rule holds, by the court's calendar."""

    EVERY_DAY = "every-day"
    WORKDAYS = "workdays"
    REST_DAYS = "rest-days"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role in force; `team_id` is None for roles of the whole court."""

    role: Role
    team_id: TeamId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person (or the service itself) on whose word something happens, with the roles held now."""

    person_id: PersonId
    court_id: CourtId
    held: tuple[HeldRole, ...]

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(held.role for held in self.held)

    def is_in_team(self, team_id: TeamId) -> bool:
        return any(held.team_id == team_id for held in self.held)


TITLES_ZH = {
    Role.JUDGE: "法官",
    Role.ASSISTANT: "助理",
    Role.CLERK: "书记员",
    Role.TEAM_LEADER: "队长",
    Role.BUREAU_LEADER: "局长",
    Role.PRESIDENT: "院长",
    Role.DUTY_OFFICER: "干警",
    Role.BAILIFF: "法警",
    Role.COMMAND_DESK: "值班员",
    Role.AUDITOR: "审计员",
    Role.ADMINISTRATOR: "管理员",
    Role.SYSTEM: "系统",
}

TITLES_EN = {
    Role.JUDGE: "Judge",
    Role.ASSISTANT: "Assistant",
    Role.CLERK: "Clerk",
    Role.TEAM_LEADER: "Team leader",
    Role.BUREAU_LEADER: "Director",
    Role.PRESIDENT: "President",
    Role.DUTY_OFFICER: "Officer",
    Role.BAILIFF: "Bailiff",
    Role.COMMAND_DESK: "Desk",
    Role.AUDITOR: "Auditor",
    Role.ADMINISTRATOR: "Administrator",
    Role.SYSTEM: "System",
}


DUTY_ZH = {
    Duty.DUTY_OFFICER: "值班执行干警",
    Duty.TEAM: "团队值班",
    Duty.DESK: "指挥中心",
    Duty.LEADER: "带班领导",
}

DUTY_EN = {
    Duty.DUTY_OFFICER: "duty officer",
    Duty.TEAM: "team",
    Duty.DESK: "desk",
    Duty.LEADER: "leader on duty",
}

ROLES_OF_DUTY: Mapping[Duty, frozenset[Role]] = MappingProxyType(
    {
        Duty.DUTY_OFFICER: frozenset({Role.DUTY_OFFICER}),
        Duty.DESK: frozenset({Role.COMMAND_DESK}),
        Duty.LEADER: frozenset({Role.TEAM_LEADER, Role.BUREAU_LEADER, Role.PRESIDENT}),
    }
)
"""In which roles a shift is served; that of a team by whoever belongs to it."""


SYSTEM = PersonId("system")
"""The name under which the service acts by itself."""


def system_actor(court_id: CourtId) -> Actor:
    """The service acting by itself: expiry, money, clocks."""
    held = (HeldRole(role=Role.SYSTEM, team_id=None),)
    return Actor(person_id=SYSTEM, court_id=court_id, held=held)


def first_role(roles: Collection[Role]) -> Role | None:
    """The role by which a person is addressed: the first one held in the order of `Role`; None when every
    role has ended.
    """
    return next((role for role in Role if role in roles), None)


def addressed_as(surname: str, role: Role | None) -> str:
    """How Chinese texts name a person of the court: surname and office, while there is one."""
    return surname if role is None else f"{surname}{TITLES_ZH[role]}"
