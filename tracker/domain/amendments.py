"""An amendment: a later end or a wider measure for an entry in force, which a second person approves. Pure.

What must not break: until then the entry stands on its former terms, and none of it goes beyond its papers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from schemas.measures import Measure, weight
from tracker.domain.entries import Entry, Paper
from tracker.domain.errors import Problem
from tracker.domain.ids import AmendmentId, EntryId, PersonId
from tracker.domain.measures import MeasureRule
from tracker.domain.registration import PaperForm
from tracker.domain.terms import StandingPaper, end_problems, last_day, paper_problems


class AmendmentState(StrEnum):
    """`waiting -> approved | dropped`."""

    WAITING = "waiting"
    APPROVED = "approved"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentForm:
    """What is asked for. `valid_until` None: as long as measure and papers allow."""

    measure: Measure
    valid_until: date | None
    papers: tuple[PaperForm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """New terms of an entry: `valid_until` is the last day; `papers` are those that came with them."""

    amendment_id: AmendmentId
    entry_id: EntryId
    state: AmendmentState
    measure: Measure
    valid_until: date
    papers: tuple[Paper, ...]
    asked_by: PersonId
    asked_at: datetime
    decided_by: PersonId | None
    decided_at: datetime | None


def amended(entry: Entry, amendment: Amendment) -> Entry:
    """The entry on its new terms: a paper that came with them takes the place of the former of its kind."""
    return replace(
        entry,
        measure=amendment.measure,
        valid_until=amendment.valid_until,
        papers=(*_kept(entry, amendment.papers), *amendment.papers),
    )


def replaced_papers(entry: Entry, amendment: Amendment) -> tuple[Paper, ...]:
    """The papers on which the entry stands no more once it is amended."""
    kept = _kept(entry, amendment.papers)
    return tuple(paper for paper in entry.papers if paper not in kept)


def _kept(entry: Entry, new: Sequence[StandingPaper]) -> tuple[Paper, ...]:
    kinds = {paper.kind for paper in new}
    return tuple(paper for paper in entry.papers if paper.kind not in kinds)


def last_day_asked(entry: Entry, form: AmendmentForm, rule: MeasureRule, today: date) -> date:
    """As asked, else as long as the measure and all papers allow."""
    return last_day(form.valid_until, _standing_on(entry, form), rule, today)


def amendment_problems(
    entry: Entry, form: AmendmentForm, rule: MeasureRule | None, today: date
) -> tuple[Problem, ...]:
    """Everything that is wrong, each with its field and remedy; `rule` is that of the measure asked for."""
    papers = _standing_on(entry, form)
    return (
        *paper_problems(papers, rule),
        *_new_paper_problems(form),
        *_direction_problems(entry, form, rule, today),
        *_end_problems(entry, form, rule, today),
    )


def _standing_on(entry: Entry, form: AmendmentForm) -> tuple[StandingPaper, ...]:
    return (*_kept(entry, form.papers), *form.papers)


def _new_paper_problems(form: AmendmentForm) -> Iterator[Problem]:
    if not form.papers:
        yield Problem(
            field="papers",
            zh="请附上延期或加重措施所依据的新文书",
            en="attach the new paper that allows a later end or a wider measure",
        )


def _direction_problems(
    entry: Entry, form: AmendmentForm, rule: MeasureRule | None, today: date
) -> Iterator[Problem]:
    """An amendment asks for more. Less is asked by ending the entry, at once and without a second person."""
    if weight(form.measure) < weight(entry.measure):
        yield Problem(
            field="measure",
            zh="不能改为更轻的措施，请终止本条目后重新登记",
            en="is lighter than the measure in force: end the entry and register it anew",
        )
    elif (
        form.measure is entry.measure
        and rule
        and last_day_asked(entry, form, rule, today) <= entry.valid_until
    ):
        yield Problem(
            field="valid_until",
            zh=f"并未晚于现在的最后一日{entry.valid_until}，请选择更晚的日期",
            en=f"is no later than the last day in force, {entry.valid_until}: choose a later day",
        )


def _end_problems(
    entry: Entry, form: AmendmentForm, rule: MeasureRule | None, today: date
) -> Iterator[Problem]:
    until = form.valid_until if rule is None else last_day_asked(entry, form, rule, today)
    if until is not None:
        yield from end_problems(until, _standing_on(entry, form), rule, today)
