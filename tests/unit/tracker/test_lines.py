"""When a line is silent, and what operators read of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.signing import SigningKey
from tracker.commands.doctor import judge_agency
from tracker.commands.line_standing import describe_roll
from tracker.domain.ids import AgencyId
from tracker.domain.lines import silent_at
from tracker.services.lines.epoch_rolls import RollStatus
from tracker.storage.agencies import Instance
from tracker.storage.feed_generations import Roll
from tracker.storage.lines import Line
from tracker.web.observability.health import judge_books

AT = datetime(2026, 2, 26, 6, 20, tzinfo=UTC)  # 14:20 at the court
HEARD = datetime(2026, 2, 26, 6, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


HEARD_OF = Instance(
    agency_id=AgencyId("rail"),
    name="one",
    verifying=SigningKey.from_secret("rail-1", b"r" * 32).verifying,
    heard_at=AT,
)


def test_a_line_is_silent_when_three_canaries_in_a_row_are_missing() -> None:
    assert silent_at(HEARD, 300) == AT
    assert silent_at(HEARD, 60) == HEARD + 3 * MINUTE


@pytest.mark.parametrize(
    ("instance", "says"),
    [
        (
            replace(HEARD_OF, heard_at=None),
            "wrong  rail.one: was never heard: start its adapter, then `adapter doctor` there",
        ),
        (HEARD_OF, "ok     rail.one: was heard; its canary has not come back yet"),
        (replace(HEARD_OF, canary_at=AT - 2 * MINUTE), "ok     rail.one: its canary came back 120 s ago"),
        (
            replace(HEARD_OF, canary_at=HEARD, silent_since=HEARD),
            "wrong  rail.one: its line is silent for 15 min: call the agency, `adapter doctor` there",
        ),
        (
            replace(HEARD_OF, closed_at=HEARD),
            "wrong  rail.one: the line to it is closed: `tracker agency status` says why",
        ),
    ],
)
def test_the_doctor_judges_a_line_by_its_canary(instance: Instance, says: str) -> None:
    assert [str(finding) for finding in judge_agency("rail", (instance,), AT)] == [says]


def test_a_silent_line_is_told_and_leaves_the_others_their_court() -> None:
    line = Line(
        line_id="line-1", agency_id=AgencyId("rail"), instance="one", canary_at=HEARD, silent_since=HEARD
    )

    judged = judge_books((), (line,))

    assert judged.is_ready
    assert judged.reasons == ("the line to rail.one is silent since 2026-02-26 14:05",)


ROLL = Roll(
    feed_id="feed-2",
    agency_id=AgencyId("rail"),
    from_epoch=1,
    to_epoch=2,
    begun_at=AT - 2 * MINUTE,
    filled_at=AT - MINUTE,
)
LISTED_TWICE = "epoch 2 since 120 s ago, beside epoch 1: "


@pytest.mark.parametrize(
    ("roll", "says"),
    [
        (RollStatus(roll=ROLL, behind=("two",), withdrawn=0, answered=0), "two still behind"),
        (
            RollStatus(roll=ROLL, behind=("one", "two"), withdrawn=0, answered=0, keyless=("two",)),
            "one still behind, two needs the new keys (`adapter keep-keys`, brought and started with)",
        ),
        (
            RollStatus(roll=replace(ROLL, filled_at=None), behind=(), withdrawn=1, answered=2),
            "its list still fills, 1 withdrawn not gone everywhere yet, "
            "2 open alerts answered or held by the old names",
        ),
        (
            RollStatus(roll=ROLL, behind=(), withdrawn=0, answered=0),
            "the old epoch ends within seconds",
        ),
    ],
)
def test_an_operator_is_told_what_an_old_epoch_waits_for(roll: RollStatus, says: str) -> None:
    assert describe_roll(roll, AT) == LISTED_TWICE + says
