"""What is wrong with a rule, a stand-in, a leave or a swap before it is written: each with its remedy."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tracker.domain.errors import Problem
from tracker.domain.ids import PersonId
from tracker.domain.people import ROLES_OF_DUTY, Duty, HeldRole
from tracker.domain.rosters import Leave, Post, RosterRule, Shift, StandIn, Turn


def rule_problems(rule: RosterRule) -> tuple[Problem, ...]:
    return tuple(_rule_problems(rule))


def _rule_problems(rule: RosterRule) -> Iterator[Problem]:
    if not rule.people:
        zh, en = "轮值没有人员，请至少选一人", "nobody is in the rotation: choose at least one"
        yield Problem(field="people", zh=zh, en=en)
    if len(set(rule.people)) < len(rule.people):
        yield Problem(
            field="people", zh="同一人出现两次，请删去一次", en="somebody is there twice: remove one"
        )
    yield from _post_problems(rule.post)
    if rule.last_day < rule.first_day:
        yield Problem(
            field="last_day",
            zh="止日早于起日，请更正其中一个",
            en="is before first_day; exchange them",
        )
    if (rule.turn is Turn.NEVER) != (rule.turns_from is None):
        yield Problem(
            field="turns_from",
            zh="轮换须填写首次交接时间；不轮换则不填",
            en="say when the first turn of a rotation begins, and only for a rotation",
        )


def _post_problems(post: Post) -> Iterator[Problem]:
    if (post.duty is Duty.TEAM) != (post.team_id is not None):
        yield Problem(
            field="team",
            zh="团队值班须选择团队，其他值班不选",
            en="name a team for the duty team, and for no other duty",
        )


def stand_in_problems(new: StandIn, known: Iterable[StandIn], at: datetime) -> tuple[Problem, ...]:
    """`known`: those of the court that are not over."""
    return (
        *_post_problems(new.post),
        *_span_problems(new, at),
        *_self_problems(new.person_id, new.instead_of),
        *_overlap_problems(new, known),
    )


def _overlap_problems(new: StandIn, known: Iterable[StandIn]) -> Iterator[Problem]:
    for one in known:
        is_same_place = None in (one.instead_of, new.instead_of) or one.instead_of == new.instead_of
        if one.post == new.post and is_same_place and _overlap(one, new):
            yield Problem(
                field="begins_at",
                zh="与已有的替班时间重叠，请先取消那一条，或改时间",
                en="overlaps another stand-in at this post: end that one first, or choose other times",
            )
            return


def leave_problems(new: Leave, known: Iterable[Leave], at: datetime) -> tuple[Problem, ...]:
    """`known`: those of the court that are not over."""
    overlaps = any(one.person_id == new.person_id and _overlap(one, new) for one in known)
    problem = Problem(
        field="begins_at",
        zh="该人员此时已请假，请先取消那一条，或改时间",
        en="this person is on leave then already: end that leave first, or choose other times",
    )
    return (
        *_span_problems(new, at),
        *_self_problems(new.substitute_id, new.person_id),
        *((problem,) if overlaps else ()),
    )


def swap_problems(
    asked_by: PersonId, offered: Shift | None, asked_of: PersonId, wanted: Shift | None, at: datetime
) -> tuple[Problem, ...]:
    """`offered` and `wanted`: as they stand on the roster now; None where there is no such shift any more."""
    problems = []
    if offered is None or asked_by not in offered.people or offered.begins_at <= at:
        zh = "这不是您今后的班次，请从您自己的班次中选择"
        en = "is no coming shift of yours: choose one of your own"
        problems.append(Problem(field="offered", zh=zh, en=en))
    if wanted is None or asked_of not in wanted.people or wanted.begins_at <= at:
        zh, en = "对方已不在该班次，请重新选择", "is no coming shift of the other person: choose again"
        problems.append(Problem(field="wanted", zh=zh, en=en))
    if asked_by == asked_of:
        problems.append(
            Problem(field="wanted", zh="请选择另一人的班次", en="choose a shift of somebody else")
        )
    return tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a swap changes for one of the two. `own`: all their shifts while the one that they get lasts."""

    held: Collection[HeldRole]
    gives: Shift
    gets: Shift
    own: Collection[Shift]


def change_problems(change: Change) -> tuple[Problem, ...]:
    problems = []
    if change.gives.post != change.gets.post and not _may_serve(change.held, change.gets.post):
        zh = "换班后有人不具备该岗位的职务，请选择同一岗位的班次"
        en = "would leave a post to somebody without its role: choose a shift at the same post"
        problems.append(Problem(field="wanted", zh=zh, en=en))
    if any(not _is_part_of(one, change.gives) for one in change.own):
        zh, en = (
            "换班后有人同时值两个班，请另选班次",
            "would put somebody on two shifts at once: choose others",
        )
        problems.append(Problem(field="wanted", zh=zh, en=en))
    return tuple(problems)


def _may_serve(held: Collection[HeldRole], post: Post) -> bool:
    if post.duty is Duty.TEAM:
        return any(one.team_id == post.team_id for one in held)
    return any(one.role in ROLES_OF_DUTY[post.duty] for one in held)


def _is_part_of(one: Shift, whole: Shift) -> bool:
    return one.post == whole.post and whole.begins_at <= one.begins_at and one.ends_at <= whole.ends_at


def _span_problems(new: StandIn | Leave, at: datetime) -> Iterator[Problem]:
    if new.ends_at <= new.begins_at:
        yield Problem(field="ends_at", zh="止时须晚于起时，请更正", en="must be after the beginning: mend it")
    elif new.ends_at <= at:
        yield Problem(
            field="ends_at", zh="已经过去，请填写今后的时间", en="is past already: choose a time to come"
        )


def _self_problems(person_id: PersonId | None, instead_of: PersonId | None) -> Iterator[Problem]:
    if person_id is not None and person_id == instead_of:
        yield Problem(
            field="person_id", zh="不能由本人替本人，请另选一人", en="is the same person: choose another one"
        )


def _overlap(one: StandIn | Leave, other: StandIn | Leave) -> bool:
    return one.begins_at < other.ends_at and other.begins_at < one.ends_at
