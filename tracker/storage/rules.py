"""Rule data for measures, effective-dated."""

from typing import Any, Final

import sqlalchemy as sa

from schemas.measures import Measure
from tracker.domain.court_time import court_day
from tracker.domain.ids import CourtId
from tracker.domain.measures import MeasureRule, PaperKind, Validation, rule_on
from tracker.domain.people import Role
from tracker.storage.engine.memory import read_once
from tracker.storage.tables import cases as t
from tracker.storage.transaction import Tx


async def add_rule(tx: Tx, court_id: CourtId, rule: MeasureRule) -> None:
    await tx.insert(
        t.measure_rule,
        id=tx.entropy.new_id(),
        court_id=court_id,
        measure=rule.measure,
        papers=list(rule.papers),
        approvers=list(rule.approvers),
        limit_days=rule.limit_days,
        validate_first_days=rule.validation.first_days,
        validate_then_days=rule.validation.then_days,
        source=rule.source,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
    )


_OF_COURT: Final = (
    sa.select(t.measure_rule)
    .where(t.measure_rule.c.court_id == sa.bindparam("of_court"))
    .order_by(t.measure_rule.c.valid_from, t.measure_rule.c.id)
)


async def find_rule(tx: Tx, court_id: CourtId, measure: Measure) -> MeasureRule | None:
    """The court's rule in force for a measure on the day of the transaction."""
    return rule_on(await list_rules(tx, court_id), measure, court_day(tx.at))


@read_once(t.measure_rule)
async def list_rules(tx: Tx, court_id: CourtId) -> tuple[MeasureRule, ...]:
    """All rules of the court, of whatever time, the oldest first."""
    return tuple(_rule(row) for row in await tx.rows(_OF_COURT, of_court=court_id))


def _rule(row: sa.Row[Any]) -> MeasureRule:
    return MeasureRule(
        measure=Measure(row.measure),
        papers=tuple(PaperKind(kind) for kind in row.papers),
        approvers=tuple(Role(role) for role in row.approvers),
        limit_days=row.limit_days,
        validation=Validation(first_days=row.validate_first_days, then_days=row.validate_then_days),
        source=row.source,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


async def list_ruled_measures(tx: Tx, court_id: CourtId) -> frozenset[Measure]:
    """The measures that the court has a rule for, of whatever time."""
    column = t.measure_rule.c
    rows = await tx.rows(sa.select(column.measure).where(column.court_id == court_id).distinct())
    return frozenset(Measure(row.measure) for row in rows)
