"""Each kind of due row has the one function that does it."""

from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.services.due_work import FOR_BATCHES, FOR_ENTRY, FOR_OPEN_ALERT

ALSO_FOR_ALERTS_THAT_ARE_OVER = {DueKind.STAND_DOWN_STEP}


def test_every_kind_has_one_function() -> None:
    kinds = [kind for table in (FOR_ENTRY, FOR_BATCHES, FOR_OPEN_ALERT) for kind in table]

    assert sorted(kinds) == sorted(set(DueKind) - ALSO_FOR_ALERTS_THAT_ARE_OVER)
    assert set(FOR_ENTRY) == set(ENTRY_CLOCKS)
