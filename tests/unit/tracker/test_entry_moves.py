"""How an entry moves, when it stops for which reason, and when it is in force."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from schemas.messages import StandDownReason
from tests.unit.tracker.examples import ENTRY, NOON, TODAY, WARRANT, rule_for
from tracker.domain.entries import (
    CAUSE_ZH,
    ENDING_CAUSES,
    PAUSES,
    REASON_FOR_AGENCY,
    Cause,
    EntryState,
    awaits_decision_too_long,
    has_lapsed,
    in_force,
    is_in_force,
    is_sought,
    is_within,
    may_move,
    may_stop,
)
from tracker.domain.measures import PaperKind

DRAFT, SUBMITTED, ACTIVE = EntryState.DRAFT, EntryState.SUBMITTED, EntryState.ACTIVE
SUSPENDED, ENDED = EntryState.SUSPENDED, EntryState.ENDED

MOVES = {
    (DRAFT, SUBMITTED),
    (DRAFT, ENDED),
    (SUBMITTED, ACTIVE),
    (SUBMITTED, ENDED),
    (ACTIVE, SUSPENDED),
    (ACTIVE, ENDED),
    (SUSPENDED, ACTIVE),
    (SUSPENDED, ENDED),
}

LAST_SECOND = datetime(2026, 5, 20, 15, 59, 59, tzinfo=UTC)
MIDNIGHT_AT_THE_COURT = datetime(2026, 5, 20, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(("come_from", "to"), list(product(EntryState, EntryState)))
def test_every_move(come_from: EntryState, to: EntryState) -> None:
    assert may_move(replace(ENTRY, state=come_from), to) == ((come_from, to) in MOVES)


@pytest.mark.parametrize("cause", sorted(set(Cause) - PAUSES - {Cause.NOT_VALIDATED, Cause.TURNED_DOWN}))
def test_a_pause_may_turn_out_to_be_more_than_a_pause(cause: Cause) -> None:
    paused = replace(ENTRY, state=SUSPENDED, cause=Cause.SUSPENDED_BY_PERSON)

    assert may_stop(paused, SUSPENDED, cause)


def test_a_pause_is_not_paused_again() -> None:
    paused = replace(ENTRY, state=SUSPENDED, cause=Cause.SUSPENDED_BY_PERSON)

    assert not may_stop(paused, SUSPENDED, Cause.SUSPENDED_BY_PERSON)
    assert not may_stop(paused, SUSPENDED, Cause.NOT_VALIDATED)


@pytest.mark.parametrize("cause", sorted(set(Cause) - {Cause.TURNED_DOWN}))
def test_what_money_suspended_is_not_suspended_again(cause: Cause) -> None:
    paid = replace(ENTRY, state=SUSPENDED, cause=Cause.PERFORMED)

    assert not may_stop(paid, SUSPENDED, cause)
    assert may_stop(paid, ENDED, cause)


@pytest.mark.parametrize(
    ("state", "may"), [(DRAFT, True), (SUBMITTED, True), (ACTIVE, False), (SUSPENDED, False), (ENDED, False)]
)
def test_only_what_was_never_in_force_is_turned_down(state: EntryState, may: bool) -> None:
    assert may_stop(replace(ENTRY, state=state), ENDED, Cause.TURNED_DOWN) == may


def test_nobody_withdraws_by_turning_down() -> None:
    assert Cause.TURNED_DOWN not in ENDING_CAUSES


@pytest.mark.parametrize(
    ("state", "cause", "sought"),
    [
        (DRAFT, None, False),
        (SUBMITTED, None, False),
        (ACTIVE, None, True),
        (SUSPENDED, Cause.SUSPENDED_BY_PERSON, True),
        (SUSPENDED, Cause.PERFORMED, False),
        (SUSPENDED, Cause.PAPER_REVOKED, False),
        (SUSPENDED, Cause.WRONG_PERSON, False),
        (SUSPENDED, Cause.NOT_VALIDATED, False),
        (SUSPENDED, Cause.RESTORED, True),
        (SUSPENDED, Cause.GONE_AT_AGENCY, True),
        (ENDED, Cause.WITHDRAWN, False),
    ],
)
def test_for_whom_a_team_may_be_out(state: EntryState, cause: Cause | None, sought: bool) -> None:
    assert is_sought(replace(ENTRY, state=state, cause=cause)) == sought


@pytest.mark.parametrize("state", sorted(set(EntryState) - {ACTIVE}))
def test_only_an_active_entry_is_in_force(state: EntryState) -> None:
    assert is_in_force(ENTRY, NOON)
    assert not is_in_force(replace(ENTRY, state=state), NOON)


def test_the_last_day_is_a_day_of_the_court() -> None:
    assert is_in_force(ENTRY, LAST_SECOND)
    assert not is_in_force(ENTRY, MIDNIGHT_AT_THE_COURT)


def test_an_entry_falls_with_its_paper() -> None:
    revoked = replace(ENTRY, papers=(replace(WARRANT, revoked_at=NOON),))
    lapsed = replace(ENTRY, papers=(replace(WARRANT, valid_until=date(2026, 2, 23)),))
    endless = replace(ENTRY, papers=(replace(WARRANT, valid_until=None),))

    assert has_lapsed(revoked, NOON)
    assert has_lapsed(lapsed, NOON)
    assert not has_lapsed(endless, NOON)
    assert in_force([revoked, lapsed, endless], NOON) == (endless,)


def test_what_is_suspended_is_decided_within_a_day() -> None:
    suspended = replace(ENTRY, state=SUSPENDED, cause=Cause.NOT_VALIDATED, stopped_at=NOON)
    a_day_later = NOON + timedelta(days=1)

    assert not awaits_decision_too_long(suspended, a_day_later)
    assert awaits_decision_too_long(suspended, a_day_later + timedelta(seconds=1))
    assert not awaits_decision_too_long(replace(suspended, state=ENDED), a_day_later + timedelta(days=1))
    assert not awaits_decision_too_long(ENTRY, a_day_later + timedelta(days=1))


def test_an_entry_comes_into_force_only_within_the_rule_of_that_day() -> None:
    rule = replace(rule_for(ENTRY.measure), papers=(WARRANT.kind,), limit_days=85)

    assert is_within(rule, ENTRY, TODAY)
    assert not is_within(replace(rule, limit_days=84), ENTRY, TODAY)
    assert not is_within(replace(rule, papers=(WARRANT.kind, PaperKind.SERVED_SUMMONS)), ENTRY, TODAY)


def test_every_cause_has_its_words_and_its_reason_for_the_agency() -> None:
    assert CAUSE_ZH == {
        Cause.PERFORMED: "已履行",
        Cause.SUSPENDED_BY_PERSON: "暂停协查",
        Cause.WITHDRAWN: "已撤控",
        Cause.EXPIRED: "已到期",
        Cause.WRONG_PERSON: "非本人",
        Cause.LOCATED: "已到案",
        Cause.PAPER_REVOKED: "文书已撤销",
        Cause.NOT_VALIDATED: "未按期核验",
        Cause.RESTORED: "恢复备份后待核对",
        Cause.GONE_AT_AGENCY: "联动单位已撤出",
        Cause.TURNED_DOWN: "未予批准",
    }
    assert REASON_FOR_AGENCY == {
        Cause.PERFORMED: StandDownReason.PERFORMED,
        Cause.SUSPENDED_BY_PERSON: StandDownReason.SUSPENDED,
        Cause.WITHDRAWN: StandDownReason.WITHDRAWN,
        Cause.EXPIRED: StandDownReason.EXPIRED,
        Cause.WRONG_PERSON: StandDownReason.WRONG_PERSON,
        Cause.LOCATED: StandDownReason.WITHDRAWN,
        Cause.PAPER_REVOKED: StandDownReason.PAPER_REVOKED,
        Cause.NOT_VALIDATED: StandDownReason.SUSPENDED,
        Cause.RESTORED: StandDownReason.SUSPENDED,
        Cause.GONE_AT_AGENCY: StandDownReason.SUSPENDED,
    }
