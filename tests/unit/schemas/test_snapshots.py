"""The file of a whole list: what was packed is unpacked, in few bytes, and nothing else is."""

import struct
import zlib
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.listed import ListedEntry
from schemas.measures import Measure, code_of
from schemas.snapshots import note_of, pack_chunk, unpack_chunk

TOKENS = st.lists(st.binary(min_size=16, max_size=16), max_size=3).map(b"".join)
ENTRIES = st.lists(
    st.builds(
        ListedEntry,
        reference=st.integers(1, 2**63 - 1),
        version=st.integers(0, 2**63 - 1),
        code=st.sampled_from([code_of(measure) for measure in Measure]),
        last_day=st.integers(1, 3_652_059),
        tokens=TOKENS,
        named=st.binary(max_size=40),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda entry: entry.reference,
).map(sorted)

LISTED = [
    ListedEntry(reference=7, version=1, code=3, last_day=739_760, tokens=b"t" * 16),
    ListedEntry(reference=2**62, version=2, code=1, last_day=739_761, tokens=b"u" * 32, named=b"sealed"),
]
PACKED = [entry.pack() for entry in LISTED]

GOLDEN = (
    "64742d6c697374320000000200000026780163b067f88f80ec3f19500023133323030337b7a7e7868d0c0c8c4c104901"
    "350065370983747474747474747474747474747474747575757575757575757575757575757575757575757575757575"
    "7575757575757365616c6564"
)


@given(entries=ENTRIES)
def test_what_was_packed_is_unpacked(entries: list[ListedEntry]) -> None:
    packed = [entry.pack() for entry in entries]

    assert unpack_chunk(pack_chunk(packed)) == packed


def test_a_chunk_says_for_ever_what_it_said() -> None:
    packed = bytes.fromhex(GOLDEN)

    assert list(map(ListedEntry.unpack, unpack_chunk(packed))) == LISTED


def test_beside_token_and_reference_an_entry_takes_next_to_nothing() -> None:
    """Tokens and references as random as they are: 24 bytes, and one of a hundred days."""
    drawn = shake_256(b"a list").digest(24 * 16_384)
    references = sorted(int.from_bytes(drawn[at : at + 8], "big") >> 1 for at in range(0, 8 * 16_384, 8))
    entries = [
        ListedEntry(
            reference=reference,
            version=1,
            code=3,
            last_day=739_700 + drawn[-16 * place - 1] % 100,
            tokens=drawn[-16 * place - 16 :][:16],
        ).pack()
        for place, reference in enumerate(references)
    ]

    chunk = pack_chunk(entries)

    assert len(chunk) / len(entries) < 26
    assert unpack_chunk(chunk) == entries


@pytest.mark.parametrize("length", [0, 10, 16, 30, -1])
def test_a_chunk_that_was_cut_short_is_none(length: int) -> None:
    with pytest.raises(ValueError, match="cut short or altered"):
        unpack_chunk(pack_chunk(PACKED)[:length])


def test_nor_is_one_with_something_behind_it() -> None:
    with pytest.raises(ValueError, match="cut short or altered"):
        unpack_chunk(pack_chunk(PACKED) + b"\0")


def test_nor_is_one_of_another_suite() -> None:
    with pytest.raises(ValueError, match="compare the versions"):
        unpack_chunk(b"dt-list9" + pack_chunk(PACKED)[8:])


def test_a_small_chunk_never_grows_beyond_what_it_names() -> None:
    bomb = zlib.compress(bytes(2**24))
    chunk = struct.pack(">8sII", b"dt-list2", 2, len(bomb)) + bomb

    with pytest.raises(ValueError, match="cut short or altered"):
        unpack_chunk(chunk)


def test_nor_does_one_that_names_more_entries_than_a_chunk_may_hold() -> None:
    most = [LISTED[0]._replace(reference=reference).pack() for reference in range(1, 16_385)]
    full = pack_chunk(most)
    too_many = pack_chunk([*most, PACKED[1]])

    assert len(unpack_chunk(full)) == 16_384
    with pytest.raises(ValueError, match="more entries than one may hold"):
        unpack_chunk(too_many)


def test_nor_is_one_without_entries_a_chunk() -> None:
    with pytest.raises(ValueError, match="or none"):
        unpack_chunk(struct.pack(">8sII", b"dt-list2", 0, 8) + zlib.compress(b""))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_altered_bit_makes_another_chunk(at: int, bit: int) -> None:
    chunk = bytearray(pack_chunk(PACKED))
    chunk[at % len(chunk)] ^= 1 << bit

    assert note_of(bytes(chunk)) != note_of(pack_chunk(PACKED))
