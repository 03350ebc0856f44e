"""Who has yet to be called after an order to stop."""

from datetime import UTC, datetime

import pytest

from tracker.domain.ids import AgencyId, PersonId
from tracker.domain.standing_down import (
    OrderedAgency,
    Reached,
    StandDownBoard,
    ToldPerson,
    answered_by_all,
)

AT = datetime(2026, 2, 25, 4, 0, tzinfo=UTC)
LATER = datetime(2026, 2, 25, 4, 3, tzinfo=UTC)
REACHED = Reached(by=PersonId("bai"), at=AT)


def person(
    *, must_answer: bool = True, answered_at: datetime | None = None, reached: Reached | None = None
) -> ToldPerson:
    return ToldPerson(
        person_id=PersonId("qin"),
        channels=("sms",),
        must_answer=must_answer,
        answered_at=answered_at,
        reached=reached,
    )


def agency(
    *,
    is_holding: bool = False,
    is_receipt_missing: bool = False,
    answered_at: datetime | None = None,
    reached: Reached | None = None,
) -> OrderedAgency:
    return OrderedAgency(
        agency_id=AgencyId("rail"),
        gone_at=None if is_receipt_missing else AT,
        is_receipt_missing=is_receipt_missing,
        ordered_at=AT,
        answered_at=answered_at,
        is_holding=is_holding,
        released_at=None,
        reached=reached,
    )


@pytest.mark.parametrize(
    ("told", "is_silent"),
    [
        (person(), True),
        (person(answered_at=AT), False),
        (person(reached=REACHED), False),
        (person(must_answer=False), False),
    ],
)
def test_who_was_sent_is_silent_until_they_answer_or_are_reached(
    told: ToldPerson, *, is_silent: bool
) -> None:
    assert told.is_silent is is_silent
    assert StandDownBoard(people=(told,), agencies=()).is_answered is not is_silent


@pytest.mark.parametrize(
    ("ordered", "is_silent"),
    [
        (agency(), False),
        (agency(is_receipt_missing=True), True),
        (agency(is_receipt_missing=True, reached=REACHED), False),
        (agency(is_holding=True), True),
        (agency(is_holding=True, answered_at=AT), True),
        (agency(is_holding=True, reached=REACHED), False),
    ],
)
def test_an_agency_is_called_while_it_holds_or_has_not_said_gone(
    ordered: OrderedAgency, *, is_silent: bool
) -> None:
    assert ordered.is_silent is is_silent
    assert StandDownBoard(people=(), agencies=(ordered,)).is_answered is not is_silent


@pytest.mark.parametrize(
    ("answers", "answered_at"),
    [([], None), ([None], None), ([AT], AT), ([AT, None], None), ([LATER, AT], LATER)],
)
def test_an_agency_has_answered_once_its_last_adapter_has(
    answers: list[datetime | None], answered_at: datetime | None
) -> None:
    assert answered_by_all(answers) == answered_at
