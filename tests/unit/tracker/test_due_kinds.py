"""Each kind of due row has the one function that does it."""

from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.services.due_work import FOR_BATCHES, FOR_ENTRY, FOR_LISTS, FOR_OPEN_ALERT, FOR_PEOPLE

BY_THEMSELVES = {DueKind.STAND_DOWN_STEP, DueKind.LINE_SILENT, DueKind.DELIVERY_FAILED}


def test_every_kind_has_one_function() -> None:
    tables = (FOR_ENTRY, FOR_BATCHES, FOR_LISTS, FOR_PEOPLE, FOR_OPEN_ALERT)
    kinds = [kind for table in tables for kind in table]

    assert sorted(kinds) == sorted(set(DueKind) - BY_THEMSELVES)
    assert set(FOR_ENTRY) == set(ENTRY_CLOCKS)
