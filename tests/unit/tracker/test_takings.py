"""When an alert is in good hands: anybody's, or those of both sides, as its ladder wants it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from notifications.ladders import TakingsNeeded
from tests.unit.tracker.examples import NOON
from tracker.domain.alerts import Side, Taking
from tracker.domain.ids import PersonId
from tracker.domain.people import Role
from tracker.domain.takings import missing_sides, side_to_take

WHOLE = Taking(person_id=PersonId("person-shen"), taken_at=NOON, lapsed_at=None)
BY_JUDGE, BY_OFFICER = replace(WHOLE, side=Side.JUDGE), replace(WHOLE, side=Side.OFFICER)
ONE, BOTH = TakingsNeeded.ONE, TakingsNeeded.JUDGE_AND_OFFICER


@pytest.mark.parametrize(
    ("needed", "takings", "missing"),
    [
        (ONE, [], (Side.WHOLE,)),
        (ONE, [WHOLE], ()),
        (ONE, [BY_OFFICER], ()),
        (BOTH, [], (Side.JUDGE, Side.OFFICER)),
        (BOTH, [BY_JUDGE], (Side.OFFICER,)),
        (BOTH, [BY_OFFICER], (Side.JUDGE,)),
        (BOTH, [BY_JUDGE, BY_OFFICER], ()),
        (BOTH, [WHOLE], ()),
    ],
)
def test_which_side_is_missing(
    needed: TakingsNeeded, takings: Sequence[Taking], missing: tuple[Side, ...]
) -> None:
    assert missing_sides(needed, takings) == missing


@pytest.mark.parametrize(
    ("missing", "roles", "side"),
    [
        ((Side.WHOLE,), {Role.BAILIFF}, Side.WHOLE),
        ((Side.JUDGE, Side.OFFICER), {Role.JUDGE}, Side.JUDGE),
        ((Side.JUDGE, Side.OFFICER), {Role.DUTY_OFFICER}, Side.OFFICER),
        ((Side.OFFICER,), {Role.CLERK}, None),
        ((Side.OFFICER,), {Role.CLERK, Role.DUTY_OFFICER}, Side.OFFICER),
        ((), {Role.JUDGE}, None),
    ],
)
def test_which_side_somebody_takes(missing: tuple[Side, ...], roles: set[Role], side: Side | None) -> None:
    assert side_to_take(missing, roles) is side
