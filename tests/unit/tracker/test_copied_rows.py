"""Rows come whole out of what PostgreSQL copies, wherever its messages are cut."""

from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.storage.whole_lists import CopiedRows, CutShort

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
ROWS = [(7, b"seven"), (2**63 - 1, b""), (9, bytes(300))]
SENT = HEADER + b"".join(pack(">hiqi", 2, 8, reference, len(body)) + body for reference, body in ROWS)


@given(st.sets(st.integers(0, len(SENT))))
def test_rows_that_are_cut_anywhere_come_out_whole(cuts: set[int]) -> None:
    parser, places = CopiedRows(), sorted({0, len(SENT), *cuts})
    parts = [SENT[begin:end] for begin, end in pairwise(places)]

    taken = [row for part in (*parts, b"\xff\xff") for row in parser.take(part)]
    parser.end()

    assert taken == ROWS


def test_a_list_that_ends_in_a_row_is_no_list() -> None:
    """Whoever lacks on it would be let through at every gate."""
    parser = CopiedRows()
    parser.take(SENT[:-1])

    with pytest.raises(CutShort, match="in the middle of a row"):
        parser.end()
