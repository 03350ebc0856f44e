"""Who may do what: one table of action x role x relation. What is not in it is refused."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tracker.domain.people import Role


class Action(StrEnum):
    """Everything a service can be asked to do."""

    OPEN_CASE = "open a case"
    REGISTER = "register an entry"
    APPROVE = "approve an entry"
    SUSPEND = "suspend an entry"
    RESUME = "resume an entry"
    RESUME_MANY = "resume many entries at once"
    VALIDATE = "validate an entry"
    WITHDRAW = "withdraw or end an entry"
    REVOKE_PAPER = "record that a paper is revoked"
    TAKE = "take an alert"
    ACT = "act on an alert"
    READ_PERSONAL_DATA = "read personal data"
    READ_AUDIT = "read the audit log"
    RECORD_MONEY = "record money"
    READ_REFUSED = "read refused messages"
    CLOSE_LINE = "close the line to an agency"
    OPEN_LINE = "open the line to an agency again"
    SEE_REACH = "see how the court's people are reached"
    MANAGE_PEOPLE = "change the court's people"
    SET_DEVICES = "set where others get push messages"
    READ_PROOF = "read the proof of an alert"
    DRILL = "start a drill"
    EDIT_ROSTER = "edit the roster or the calendar"
    EDIT_LADDERS = "edit the ladders"
    EDIT_TEXTS = "edit the texts of notices"
    SET_AGENCY_PHONES = "set where the desk calls an agency"


class Relation(StrEnum):
    """How the person stands to the thing."""

    ANY = "any"
    OWN_CASE = "own-case"
    OWN_TEAM = "own-team"
    ON_DUTY = "on-duty"
    TOLD = "told"
    TAKER = "taker"


Standing: TypeAlias = tuple[Role, Relation]
"""A role that is held, and how the person stands to the thing in that role: a clerk of another team is no
clerk here. `Relation.ANY` holds for every role.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Any of these roles, when this relation holds."""

    roles: frozenset[Role]
    relation: Relation


STAFF = frozenset(Role) - {Role.SYSTEM}
TEAM_ROLES = frozenset({Role.JUDGE, Role.ASSISTANT, Role.CLERK})


def _grant(relation: Relation, *roles: Role) -> Grant:
    return Grant(roles=frozenset(roles), relation=relation)


GRANTS: dict[Action, tuple[Grant, ...]] = {
    Action.OPEN_CASE: (
        Grant(roles=TEAM_ROLES, relation=Relation.OWN_TEAM),
        _grant(Relation.ANY, Role.SYSTEM),
    ),
    Action.REGISTER: (Grant(roles=TEAM_ROLES, relation=Relation.OWN_TEAM),),
    Action.APPROVE: (_grant(Relation.ANY, Role.JUDGE, Role.TEAM_LEADER, Role.BUREAU_LEADER, Role.PRESIDENT),),
    Action.SUSPEND: (
        Grant(roles=TEAM_ROLES, relation=Relation.OWN_TEAM),
        _grant(Relation.ON_DUTY, Role.DUTY_OFFICER, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.SYSTEM),
    ),
    Action.RESUME: (_grant(Relation.OWN_CASE, Role.JUDGE), _grant(Relation.ANY, Role.BUREAU_LEADER)),
    Action.RESUME_MANY: (_grant(Relation.ANY, Role.BUREAU_LEADER),),
    Action.VALIDATE: (_grant(Relation.OWN_CASE, Role.JUDGE), _grant(Relation.OWN_TEAM, Role.CLERK)),
    Action.WITHDRAW: (
        _grant(Relation.OWN_CASE, Role.JUDGE),
        _grant(Relation.OWN_TEAM, Role.CLERK),
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.SYSTEM),
    ),
    Action.REVOKE_PAPER: (
        _grant(Relation.OWN_CASE, Role.JUDGE),
        _grant(Relation.OWN_TEAM, Role.CLERK),
        _grant(Relation.ANY, Role.BUREAU_LEADER, Role.PRESIDENT),
    ),
    Action.TAKE: (Grant(roles=STAFF, relation=Relation.TOLD), _grant(Relation.ON_DUTY, Role.COMMAND_DESK)),
    Action.ACT: (
        Grant(roles=STAFF, relation=Relation.TAKER),
        _grant(Relation.OWN_CASE, Role.JUDGE),
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
    ),
    Action.READ_PERSONAL_DATA: (
        Grant(roles=STAFF - {Role.ADMINISTRATOR}, relation=Relation.OWN_TEAM),
        Grant(roles=STAFF - {Role.ADMINISTRATOR}, relation=Relation.TOLD),
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.AUDITOR, Role.BUREAU_LEADER, Role.PRESIDENT),
    ),
    Action.READ_AUDIT: (_grant(Relation.ANY, Role.AUDITOR),),
    Action.RECORD_MONEY: (_grant(Relation.ANY, Role.SYSTEM),),
    Action.READ_REFUSED: (_grant(Relation.ANY, Role.COMMAND_DESK, Role.BUREAU_LEADER, Role.AUDITOR),),
    Action.CLOSE_LINE: (
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.BUREAU_LEADER, Role.ADMINISTRATOR, Role.SYSTEM),
    ),
    Action.OPEN_LINE: (_grant(Relation.ANY, Role.BUREAU_LEADER, Role.ADMINISTRATOR, Role.SYSTEM),),
    Action.SEE_REACH: (_grant(Relation.ANY, Role.COMMAND_DESK, Role.BUREAU_LEADER, Role.ADMINISTRATOR),),
    Action.MANAGE_PEOPLE: (_grant(Relation.ANY, Role.ADMINISTRATOR),),
    Action.SET_DEVICES: (_grant(Relation.ANY, Role.ADMINISTRATOR),),
    Action.READ_PROOF: (
        Grant(roles=STAFF - {Role.ADMINISTRATOR}, relation=Relation.OWN_TEAM),
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.AUDITOR),
    ),
    Action.DRILL: (
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.ADMINISTRATOR, Role.SYSTEM),
    ),
    Action.EDIT_ROSTER: (_grant(Relation.ANY, Role.ADMINISTRATOR),),
    Action.EDIT_LADDERS: (_grant(Relation.ANY, Role.ADMINISTRATOR),),
    Action.EDIT_TEXTS: (_grant(Relation.ANY, Role.ADMINISTRATOR),),
    Action.SET_AGENCY_PHONES: (
        _grant(Relation.ON_DUTY, Role.COMMAND_DESK),
        _grant(Relation.ANY, Role.ADMINISTRATOR),
    ),
}


def is_granted(action: Action, standings: Set[Standing]) -> bool:
    """Whether any row of the table covers one of the roles in the relation in which that role stands."""
    return any(
        role in grant.roles and grant.relation in (relation, Relation.ANY)
        for role, relation in standings
        for grant in GRANTS[action]
    )
