"""Which papers, approver, length and validation a measure needs: effective-dated rule data and its check.

The rows below are what a new installation starts with; the court edits them in the database, and every
decision asks the rows in force on its own day. Sources stand on each row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from schemas.measures import STOPPING_MEASURES, Measure
from tracker.domain.people import Role


class PaperKind(StrEnum):
    """A paper in the file that allows a measure."""

    ASSISTANCE_LETTER = "assistance-letter"
    WHEREABOUTS_RECORD = "whereabouts-record"
    DOCUMENT_TO_SERVE = "document-to-serve"
    SERVED_SUMMONS = "served-summons"
    PROOF_OF_SERVICE = "proof-of-service"
    SUMMONS_WARRANT = "summons-warrant"
    DETENTION_DECISION = "detention-decision"
    EXECUTION_NOTICE = "execution-notice"
    EXIT_RESTRICTION = "exit-restriction"
    BORDER_NOTICE = "border-notice"


PAPER_ZH = {
    PaperKind.ASSISTANCE_LETTER: "协助执行通知书",
    PaperKind.WHEREABOUTS_RECORD: "下落不明记录",
    PaperKind.DOCUMENT_TO_SERVE: "待送达文书",
    PaperKind.SERVED_SUMMONS: "传票",
    PaperKind.PROOF_OF_SERVICE: "送达回证",
    PaperKind.SUMMONS_WARRANT: "拘传票",
    PaperKind.DETENTION_DECISION: "拘留决定书",
    PaperKind.EXECUTION_NOTICE: "执行拘留通知书",
    PaperKind.EXIT_RESTRICTION: "限制出境决定书",
    PaperKind.BORDER_NOTICE: "边控通知",
}

MEASURE_ZH = {
    Measure.REPORT_WHEREABOUTS: "通报行踪",
    Measure.SERVE: "协助送达",
    Measure.HOLD_FOR_SUMMONS: "协助控制（拘传）",
    Measure.HOLD_FOR_DETENTION: "协助控制（拘留）",
    Measure.STOP_AT_BORDER: "口岸阻止出境",
    Measure.REPORT_BORDER_MOVEMENT: "掌握出入境动态",
    Measure.REFUSE_TRAVEL_DOCUMENT: "不予签发出入境证件",
}

HOLD_MEASURES = frozenset({Measure.HOLD_FOR_SUMMONS, Measure.HOLD_FOR_DETENTION})


def is_stopping(measure: Measure) -> bool:
    """Whether the measure asks an agency to stop a person."""
    return measure in STOPPING_MEASURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """After how many days somebody has to say that an entry is still needed; after how many more, again."""

    first_days: int
    then_days: int

    def first_due(self, came_into_force_at: datetime) -> datetime:
        return came_into_force_at + timedelta(days=self.first_days)

    def next_due(self, validated_at: datetime) -> datetime:
        """Counted from the look itself: whoever looks early does not buy a longer time without a look."""
        return validated_at + timedelta(days=self.then_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRule:
    """One row of rule data, in force from `valid_from` until before `valid_to` (None: open). `source`: the
    law or practice it stands on, as the approver reads it.
    """

    measure: Measure
    papers: tuple[PaperKind, ...]
    approvers: tuple[Role, ...]
    limit_days: int
    validation: Validation
    source: str
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


_LEADERS = (Role.BUREAU_LEADER, Role.PRESIDENT)
_RULE_2017 = date(2017, 3, 1)
_BORDER_PAPERS = (PaperKind.EXIT_RESTRICTION, PaperKind.BORDER_NOTICE)
# The court's own periods for every measure; no law sets any.
_VALIDATED = Validation(first_days=60, then_days=90)

FIRST_RULES: tuple[MeasureRule, ...] = (
    MeasureRule(
        measure=Measure.REPORT_WHEREABOUTS,
        papers=(PaperKind.ASSISTANCE_LETTER, PaperKind.WHEREABOUTS_RECORD),
        approvers=_LEADERS,
        limit_days=180,
        validation=_VALIDATED,
        source="《关于民事执行中财产调查若干问题的规定》（2017）第15条；期限由本院定",
        valid_from=_RULE_2017,
    ),
    MeasureRule(
        measure=Measure.SERVE,
        papers=(PaperKind.DOCUMENT_TO_SERVE,),
        approvers=(Role.JUDGE, *_LEADERS),
        limit_days=180,
        validation=_VALIDATED,
        source="本院惯例（假定）",
        valid_from=_RULE_2017,
    ),
    MeasureRule(
        measure=Measure.HOLD_FOR_SUMMONS,
        papers=(PaperKind.SERVED_SUMMONS, PaperKind.PROOF_OF_SERVICE, PaperKind.SUMMONS_WARRANT),
        approvers=_LEADERS,
        limit_days=90,
        validation=_VALIDATED,
        source="《民诉法解释》第175、482条；《民事诉讼法》第119条",
        valid_from=_RULE_2017,
    ),
    MeasureRule(
        measure=Measure.HOLD_FOR_DETENTION,
        papers=(PaperKind.DETENTION_DECISION, PaperKind.EXECUTION_NOTICE),
        approvers=(Role.PRESIDENT,),
        limit_days=90,
        validation=_VALIDATED,
        source="《民诉法解释》第178至185条；期限由本院定",
        valid_from=_RULE_2017,
    ),
    MeasureRule(
        measure=Measure.STOP_AT_BORDER,
        papers=_BORDER_PAPERS,
        approvers=(Role.PRESIDENT,),
        limit_days=30,
        validation=_VALIDATED,
        source="1987年限制出境规定及惯例：一次30日",
        valid_from=_RULE_2017,
    ),
    MeasureRule(
        measure=Measure.REPORT_BORDER_MOVEMENT,
        papers=_BORDER_PAPERS,
        approvers=(Role.PRESIDENT,),
        limit_days=365,
        validation=_VALIDATED,
        source="惯例：最长一年",
        valid_from=_RULE_2017,
    ),
    MeasureRule(
        measure=Measure.REFUSE_TRAVEL_DOCUMENT,
        papers=(PaperKind.EXIT_RESTRICTION,),
        approvers=(Role.PRESIDENT,),
        limit_days=90,
        validation=_VALIDATED,
        source="1998年规定（县级）；《护照法》第13条第5项",
        valid_from=_RULE_2017,
    ),
)


def rule_on(rules: Sequence[MeasureRule], measure: Measure, day: date) -> MeasureRule | None:
    """The row in force for a measure on a day."""
    return next((rule for rule in rules if rule.measure is measure and rule.holds_on(day)), None)
