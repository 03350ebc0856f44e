"""The watch entry: its states, its moves, and when it is in force.

An entry is in force only while it is active, its last day has not passed and every paper it stands on holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from schemas.measures import Measure
from schemas.messages import StandDownReason
from tracker.domain.court_time import court_day
from tracker.domain.ids import AgencyId, CaseId, CourtId, EntryId, PaperId, PersonId, SubjectId
from tracker.domain.measures import MeasureRule, PaperKind
from tracker.domain.terms import PaperName


class EntryState(StrEnum):
    """`draft -> submitted -> active <-> suspended -> ended`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


ALLOWED_MOVES: frozenset[tuple[EntryState, EntryState]] = frozenset(
    {
        (EntryState.DRAFT, EntryState.SUBMITTED),
        (EntryState.DRAFT, EntryState.ENDED),
        (EntryState.SUBMITTED, EntryState.ACTIVE),
        (EntryState.SUBMITTED, EntryState.ENDED),
        (EntryState.ACTIVE, EntryState.SUSPENDED),
        (EntryState.ACTIVE, EntryState.ENDED),
        (EntryState.SUSPENDED, EntryState.ACTIVE),
        (EntryState.SUSPENDED, EntryState.ENDED),
    }
)


class Cause(StrEnum):
    """Why an entry stops being in force, or never comes to be; what people and agencies are told follows."""

    PERFORMED = "performed"
    SUSPENDED_BY_PERSON = "suspended-by-person"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    WRONG_PERSON = "wrong-person"
    LOCATED = "located"
    PAPER_REVOKED = "paper-revoked"
    NOT_VALIDATED = "not-validated"
    RESTORED = "restored"
    GONE_AT_AGENCY = "gone-at-agency"
    TURNED_DOWN = "turned-down"


CAUSE_ZH = {
    Cause.PERFORMED: "已履行",
    Cause.SUSPENDED_BY_PERSON: "暂停协查",
    Cause.WITHDRAWN: "已撤控",
    Cause.EXPIRED: "已到期",
    Cause.WRONG_PERSON: "非本人",
    Cause.LOCATED: "已到案",
    Cause.PAPER_REVOKED: "文书已撤销",
    Cause.NOT_VALIDATED: "未按期核验",
    Cause.RESTORED: "恢复备份后待核对",
    Cause.GONE_AT_AGENCY: "联动单位已撤出",
    Cause.TURNED_DOWN: "未予批准",
}

REASON_FOR_AGENCY = {
    Cause.PERFORMED: StandDownReason.PERFORMED,
    Cause.SUSPENDED_BY_PERSON: StandDownReason.SUSPENDED,
    Cause.WITHDRAWN: StandDownReason.WITHDRAWN,
    Cause.EXPIRED: StandDownReason.EXPIRED,
    Cause.WRONG_PERSON: StandDownReason.WRONG_PERSON,
    Cause.LOCATED: StandDownReason.WITHDRAWN,
    Cause.PAPER_REVOKED: StandDownReason.PAPER_REVOKED,
    Cause.NOT_VALIDATED: StandDownReason.SUSPENDED,
    Cause.RESTORED: StandDownReason.SUSPENDED,
    Cause.GONE_AT_AGENCY: StandDownReason.SUSPENDED,
}
"""What was turned down was in force nowhere: no agency is told of it."""

TO_RECONCILE = frozenset({Cause.RESTORED, Cause.GONE_AT_AGENCY})
"""The court was restored from a backup: nobody knows what has become of the entry since (`RESTORED`), or an
agency had been told that it is over.
"""
PAUSES = TO_RECONCILE | {Cause.SUSPENDED_BY_PERSON}
"""It may go on at any moment: a team stays near."""
ENDING_CAUSES = frozenset(Cause) - PAUSES - {Cause.NOT_VALIDATED, Cause.TURNED_DOWN}

DECIDED_WITHIN = timedelta(hours=24)
"""Within this a judge ends or resumes what is suspended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper of the case file. `valid_until` is its last day; None: it has no end of its own."""

    paper_id: PaperId
    kind: PaperKind
    number: str
    issued_on: date
    signer: str
    valid_until: date | None
    revoked_at: datetime | None

    @property
    def name(self) -> PaperName:
        return PaperName(kind=self.kind, number=self.number, issued_on=self.issued_on)

    def holds(self, at: datetime) -> bool:
        lapsed = self.valid_until is not None and court_day(at) > self.valid_until
        return self.revoked_at is None and not lapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the watch list. Amounts in fen; `valid_until` is the last day in force; by `validate_by`
    somebody has to say that it is still needed (None: it has not come into force yet).
    """

    entry_id: EntryId
    court_id: CourtId
    case_id: CaseId
    subject_id: SubjectId
    capacity: str
    measure: Measure
    state: EntryState
    valid_until: date
    release_amount_fen: int
    agency_ids: tuple[AgencyId, ...]
    papers: tuple[Paper, ...]
    registered_by: PersonId
    registered_at: datetime
    approved_by: PersonId | None
    approved_at: datetime | None
    validate_by: datetime | None
    suspended_by: PersonId | None
    cause: Cause | None
    stopped_at: datetime | None
    version: int


def may_move(entry: Entry, to: EntryState) -> bool:
    """Whether the table of moves has it."""
    return (entry.state, to) in ALLOWED_MOVES


def is_sought(entry: Entry) -> bool:
    """Active, or only paused: a team may be out for it and must hear when it is over."""
    return is_paused(entry) or entry.state is EntryState.ACTIVE


def is_paused(entry: Entry) -> bool:
    """Suspended, and nothing says that it is over."""
    return entry.state is EntryState.SUSPENDED and entry.cause in PAUSES


def may_stop(entry: Entry, to: EntryState, cause: Cause) -> bool:
    """Whether the table of moves has it, or a pause turns out to be more than a pause. Only what was never in
    force is turned down.
    """
    if cause is Cause.TURNED_DOWN and entry.state not in (EntryState.DRAFT, EntryState.SUBMITTED):
        return False
    outgrows_pause = entry.state is to and is_sought(entry) and cause in ENDING_CAUSES
    return may_move(entry, to) or outgrows_pause


def is_in_force(entry: Entry, at: datetime) -> bool:
    """Active, not past its last day, and on papers that all hold."""
    return entry.state is EntryState.ACTIVE and not has_lapsed(entry, at)


def has_lapsed(entry: Entry, at: datetime) -> bool:
    """Its last day has passed, or one of its papers no longer holds."""
    return court_day(at) > entry.valid_until or not all(paper.holds(at) for paper in entry.papers)


def awaits_decision_too_long(entry: Entry, at: datetime) -> bool:
    """Suspended, and no judge has ended or resumed it in time."""
    is_suspended = entry.state is EntryState.SUSPENDED and entry.stopped_at is not None
    return is_suspended and entry.stopped_at is not None and at - entry.stopped_at > DECIDED_WITHIN


def is_within(rule: MeasureRule, entry: Entry, day: date) -> bool:
    """Whether the rule lets the entry come into force on a day: papers and end still fit."""
    is_short = entry.valid_until <= day + timedelta(days=rule.limit_days)
    return is_short and set(rule.papers) <= {paper.kind for paper in entry.papers}


def in_force(entries: Sequence[Entry], at: datetime) -> tuple[Entry, ...]:
    """Those of the entries that are in force."""
    return tuple(entry for entry in entries if is_in_force(entry, at))


CAPACITY_ZH = {
    "debtor": "被执行人",
    "legal-representative": "法定代表人",
    "person-responsible": "主要负责人",
    "actual-controller": "实际控制人",
}
