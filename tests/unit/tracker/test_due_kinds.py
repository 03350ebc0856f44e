"""Each kind of due row has the one function that does it."""

from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.services.due_work import FOR_BATCHES, FOR_COURTS, FOR_ENTRY, FOR_LISTS, FOR_OPEN_ALERT

BY_THEMSELVES = {DueKind.STAND_DOWN_STEP, DueKind.LINE_SILENT, DueKind.SHIFT_CHANGE}


def test_every_kind_has_one_function() -> None:
    tables = (FOR_ENTRY, FOR_BATCHES, FOR_LISTS, FOR_COURTS, FOR_OPEN_ALERT)
    kinds = [kind for table in tables for kind in table]

    assert sorted(kinds) == sorted(set(DueKind) - BY_THEMSELVES)
    assert set(FOR_ENTRY) == set(ENTRY_CLOCKS)
