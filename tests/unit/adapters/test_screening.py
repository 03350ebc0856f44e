"""The directions of failure of the edge, as pure tables: in doubt no hit is invented, nobody stopped."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from adapters.replica.values import Entry, FeedKey, FeedState
from adapters.screening import (
    FeedCondition,
    Trust,
    court_day,
    find_entry,
    judge_heartbeat,
    screen,
    trust_after,
    visible_entry,
)
from schemas.digest import digest_hex
from schemas.measures import Measure
from schemas.messages import FeedHead

FEED = FeedKey(epoch=1, incarnation=1)
NEXT_EPOCH = FeedKey(epoch=2, incarnation=1)
NOON = datetime(2026, 2, 26, 4, 0, tzinfo=UTC)
TOKEN = b"a" * 16
ENTRY = Entry(version=3, measure=Measure.HOLD_FOR_SUMMONS, valid_until=date(2026, 2, 26), tokens=(TOKEN,))


@dataclass
class View:
    """A replica in memory."""

    entries: dict[tuple[FeedKey, int], Entry] = field(default_factory=dict)
    tombstones: dict[int, int] = field(default_factory=dict)

    def references(self, feed: FeedKey, token: bytes) -> tuple[int, ...]:
        return tuple(
            reference
            for (of, reference), entry in self.entries.items()
            if of == feed and token in entry.tokens
        )

    def entry(self, feed: FeedKey, reference: int) -> Entry | None:
        return self.entries.get((feed, reference))

    def gone_up_to(self, reference: int) -> int:
        return self.tombstones.get(reference, 0)


@pytest.mark.parametrize(
    ("at", "visible"),
    [
        (datetime(2026, 2, 26, 15, 59, 59, tzinfo=UTC), True),  # 23:59:59 at the court
        (datetime(2026, 2, 26, 16, 0, 0, tzinfo=UTC), False),  # midnight at the court
        (datetime(2026, 2, 27, 0, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 2, 25, 16, 0, 0, tzinfo=UTC), True),
    ],
)
def test_an_entry_dies_when_its_last_day_ends_at_the_court(at: datetime, visible: bool) -> None:
    view = View({(FEED, 7): ENTRY})

    assert (visible_entry(view, FEED, 7, at) == ENTRY) is visible
    assert bool(screen({FEED: TOKEN}, view, at)) is visible


@pytest.mark.parametrize(
    ("gone_up_to", "visible"),
    [(0, True), (2, True), (3, False), (4, False)],
)
def test_a_tombstone_hides_versions_up_to_its_own(gone_up_to: int, visible: bool) -> None:
    view = View({(FEED, 7): ENTRY}, {7: gone_up_to})

    assert bool(screen({FEED: TOKEN}, view, NOON)) is visible


def test_a_document_hits_every_reference_that_lists_it() -> None:
    view = View({(FEED, 7): ENTRY, (FEED, 8): ENTRY})

    assert screen({FEED: TOKEN}, view, NOON) == {FEED: (7, 8)}


def test_a_document_not_on_the_list_is_clear() -> None:
    assert screen({FEED: b"b" * 16}, View({(FEED, 7): ENTRY}), NOON) == {}


def test_each_epoch_is_screened_with_its_own_token() -> None:
    view = View({(NEXT_EPOCH, 9): ENTRY})

    assert screen({FEED: TOKEN, NEXT_EPOCH: b"b" * 16}, view, NOON) == {}
    assert screen({FEED: b"b" * 16, NEXT_EPOCH: TOKEN}, view, NOON) == {NEXT_EPOCH: (9,)}


def test_an_entry_is_found_in_the_feed_that_holds_it() -> None:
    view = View({(NEXT_EPOCH, 9): ENTRY})

    assert find_entry(view, (FEED, NEXT_EPOCH), 9, NOON) == (NEXT_EPOCH, ENTRY)
    assert find_entry(view, (FEED,), 9, NOON) is None


@pytest.mark.parametrize(
    ("silence_s", "trust"),
    [
        (0, Trust.FULL),
        (299.9, Trust.FULL),
        (300, Trust.NO_STOPS),
        (86_399, Trust.NO_STOPS),
        (86_400, Trust.NO_HITS),
        (1_000_000, Trust.NO_HITS),
    ],
)
def test_trust_ends_in_two_steps_while_the_court_is_silent(silence_s: float, trust: Trust) -> None:
    assert trust_after(silence_s) is trust


@pytest.mark.parametrize(
    ("sequence", "count", "digest", "condition"),
    [
        (5, 2, 77, FeedCondition.PROVEN),
        (6, 2, 77, FeedCondition.BEHIND),
        (4, 2, 77, FeedCondition.RAN_BACK),
        (5, 3, 77, FeedCondition.DIVERGED),
        (5, 2, 78, FeedCondition.DIVERGED),
    ],
)
def test_a_heartbeat_proves_only_the_very_same_list(
    sequence: int, count: int, digest: int, condition: FeedCondition
) -> None:
    own = FeedState(sequence=5, count=2, digest=77)
    head = FeedHead(sequence=sequence, count=count, digest=digest_hex(digest))

    assert judge_heartbeat(own, head, was_proven=True) is condition


def test_a_list_that_was_never_whole_is_not_behind_but_filling() -> None:
    own = FeedState(sequence=5, count=2, digest=77)
    head = FeedHead(sequence=6, count=2, digest=digest_hex(77))

    assert judge_heartbeat(own, head, was_proven=False) is FeedCondition.FILLING


def test_the_day_of_the_court_starts_at_four_in_the_afternoon_utc() -> None:
    assert court_day(datetime(2026, 2, 26, 15, 59, tzinfo=UTC)) == date(2026, 2, 26)
    assert court_day(datetime(2026, 2, 26, 16, 0, tzinfo=UTC)) == date(2026, 2, 27)
