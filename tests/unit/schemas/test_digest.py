"""Court and replica compute the same digest exactly when they hold the same records."""

from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.digest import (
    EMPTY_DIGEST,
    ListSum,
    digest_from_hex,
    digest_hex,
    with_record,
    without_record,
)
from schemas.listed import ListedEntry, records_of
from schemas.measures import Measure, code_of

KEY = bytes(range(32))
ENTRY = ListedEntry(
    reference=0x0102030405060708,
    version=2,
    code=code_of(Measure.HOLD_FOR_SUMMONS),
    last_day=739_760,
    tokens=bytes(range(16)),
)
"""Until 2026-05-24."""
(RECORD,) = records_of([ENTRY.pack()])

RECORDS = st.binary(min_size=37, max_size=37)
DIGESTS = st.integers(0, 2**256 - 1)


def digest_of(records: Sequence[bytes]) -> int:
    return reduce(lambda digest, record: with_record(digest, record, KEY), records, EMPTY_DIGEST)


def test_a_record_has_one_form_in_bytes() -> None:
    assert RECORD.hex() == (
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
def test_the_order_of_records_does_not_matter(lists: tuple[list[bytes], list[bytes]]) -> None:
    assert digest_of(lists[0]) == digest_of(lists[1])


@given(DIGESTS, RECORDS)
def test_what_came_in_and_went_out_leaves_no_trace(digest: int, record: bytes) -> None:
    assert without_record(with_record(digest, record, KEY), record, KEY) == digest
    assert with_record(without_record(digest, record, KEY), record, KEY) == digest


@given(RECORDS, RECORDS)
def test_different_records_have_different_digests(one: bytes, other: bytes) -> None:
    assert (digest_of([one]) == digest_of([other])) is (one == other)


@pytest.mark.parametrize(
    "changed",
    [
        ENTRY._replace(tokens=bytes(16)),
        ENTRY._replace(reference=9),
        ENTRY._replace(version=3),
        ENTRY._replace(code=code_of(Measure.SERVE)),
        ENTRY._replace(last_day=739_761),
    ],
    ids=["token", "reference", "version", "measure", "validity"],
)
def test_a_replica_that_differs_in_one_field_finds_out(changed: ListedEntry) -> None:
    assert digest_of(list(records_of([changed.pack()]))) != digest_of([RECORD])


def test_an_entry_has_a_record_for_each_of_its_tokens() -> None:
    entry = ENTRY._replace(tokens=bytes(range(32)), named=b"sealed")

    assert list(records_of([entry.pack()])) == [
        RECORD,
        bytes(range(16, 32)) + RECORD[16:],
    ]


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
    with pytest.raises(ValueError, match="a token has 16 bytes"):
        ENTRY._replace(tokens=b"short").pack()


@given(records=st.lists(RECORDS, max_size=5))
def test_a_list_summed_at_once_has_the_digest_that_its_changes_led_to(records: list[bytes]) -> None:
    total = ListSum(KEY)
    total.add(records)

    assert total.digest == digest_of(records)
