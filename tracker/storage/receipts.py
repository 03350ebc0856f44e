"""Where a change stands on the feeds, and since when an agency's instructions are in force there, or gone.

What must not break: an instruction is in force, or gone, once every adapter that was ever heard has said so
for every epoch in force whose list tells of the subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from tracker.domain.ids import AgencyId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.feeds import is_in_force
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A change that the feed writer has numbered."""

    agency_id: AgencyId
    reference: int
    version: int
    is_listed: bool
    sequence: int


_OF_CHANGE: Final = sa.exists().where(
    t.instruction.c.id == t.listing.c.instruction_id,
    t.instruction.c.version == sa.bindparam("of_version"),
    t.instruction.c.measure.is_not(None) == sa.bindparam("lists", type_=sa.Boolean()),
)


# Before the update, which looks at the instruction as it stood when it began: whoever changes one writes its
# listings first.
_LOCKED: Final = (
    sa.select(t.listing.c.instruction_id)
    .where(is_one_of(t.listing.c.agency_id, "of_agencies"), is_one_of(t.listing.c.reference, "refs"))
    .order_by(t.listing.c.agency_id, t.listing.c.reference)
    .with_for_update(key_share=True)
)
_NUMBERED: Final = (
    sa.update(t.listing)
    .where(
        t.listing.c.agency_id == sa.bindparam("of_agency"),
        t.listing.c.reference == sa.bindparam("of_reference"),
        _OF_CHANGE,
    )
    .values(feed_sequence=sa.bindparam("number"))
)


async def record_numbered(tx: Tx, numbered: Sequence[Numbered]) -> None:
    """The newest change of each instruction has its number. A removal keeps the version of its put: the
    number of an overtaken put must not pass for the removal's.
    """
    rows = [
        {
            "of_agency": one.agency_id,
            "of_reference": one.reference,
            "of_version": one.version,
            "lists": one.is_listed,
            "number": one.sequence,
        }
        for one in numbered
    ]
    await tx.rows(
        _LOCKED,
        of_agencies=[*{one.agency_id for one in numbered}],
        refs=[*{one.reference for one in numbered}],
    )
    await tx.run_many(_NUMBERED, rows)


NO_NUMBER_YET: Final = 2**63 - 1
"""Where a change stands on the feed that was not numbered yet: past every replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """When the instructions were changed that an agency has just said are in force, or gone."""

    in_force: tuple[datetime, ...]
    gone: tuple[datetime, ...]


_IS_ON_FEED: Final = sa.and_(
    t.listing.c.instruction_id == t.instruction.c.id,
    t.feed.c.agency_id == t.listing.c.agency_id,
    t.feed.c.epoch == t.listing.c.epoch,
    is_in_force(t.feed),
)
_IS_ON_A_LIST: Final = sa.exists().where(_IS_ON_FEED)
_HAS_PASSED: Final = sa.exists().where(
    t.replica.c.instance_id == t.agency_instance.c.id,
    t.replica.c.feed_id == t.feed.c.id,
    t.replica.c.sequence >= sa.func.coalesce(t.listing.c.feed_sequence, NO_NUMBER_YET),
)
# Of the very instruction that is asked about, two levels out: by itself the library looks one level out only,
# and would compare with any instruction of anybody.
_HAS_TOLD: Final = (
    sa.exists()
    .where(
        t.withdrawal_receipt.c.instance_id == t.agency_instance.c.id,
        t.withdrawal_receipt.c.reference == t.listing.c.reference,
        t.withdrawal_receipt.c.version >= t.instruction.c.version,
    )
    .correlate(t.agency_instance, t.listing, t.instruction)
)
# An instance that was never heard has shown nobody yet.
_AT_HEARD: Final = sa.and_(
    _IS_ON_FEED,
    t.agency_instance.c.agency_id == t.instruction.c.agency_id,
    t.agency_instance.c.heard_at.is_not(None),
)
_NOT_SHOWN_YET: Final = sa.exists().where(_AT_HEARD, sa.not_(_HAS_PASSED))
_STILL_SHOWN: Final = sa.exists().where(_AT_HEARD, sa.not_(_HAS_PASSED), sa.not_(_HAS_TOLD))
# An index holds these alone: of a list of millions few are on their way.
_ON_THE_WAY: Final = sa.and_(
    t.instruction.c.agency_id == sa.bindparam("of_agency"),
    t.instruction.c.in_force_since.is_(None),
    t.instruction.c.gone_since.is_(None),
)
_IN_FORCE: Final = (
    sa.update(t.instruction)
    .where(_ON_THE_WAY, t.instruction.c.measure.is_not(None))
    .where(_IS_ON_A_LIST, sa.not_(_NOT_SHOWN_YET))
    .values(in_force_since=sa.bindparam("at"))
    .returning(t.instruction.c.changed_at)
)
_GONE: Final = (
    sa.update(t.instruction)
    .where(_ON_THE_WAY, t.instruction.c.measure.is_(None))
    .where(_IS_ON_A_LIST, sa.not_(_STILL_SHOWN))
    .values(gone_since=sa.bindparam("at"))
    .returning(t.instruction.c.changed_at, t.instruction.c.id)
)
_THEIR_INSTANCES: Final = t.withdrawal_receipt.c.instance_id.in_(
    sa.select(t.agency_instance.c.id).where(t.agency_instance.c.agency_id == sa.bindparam("of_agency"))
)
_TOLD_OF: Final = sa.delete(t.withdrawal_receipt).where(
    _THEIR_INSTANCES,
    t.withdrawal_receipt.c.reference.in_(
        sa.select(t.listing.c.reference).where(is_one_of(t.listing.c.instruction_id, "instruction_ids"))
    ),
)


async def record_reached(tx: Tx, agency_id: AgencyId) -> Reached:
    """What every replica of an agency has come to on each list in force is in force there; what every replica
    has passed, or hides by a tombstone, is gone.
    """
    in_force = await tx.rows(_IN_FORCE, of_agency=agency_id, at=tx.at)
    gone = await tx.rows(_GONE, of_agency=agency_id, at=tx.at)
    if gone:
        # Nobody need tell of these any more.
        await tx.run(_TOLD_OF, of_agency=agency_id, instruction_ids=[row.id for row in gone])
    return Reached(in_force=_changed_at(in_force), gone=_changed_at(gone))


async def count_missing(tx: Tx, agency_id: AgencyId) -> int:
    """How many people were withdrawn whom an adapter of the agency may still show."""
    column = t.instruction.c
    query = sa.select(sa.func.count()).select_from(t.instruction).where(column.agency_id == agency_id)
    row = await tx.row(query.where(column.measure.is_(None), column.gone_since.is_(None)))
    return 0 if row is None else int(row[0])


def _changed_at(rows: Sequence[sa.Row[Any]]) -> tuple[datetime, ...]:
    return tuple(row.changed_at for row in rows)


_ITS_ID: Final = (
    sa.select(t.agency_instance.c.id)
    .where(
        t.agency_instance.c.agency_id == sa.bindparam("of_agency"),
        t.agency_instance.c.name == sa.bindparam("of_instance"),
    )
    .scalar_subquery()
)
_FORMER_RECEIPTS: Final = sa.delete(t.withdrawal_receipt).where(
    t.withdrawal_receipt.c.instance_id == _ITS_ID, is_one_of(t.withdrawal_receipt.c.reference, "refs")
)


async def record_told(tx: Tx, agency_id: AgencyId, instance: str, gone: Mapping[int, int]) -> None:
    """An instance has applied tombstones: references and the version up to which each hides."""
    if not gone:
        return
    instance_id = (await tx.rows(sa.select(_ITS_ID), of_agency=agency_id, of_instance=instance))[0][0]
    await tx.run(_FORMER_RECEIPTS, of_agency=agency_id, of_instance=instance, refs=list(gone))
    receipts = [
        {"instance_id": instance_id, "reference": reference, "version": version}
        for reference, version in gone.items()
    ]
    await tx.insert_many(t.withdrawal_receipt, receipts)
