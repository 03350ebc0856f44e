"""Each kind of due row has the one function that does it."""

from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.services.due_work import FOR_ENTRY, FOR_OPEN_ALERT


def test_every_kind_is_about_an_entry_or_an_alert() -> None:
    assert set(FOR_ENTRY) == set(ENTRY_CLOCKS)
    assert set(FOR_OPEN_ALERT) == set(DueKind) - set(ENTRY_CLOCKS) - {DueKind.STAND_DOWN_STEP}
