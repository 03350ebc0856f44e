"""The terms of an entry: what agencies are asked, until when, on which papers; and what is wrong with them.

Pure, and the same for an entry that is registered and for one whose terms are to change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from tracker.domain.errors import Problem
from tracker.domain.measures import PAPER_ZH, MeasureRule, PaperKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperName:
    """What a paper is known by in its case: entered once more, it is the same paper."""

    kind: PaperKind
    number: str
    issued_on: date


class StandingPaper(Protocol):
    """A paper that terms stand on, in the file or as it was entered."""

    @property
    def kind(self) -> PaperKind: ...

    @property
    def valid_until(self) -> date | None: ...


def last_day(asked: date | None, papers: Sequence[StandingPaper], rule: MeasureRule, today: date) -> date:
    """As asked, else the measure's own end, never beyond a paper."""
    if asked is not None:
        return asked
    ends = [paper.valid_until for paper in papers if paper.valid_until is not None]
    return min([today + timedelta(days=rule.limit_days), *ends])


def paper_problems(papers: Sequence[StandingPaper], rule: MeasureRule | None) -> Iterator[Problem]:
    """The rule that is missing, or the papers that it asks for."""
    if rule is None:
        yield Problem(
            field="measure",
            zh="该措施当前没有有效规则，请联系管理员",
            en="no rule in force: ask the administrator",
        )
        return
    given = {paper.kind for paper in papers}
    for kind in rule.papers:
        if kind not in given:
            yield Problem(
                field="papers",
                zh=f"缺少{PAPER_ZH[kind]}：该措施须附此文书",
                en=f"attach the {kind.value.replace('-', ' ')}: this measure stands on it",
            )


def end_problems(
    until: date, papers: Sequence[StandingPaper], rule: MeasureRule | None, today: date
) -> Iterator[Problem]:
    """A last day that is past, beyond the measure's longest time, or beyond a paper."""
    if until < today:
        yield Problem(
            field="valid_until", zh="到期日已过，请选择今后的日期", en="is past: choose a later day"
        )
    if rule is not None and until > today + timedelta(days=rule.limit_days):
        latest = today + timedelta(days=rule.limit_days)
        yield Problem(
            field="valid_until",
            zh=f"超过该措施最长{rule.limit_days}日，请改为不晚于{latest}",
            en=f"is beyond the {rule.limit_days} days of this measure: choose {latest} or earlier",
        )
    for paper in papers:
        if paper.valid_until is not None and until > paper.valid_until:
            yield Problem(
                field="valid_until",
                zh=f"晚于{PAPER_ZH[paper.kind]}的有效期{paper.valid_until}，请改为不晚于该日",
                en=f"is past the end of its {paper.kind.value}: choose {paper.valid_until} or earlier",
            )
