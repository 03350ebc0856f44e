"""The adapters that are reached by folder: what was carried when, and the whole list that one waits for."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from schemas.carryings import Carryings
from tracker.domain.ids import AgencyId, CourtId
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderLine:
    """One adapter of an agency whose line is open; `broker_generation` as of the agency."""

    agency_id: AgencyId
    instance: str
    broker_generation: int

    @property
    def name(self) -> str:
        return f"{self.agency_id}.{self.instance}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedList:
    """A generation of a feed that is to be sent as a whole, and how far that has come: all before `begin` of
    the snapshot at `sequence`, which lies on the shelf of `worker`; both None before its manifest.
    """

    epoch: int
    incarnation: int
    sequence: int | None = None
    worker: str | None = None
    begin: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The adapter that waits for a list."""

    agency_id: AgencyId
    instance: str
    wanted: WantedList


async def record_transport(tx: Tx, agency_id: AgencyId, instance: str, *, is_by_folder: bool) -> bool:
    """Whether there is such an adapter. What was carried before says nothing of the line now."""
    changed = _instance(agency_id, instance).values(
        is_by_folder=is_by_folder, carried_there=None, carried_back=None, wanted_list=None
    )
    return bool(await tx.run(changed))


async def list_folder_lines(tx: Tx, court_id: CourtId) -> tuple[FolderLine, ...]:
    """Of every agency of the court; also one that the court has closed is told so by its folder."""
    column = t.agency_instance.c
    query = (
        sa.select(column.agency_id, column.name, t.agency.c.broker_generation)
        .join(t.agency, t.agency.c.id == column.agency_id)
        .where(t.agency.c.court_id == court_id, column.is_by_folder)
        .order_by(column.agency_id, column.name)
    )
    return tuple(
        FolderLine(
            agency_id=AgencyId(row.agency_id), instance=row.name, broker_generation=row.broker_generation
        )
        for row in await tx.rows(query)
    )


async def record_carryings(tx: Tx, agency_id: AgencyId, instance: str, carryings: Carryings) -> None:
    there, back = _texts(carryings.outward), _texts(carryings.inward)
    await tx.run(_instance(agency_id, instance).values(carried_there=there, carried_back=back))


def carryings_of(there: Sequence[str] | None, back: Sequence[str] | None) -> Carryings:
    """As the columns of an adapter hold them; its own letters went there, and what it says came back."""
    return Carryings(
        outward=tuple(map(datetime.fromisoformat, there or ())),
        inward=tuple(map(datetime.fromisoformat, back or ())),
    )


async def record_wanted(tx: Tx, agency_id: AgencyId, instance: str, wanted: WantedList | None) -> None:
    """None: nothing is wanted any more."""
    value = None if wanted is None else asdict(wanted)
    await tx.run(_instance(agency_id, instance).values(wanted_list=value))


async def list_waiting(tx: Tx, court_id: CourtId) -> tuple[Waiting, ...]:
    """Those of closed lines wait for nothing."""
    column = t.agency_instance.c
    query = (
        sa.select(column.agency_id, column.name, column.wanted_list)
        .join(t.agency, t.agency.c.id == column.agency_id)
        .where(t.agency.c.court_id == court_id, column.wanted_list.is_not(None), column.closed_at.is_(None))
        .order_by(column.id)
    )
    return tuple(
        Waiting(agency_id=AgencyId(row.agency_id), instance=row.name, wanted=WantedList(**row.wanted_list))
        for row in await tx.rows(query)
    )


async def lock_wanted(tx: Tx, agency_id: AgencyId, instance: str) -> WantedList | None:
    """What is wanted now; nobody else sends of it until the transaction ends."""
    column = t.agency_instance.c
    query = sa.select(column.wanted_list).where(column.agency_id == agency_id, column.name == instance)
    row = await tx.row(query.with_for_update(key_share=True))
    value: dict[str, Any] | None = None if row is None else row.wanted_list
    return None if value is None else WantedList(**value)


def _texts(moments: Sequence[datetime]) -> list[str]:
    return [moment.isoformat() for moment in moments]


def _instance(agency_id: AgencyId, instance: str) -> sa.Update:
    column = t.agency_instance.c
    return sa.update(t.agency_instance).where(column.agency_id == agency_id, column.name == instance)
