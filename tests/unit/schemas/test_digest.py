"""Court and replica compute the same digest exactly when they hold the same records."""

from datetime import date
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.digest import (
    EMPTY_DIGEST,
    ListSum,
    Record,
    canonical_record,
    digest_from_hex,
    digest_hex,
    with_record,
    without_record,
)
from schemas.measures import Measure, code_of

KEY = bytes(range(32))
RECORD = Record(
    token=bytes(range(16)),
    reference=0x0102030405060708,
    version=2,
    measure=Measure.HOLD_FOR_SUMMONS,
    valid_until=date(2026, 5, 24),
)

RECORDS = st.builds(
    Record,
    token=st.binary(min_size=16, max_size=16),
    reference=st.integers(1, 2**63 - 1),
    version=st.integers(0, 2**63 - 1),
    measure=st.sampled_from(Measure),
    valid_until=st.dates(),
)
DIGESTS = st.integers(0, 2**256 - 1)


def digest_of(records: list[Record]) -> int:
    return reduce(lambda digest, record: with_record(digest, record, KEY), records, EMPTY_DIGEST)


def test_a_record_has_one_form_in_bytes() -> None:
    assert canonical_record(RECORD).hex() == (
        "000102030405060708090a0b0c0d0e0f"  # token
        "0102030405060708"  # reference
        "0000000000000002"  # version
        "03"  # hold for summons
        "000b49b0"  # 2026-05-24, day 739,760 of the calendar
    )


def test_a_digest_is_the_same_for_ever() -> None:
    digest = digest_of([RECORD])

    assert digest_hex(digest) == "4e46e9980d0d45f1b9d5d391c3eab15546278e83036f54e2bef5269101830c23"


def test_the_digest_of_nothing_is_nought() -> None:
    assert digest_hex(EMPTY_DIGEST) == "0" * 64


@given(st.lists(RECORDS, max_size=8).flatmap(lambda all_: st.tuples(st.just(all_), st.permutations(all_))))
def test_the_order_of_records_does_not_matter(lists: tuple[list[Record], list[Record]]) -> None:
    assert digest_of(lists[0]) == digest_of(lists[1])


@given(DIGESTS, RECORDS)
def test_what_came_in_and_went_out_leaves_no_trace(digest: int, record: Record) -> None:
    assert without_record(with_record(digest, record, KEY), record, KEY) == digest
    assert with_record(without_record(digest, record, KEY), record, KEY) == digest


@given(RECORDS, RECORDS)
def test_different_records_have_different_digests(one: Record, other: Record) -> None:
    assert (digest_of([one]) == digest_of([other])) is (one == other)


@pytest.mark.parametrize(
    "changed",
    [
        Record(token=bytes(16), reference=RECORD.reference, version=2, measure=RECORD.measure,
               valid_until=RECORD.valid_until),
        Record(token=RECORD.token, reference=9, version=2, measure=RECORD.measure,
               valid_until=RECORD.valid_until),
        Record(token=RECORD.token, reference=RECORD.reference, version=3, measure=RECORD.measure,
               valid_until=RECORD.valid_until),
        Record(token=RECORD.token, reference=RECORD.reference, version=2, measure=Measure.SERVE,
               valid_until=RECORD.valid_until),
        Record(token=RECORD.token, reference=RECORD.reference, version=2, measure=RECORD.measure,
               valid_until=date(2026, 5, 25)),
    ],
    ids=["token", "reference", "version", "measure", "validity"],
)  # fmt: skip
def test_a_replica_that_differs_in_one_field_finds_out(changed: Record) -> None:
    assert digest_of([changed]) != digest_of([RECORD])


def test_another_key_makes_another_digest() -> None:
    assert with_record(EMPTY_DIGEST, RECORD, KEY) != with_record(EMPTY_DIGEST, RECORD, bytes(32))


@given(DIGESTS)
def test_a_digest_is_read_back_as_it_was_written(digest: int) -> None:
    assert digest_from_hex(digest_hex(digest)) == digest


@pytest.mark.parametrize("text", ["", "00", "0" * 63, "0" * 66, "g" * 64])
def test_another_text_is_no_digest(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the text lacks
        digest_from_hex(text)


def test_a_token_of_another_length_is_refused() -> None:
    short = Record(
        token=b"short", reference=1, version=1, measure=Measure.SERVE, valid_until=date(2026, 5, 24)
    )

    with pytest.raises(ValueError, match="a token has 16 bytes"):
        canonical_record(short)


@given(records=st.lists(RECORDS, max_size=5))
def test_a_list_summed_at_once_has_the_digest_that_its_changes_led_to(records: list[Record]) -> None:
    total = ListSum(KEY)
    for one in records:
        last_day = one.valid_until.toordinal()
        total.add(one.token, one.reference, one.version, code_of(one.measure), last_day)

    assert total.digest == reduce(lambda digest, one: with_record(digest, one, KEY), records, EMPTY_DIGEST)
