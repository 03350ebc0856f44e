"""A bulk import: one file of entries, checked row by row, approved as one batch, and put on the list in small
steps.

Pure. What must not break: a measure by which people are stopped never comes in bulk, because nobody would
type its numbers a second time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from schemas.case_numbers import parse_case_number
from schemas.measures import Measure
from tracker.domain.errors import Problem
from tracker.domain.ids import BatchId, CourtId, EntryId, PersonId
from tracker.domain.registration import EntryForm

ROWS_AT_MOST: Final = 100_000
READ_WITHIN: Final = timedelta(hours=1)
"""A file that has not been read to its end by then never will be: whoever read it is gone."""
ROWS_KEPT: Final = timedelta(days=30)
"""So long after the last step of a batch its rows can be looked at; then they are deleted."""
BULK_MEASURES: Final = (Measure.REPORT_WHEREABOUTS, Measure.SERVE)


class BatchState(StrEnum):
    """`reading -> checking -> checked -> submitted -> listing -> listed`, or rejected by the approver, or
    discarded by whoever uploaded it or by time.
    """

    READING = "reading"
    CHECKING = "checking"
    CHECKED = "checked"
    SUBMITTED = "submitted"
    LISTING = "listing"
    LISTED = "listed"
    REJECTED = "rejected"
    DISCARDED = "discarded"


UNDECIDED: Final = frozenset(
    {BatchState.READING, BatchState.CHECKING, BatchState.CHECKED, BatchState.SUBMITTED}
)


class RowState(StrEnum):
    """What has become of a row. `refused`: it was right when it was checked, and no more when it was to be
    put on the list.
    """

    UNCHECKED = "unchecked"
    WRONG = "wrong"
    RIGHT = "right"
    LISTED = "listed"
    REFUSED = "refused"


LEFT_OUT: Final = (RowState.WRONG, RowState.REFUSED)
"""The states of rows that are not put on the list, for what is told of each."""
TAKEN: Final = (RowState.UNCHECKED, RowState.RIGHT, RowState.LISTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file. `rows` are all of it, `right` and `wrong` those checked so far, `listed` and `refused` those
    of the right ones that the list has taken or not; `measures` counts the right ones.
    """

    batch_id: BatchId
    court_id: CourtId
    state: BatchState
    uploaded_by: PersonId
    uploaded_at: datetime
    decided_by: PersonId | None = None
    decided_at: datetime | None = None
    rows: int = 0
    right: int = 0
    wrong: int = 0
    listed: int = 0
    refused: int = 0
    measures: Mapping[Measure, int] = field(default_factory=dict)
    purged_at: datetime | None = None

    @property
    def checked(self) -> int:
        return self.right + self.wrong

    @property
    def tried(self) -> int:
        return self.listed + self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One row of the file by its number there. `form` None: the row could not be read at all.

    `warnings` refuse nothing; `same_as`: the first row with the same document; `listed_already`: entries of
    whoever holds it. The repr shows the number only.
    """

    number: int
    form: EntryForm | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    state: RowState = RowState.UNCHECKED
    same_as: int | None = None
    listed_already: tuple[EntryId, ...] = ()
    entry_id: EntryId | None = None

    def __repr__(self) -> str:
        return f"ImportRow({self.number})"

    @property
    def has_findings(self) -> bool:
        """Whether there is something to tell of it."""
        return bool(self.problems or self.warnings or self.same_as or self.listed_already)


def bulk_problems(form: EntryForm) -> Iterator[Problem]:
    """What may be registered by itself, and not in bulk."""
    if form.measure not in BULK_MEASURES:
        yield Problem(
            field="measure",
            zh="批量导入仅限通报行踪和协助送达：请从文件中删除该行，在“登记”页单独登记",
            en="does not come in bulk, only report whereabouts and serve do: take the row out and register "
            "it by itself",
        )


def double_problems(form: EntryForm, first: ImportRow) -> Iterator[Problem]:
    """What is wrong with a row whose document stands in an earlier row too. One person in several cases is
    right.
    """
    if first.form is None:
        return
    if first.form.subject_name.strip() != form.subject_name.strip():
        yield Problem(
            field="subject_name",
            zh=f"与第{first.number}行证件号码相同而姓名不同，请逐一核实",
            en=f"differs from row {first.number}, which has the same document number: check both",
        )
    elif _is_same(form, first.form):
        yield Problem(
            field="documents[0].number",
            zh=f"与第{first.number}行重复（同一人、同一案、同一措施），请删除其中一行",
            en=f"is doubled: row {first.number} has the same person, case and measure; delete one of them",
        )


def _is_same(one: EntryForm, other: EntryForm) -> bool:
    same_case = parse_case_number(one.case_number) == parse_case_number(other.case_number)
    return same_case and one.measure is other.measure
