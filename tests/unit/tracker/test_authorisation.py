"""Who may do what: every cell of action x role x relation, against DESIGN section 9."""

from collections.abc import Mapping, Set
from itertools import product

import pytest

from tracker.domain.authorisation import Action, Relation, is_granted
from tracker.domain.people import Role

TEAM = frozenset({Role.JUDGE, Role.ASSISTANT, Role.CLERK})
APPROVERS = frozenset({Role.JUDGE, Role.TEAM_LEADER, Role.BUREAU_LEADER, Role.PRESIDENT})
EVERYBODY = frozenset(
    {
        Role.JUDGE,
        Role.ASSISTANT,
        Role.CLERK,
        Role.TEAM_LEADER,
        Role.BUREAU_LEADER,
        Role.PRESIDENT,
        Role.DUTY_OFFICER,
        Role.BAILIFF,
        Role.COMMAND_DESK,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    }
)
READERS = EVERYBODY - {Role.ADMINISTRATOR}
JUDGE, DESK, SYSTEM = frozenset({Role.JUDGE}), frozenset({Role.COMMAND_DESK}), frozenset({Role.SYSTEM})

GRANTED: Mapping[Action, Mapping[Relation, Set[Role]]] = {
    Action.OPEN_CASE: {Relation.OWN_TEAM: TEAM, Relation.ANY: SYSTEM},
    Action.REGISTER: {Relation.OWN_TEAM: TEAM},
    Action.APPROVE: {Relation.ANY: APPROVERS},
    Action.SUSPEND: {
        Relation.OWN_TEAM: TEAM,
        Relation.ON_DUTY: {Role.DUTY_OFFICER, Role.COMMAND_DESK},
        Relation.ANY: SYSTEM,
    },
    Action.RESUME: {Relation.OWN_CASE: JUDGE, Relation.ANY: {Role.BUREAU_LEADER}},
    Action.RESUME_MANY: {Relation.ANY: {Role.BUREAU_LEADER}},
    Action.VALIDATE: {Relation.OWN_CASE: JUDGE, Relation.OWN_TEAM: {Role.CLERK}},
    Action.WITHDRAW: {
        Relation.OWN_CASE: JUDGE,
        Relation.OWN_TEAM: {Role.CLERK},
        Relation.ON_DUTY: DESK,
        Relation.ANY: SYSTEM,
    },
    Action.REVOKE_PAPER: {
        Relation.OWN_CASE: JUDGE,
        Relation.OWN_TEAM: {Role.CLERK},
        Relation.ANY: {Role.BUREAU_LEADER, Role.PRESIDENT},
    },
    Action.TAKE: {Relation.TOLD: EVERYBODY, Relation.ON_DUTY: DESK},
    Action.ACT: {Relation.TAKER: EVERYBODY, Relation.OWN_CASE: JUDGE, Relation.ON_DUTY: DESK},
    # Leaders read what they are asked to approve, in every team.
    Action.READ_PERSONAL_DATA: {
        Relation.OWN_TEAM: READERS,
        Relation.TOLD: READERS,
        Relation.ON_DUTY: DESK,
        Relation.ANY: {Role.AUDITOR, Role.BUREAU_LEADER, Role.PRESIDENT},
    },
    Action.READ_AUDIT: {Relation.ANY: {Role.AUDITOR}},
    Action.RECORD_MONEY: {Relation.ANY: SYSTEM},
    Action.READ_REFUSED: {Relation.ANY: {Role.COMMAND_DESK, Role.BUREAU_LEADER, Role.AUDITOR}},
    # One person closes at once; another one opens.
    Action.CLOSE_LINE: {
        Relation.ON_DUTY: DESK,
        Relation.ANY: {Role.BUREAU_LEADER, Role.ADMINISTRATOR, Role.SYSTEM},
    },
    Action.OPEN_LINE: {Relation.ANY: {Role.BUREAU_LEADER, Role.ADMINISTRATOR, Role.SYSTEM}},
    Action.SEE_REACH: {Relation.ANY: {Role.COMMAND_DESK, Role.BUREAU_LEADER, Role.ADMINISTRATOR}},
    Action.MANAGE_PEOPLE: {Relation.ANY: {Role.ADMINISTRATOR}},
    Action.SET_DEVICES: {Relation.ANY: {Role.ADMINISTRATOR}},
    Action.READ_PROOF: {
        Relation.OWN_TEAM: READERS,
        Relation.ON_DUTY: DESK,
        Relation.ANY: {Role.AUDITOR},
    },
    Action.DRILL: {Relation.ON_DUTY: DESK, Relation.ANY: {Role.ADMINISTRATOR, Role.SYSTEM}},
    Action.EDIT_ROSTER: {Relation.ANY: {Role.ADMINISTRATOR}},
    Action.EDIT_LADDERS: {Relation.ANY: {Role.ADMINISTRATOR}},
    Action.EDIT_TEXTS: {Relation.ANY: {Role.ADMINISTRATOR}},
    Action.SET_AGENCY_PHONES: {Relation.ON_DUTY: DESK, Relation.ANY: {Role.ADMINISTRATOR}},
}
"""What is not here is refused. What is granted to a role in any relation is granted in each."""


def stands_in_the_table(action: Action, role: Role, relation: Relation) -> bool:
    rows = GRANTED[action]
    return role in rows.get(relation, set()) or role in rows.get(Relation.ANY, set())


@pytest.mark.parametrize(("action", "role", "relation"), list(product(Action, Role, Relation)))
def test_every_cell(action: Action, role: Role, relation: Relation) -> None:
    assert is_granted(action, {(role, relation)}) == stands_in_the_table(action, role, relation)


@pytest.mark.parametrize("action", list(Action))
def test_without_a_role_nothing_is_granted(action: Action) -> None:
    assert not is_granted(action, set())


def test_without_any_relation_only_what_needs_none_is_granted() -> None:
    open_to_all = {action for action in Action if is_granted(action, {(role, Relation.ANY) for role in Role})}

    assert open_to_all == {
        Action.OPEN_CASE,
        Action.APPROVE,
        Action.SUSPEND,
        Action.RESUME,
        Action.RESUME_MANY,
        Action.WITHDRAW,
        Action.REVOKE_PAPER,
        Action.READ_PERSONAL_DATA,
        Action.READ_AUDIT,
        Action.RECORD_MONEY,
        Action.READ_REFUSED,
        Action.CLOSE_LINE,
        Action.OPEN_LINE,
        Action.SEE_REACH,
        Action.MANAGE_PEOPLE,
        Action.SET_DEVICES,
        Action.READ_PROOF,
        Action.DRILL,
        Action.EDIT_ROSTER,
        Action.EDIT_LADDERS,
        Action.EDIT_TEXTS,
        Action.SET_AGENCY_PHONES,
    }


def test_of_several_roles_the_one_in_the_fitting_relation_counts() -> None:
    on_shift = {(Role.BAILIFF, Relation.TOLD), (Role.DUTY_OFFICER, Relation.ON_DUTY)}
    off_shift = {(Role.BAILIFF, Relation.ON_DUTY), (Role.DUTY_OFFICER, Relation.TOLD)}

    assert is_granted(Action.SUSPEND, on_shift)
    assert not is_granted(Action.SUSPEND, off_shift)


def test_a_role_held_elsewhere_lends_nothing_to_another() -> None:
    standings = {(Role.ASSISTANT, Relation.OWN_TEAM), (Role.CLERK, Relation.ANY)}

    assert not is_granted(Action.WITHDRAW, standings)
