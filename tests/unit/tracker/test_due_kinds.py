"""Each kind of due row has the one function that does it."""

from tracker.domain.due import ENTRY_CLOCKS, DueKind
from tracker.services.due_work import (
    FOR_BATCHES,
    FOR_COURTS,
    FOR_ENTRY,
    FOR_LISTS,
    FOR_OPEN_ALERT,
    FOR_PEOPLE,
    TAKES_ITSELF_OFF,
)

FOR_ALERT_THAT_HAS_ENDED = {DueKind.STAND_DOWN_STEP}


def test_every_kind_has_one_function() -> None:
    tables = (FOR_ENTRY, FOR_BATCHES, FOR_LISTS, FOR_PEOPLE, FOR_COURTS, FOR_OPEN_ALERT, TAKES_ITSELF_OFF)
    kinds = [kind for table in tables for kind in table]

    assert sorted(kinds) == sorted(set(DueKind) - FOR_ALERT_THAT_HAS_ENDED)
    assert set(FOR_ENTRY) == set(ENTRY_CLOCKS)
