"""People hear once that work is late, every ten minutes while it lasts, and once that it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tracker.domain.lateness import WORK_ZH, Delay, Word, Work, late_after, word_due

TOLD = datetime(2026, 2, 26, 6, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATE = Delay(work=Work.NOTICES, since=TOLD - MINUTE, told_at=TOLD)
OVER = replace(LATE, over_at=TOLD)


@pytest.mark.parametrize(
    ("known", "after", "is_late", "word"),
    [
        (None, MINUTE, True, Word.LATE),
        (None, MINUTE, False, None),
        (LATE, 9 * MINUTE, True, None),
        (LATE, 10 * MINUTE, True, Word.LATE),
        (LATE, MINUTE, False, Word.OVER),
        (OVER, MINUTE, False, None),
        # Late by turns: what is late again so soon waits for its ten minutes.
        (OVER, 9 * MINUTE, True, None),
        (OVER, 10 * MINUTE, True, Word.LATE),
    ],
)
def test_what_is_told(known: Delay | None, after: timedelta, is_late: bool, word: Word | None) -> None:
    assert word_due(known, TOLD + after, is_late=is_late) is word


def test_only_what_falls_due_for_the_whole_list_may_wait_longer() -> None:
    patient = {work for work in Work if late_after(work) > timedelta(seconds=30)}

    assert patient == {Work.ENTRIES}


def test_every_kind_has_its_word() -> None:
    assert set(WORK_ZH) == set(Work)
