"""Court and replica compute the same digest exactly when they hold the same entries."""

from collections.abc import Sequence
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.digest import (
    DIGEST_BYTES,
    EMPTY_DIGEST,
    TAG_BYTES,
    EntryHash,
    digest_from_hex,
    digest_hex,
    sum_of,
)
from schemas.listed import ListedEntry, tokens_of
from schemas.measures import Measure, code_of

KEY = bytes(range(32))
HASH = EntryHash(KEY, epoch=1, incarnation=1)
ENTRY = ListedEntry(
    reference=0x0102030405060708,
    version=2,
    code=code_of(Measure.HOLD_FOR_SUMMONS),
    last_day=739_760,
    tokens=bytes(range(16)),
    named=b"sealed",
)

ENTRIES = st.binary(min_size=39, max_size=60)
DIGESTS = st.integers(0, 2**256 - 1)


def digest_of(entries: Sequence[bytes]) -> int:
    """Entry by entry, as packets lead to it."""
    return reduce(HASH.with_entry, entries, EMPTY_DIGEST)


def test_an_entry_has_one_form_in_bytes() -> None:
    assert ENTRY.pack().hex() == (
        "0102030405060708"  # reference
        "0000000000000002"  # version
        "03"  # hold for summons
        "000b49b0"  # 2026-05-24, day 739,760 of the calendar
        "0001"  # one token
        "000102030405060708090a0b0c0d0e0f"
        "7365616c6564"  # what was sealed for the agency
    )


def test_a_digest_is_the_same_for_ever() -> None:
    assert (
        digest_hex(digest_of([ENTRY.pack()]))
        == "c3166c283d70290637a4f6e1a7e89eba9760b09fe576e0db0e6e42b78bd08c61"
    )


def test_the_digest_of_nothing_is_nought() -> None:
    assert digest_hex(EMPTY_DIGEST) == "0" * 64


@given(st.lists(ENTRIES, max_size=8).flatmap(lambda all_: st.tuples(st.just(all_), st.permutations(all_))))
def test_the_order_of_entries_does_not_matter(lists: tuple[list[bytes], list[bytes]]) -> None:
    assert digest_of(lists[0]) == digest_of(lists[1])


@given(DIGESTS, ENTRIES)
def test_what_came_in_and_went_out_leaves_no_trace(digest: int, entry: bytes) -> None:
    assert HASH.without_entry(HASH.with_entry(digest, entry), entry) == digest
    assert HASH.with_entry(HASH.without_entry(digest, entry), entry) == digest


@given(ENTRIES, ENTRIES)
def test_different_entries_have_different_digests(one: bytes, other: bytes) -> None:
    assert (digest_of([one]) == digest_of([other])) is (one == other)


@pytest.mark.parametrize(
    "changed",
    [
        ENTRY._replace(tokens=bytes(16)),
        ENTRY._replace(tokens=2 * ENTRY.tokens),
        ENTRY._replace(reference=9),
        ENTRY._replace(version=3),
        ENTRY._replace(code=code_of(Measure.SERVE)),
        ENTRY._replace(last_day=739_761),
        ENTRY._replace(named=b"other"),
    ],
    ids=["token", "one more token", "reference", "version", "measure", "validity", "details"],
)
def test_a_replica_that_differs_in_one_field_finds_out(changed: ListedEntry) -> None:
    assert digest_of([changed.pack()]) != digest_of([ENTRY.pack()])
    assert HASH.tag(changed.pack()) != HASH.tag(ENTRY.pack())


@pytest.mark.parametrize(
    "other",
    [
        EntryHash(bytes(32), epoch=1, incarnation=1),
        EntryHash(KEY, epoch=2, incarnation=1),
        EntryHash(KEY, epoch=1, incarnation=2),
    ],
    ids=["key", "epoch", "incarnation"],
)
def test_another_list_has_another_digest_and_other_tags(other: EntryHash) -> None:
    entry = ENTRY.pack()

    assert other.with_entry(EMPTY_DIGEST, entry) != HASH.with_entry(EMPTY_DIGEST, entry)
    assert other.tag(entry) != HASH.tag(entry)


def test_a_tag_tells_nothing_of_the_term() -> None:
    (hashed,) = HASH.of_each([ENTRY.pack()])

    assert hashed == digest_of([ENTRY.pack()]).to_bytes(DIGEST_BYTES, "big") + HASH.tag(ENTRY.pack())
    assert len(HASH.tag(ENTRY.pack())) == TAG_BYTES


@given(DIGESTS)
def test_a_digest_is_read_back_as_it_was_written(digest: int) -> None:
    assert digest_from_hex(digest_hex(digest)) == digest


@pytest.mark.parametrize("text", ["", "00", "0" * 63, "0" * 66, "g" * 64])
def test_another_text_is_no_digest(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the text lacks
        digest_from_hex(text)


@given(entries=st.lists(ENTRIES, max_size=5))
def test_a_list_summed_at_once_has_the_digest_that_its_changes_led_to(entries: list[bytes]) -> None:
    assert sum_of(HASH.of_each(entries)) == digest_of(entries)


@given(
    packed=st.builds(
        ListedEntry,
        reference=st.integers(1, 2**63 - 1),
        version=st.integers(0, 2**63 - 1),
        code=st.integers(0, 255),
        last_day=st.integers(0, 2**32 - 1),
        tokens=st.binary(min_size=32, max_size=32),
        named=st.binary(max_size=9),
    )
)
def test_an_entry_is_unpacked_as_it_was_packed(packed: ListedEntry) -> None:
    assert ListedEntry.unpack(packed.pack()) == packed


def test_each_token_leads_to_its_entry() -> None:
    entries = [ENTRY.pack(), ENTRY._replace(reference=7, tokens=b"a" * 16 + b"b" * 16).pack()]

    assert list(tokens_of(entries)) == [
        bytes(range(16)) + bytes.fromhex("0102030405060708"),
        b"a" * 16 + bytes.fromhex("0000000000000007"),
        b"b" * 16 + bytes.fromhex("0000000000000007"),
    ]


def test_a_token_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a token has 16 bytes"):
        ENTRY._replace(tokens=b"short").pack()
