"""Partner agencies, and their instances with public keys."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from schemas.canary import CANARY_EVERY_S
from schemas.carryings import Carryings
from schemas.measures import AgencyKind
from schemas.messages import FeedHead
from schemas.refused import RefusedLately
from schemas.signing import VerifyingKey
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CourtId, PersonId
from tracker.domain.line_closing import Closing, ClosingReason
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.news import settling
from tracker.storage.engine.sets import by_column, is_one_of
from tracker.storage.folder_lines import carryings_of
from tracker.storage.refused_there import refused_in
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx


class Profile(StrEnum):
    """What an agency is shown: `tokens` only, or `named` with sealed details."""

    TOKENS = "tokens"
    NAMED = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A partner. `hold_for_s`: how long it may keep a person for the court, by agreement; `channel_basis`:
    the legal basis of its sighting channel, without which it is refused; `sealing_public`: what is sealed
    to it; `canary_every_s`: how often its adapters prove their line alive; `closing` None: its line is open;
    `broker_generation`: its broker password was changed so often.
    """

    agency_id: AgencyId
    court_id: CourtId
    kind: AgencyKind
    name: str
    name_en: str
    profile: Profile
    hold_for_s: int
    channel_basis: str
    sealing_public: bytes
    canary_every_s: int = CANARY_EVERY_S
    closing: Closing | None = None
    broker_generation: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One running adapter of an agency.

    `canary_at`: when its canary last came back; `silent_since` is set while its line is held to be silent.
    `closed_at`: since when nothing of it is believed, but that it has removed its list (`emptied_at`);
    `spent_key`: the public key with which it is never let in again. `carryings`: what was carried there and
    back, for one that is reached by folder; None for one that is reached over the broker. `list_percent`: how
    much has come there of a whole list that is on its way; None where none is. `refused`: what it has taken
    nothing of, by its own count.
    """

    agency_id: AgencyId
    name: str
    verifying: VerifyingKey
    heard_at: datetime | None
    canary_at: datetime | None = None
    silent_since: datetime | None = None
    closed_at: datetime | None = None
    emptied_at: datetime | None = None
    spent_key: bytes | None = field(default=None, repr=False)
    carryings: Carryings | None = None
    list_percent: int | None = None
    refused: tuple[RefusedLately, ...] = ()


async def add_agency(tx: Tx, agency: Agency) -> None:
    await tx.insert(
        t.agency,
        id=agency.agency_id,
        court_id=agency.court_id,
        kind=agency.kind,
        name=agency.name,
        name_en=agency.name_en,
        profile=agency.profile,
        hold_for_s=agency.hold_for_s,
        channel_basis=agency.channel_basis,
        sealing_key=agency.sealing_public,
        canary_every_s=agency.canary_every_s,
    )


async def change_agency(tx: Tx, agency: Agency) -> None:
    """Another name, profile or agreement; kind, court and sealing key stay."""
    await tx.run(
        sa.update(t.agency)
        .where(t.agency.c.id == agency.agency_id)
        .values(
            name=agency.name,
            name_en=agency.name_en,
            profile=agency.profile,
            hold_for_s=agency.hold_for_s,
            channel_basis=agency.channel_basis,
            canary_every_s=agency.canary_every_s,
        )
    )


async def add_instance(tx: Tx, instance: Instance) -> None:
    await tx.insert(
        t.agency_instance,
        id=tx.entropy.new_id(),
        agency_id=instance.agency_id,
        name=instance.name,
        key_id=instance.verifying.key_id,
        verifying_key=instance.verifying.public,
        closed_at=instance.closed_at,
    )


def _agency(row: sa.Row[tuple[object, ...]]) -> Agency:
    return Agency(
        agency_id=AgencyId(row.id),
        court_id=CourtId(row.court_id),
        kind=AgencyKind(row.kind),
        name=row.name,
        name_en=row.name_en,
        profile=Profile(row.profile),
        hold_for_s=row.hold_for_s,
        channel_basis=row.channel_basis,
        sealing_public=row.sealing_key,
        canary_every_s=row.canary_every_s,
        closing=None
        if row.closed_at is None
        else Closing(at=row.closed_at, by=PersonId(row.closed_by), reason=ClosingReason(row.closing_reason)),
        broker_generation=row.broker_generation,
    )


async def get_agency(tx: Tx, agency_id: AgencyId) -> Agency:
    agency = await find_agency(tx, agency_id)
    if agency is None:
        raise NotFound("agency")
    return agency


_AGENCY: Final = sa.select(t.agency).where(t.agency.c.id == sa.bindparam("agency_id"))
_AGENCIES: Final = sa.select(t.agency).where(is_one_of(t.agency.c.id, "agency_ids"))
_OF_COURT: Final = sa.select(t.agency).where(t.agency.c.court_id == sa.bindparam("court_id")).order_by("id")


async def remember_agencies(tx: Tx, agency_ids: Collection[AgencyId]) -> None:
    """Read several at once, for `get_agency`."""
    if all(tx.memory.find((find_agency.__name__, agency_id)) for agency_id in agency_ids):
        return
    for row in await tx.rows(_AGENCIES, agency_ids=list(agency_ids)):
        tx.memory.keep((find_agency.__name__, row.id), [t.agency], _agency(row))


@read_once(t.agency)
async def find_agency(tx: Tx, agency_id: AgencyId) -> Agency | None:
    row = await tx.row(_AGENCY, agency_id=agency_id)
    return None if row is None else _agency(row)


async def lock_agency(tx: Tx, agency_id: AgencyId) -> Agency:
    """The same as `get_agency`, locked until the transaction ends: for who opens or closes its line."""
    row = await tx.row(_AGENCY.with_for_update(key_share=True), agency_id=agency_id)
    if row is None:
        raise NotFound("agency")
    return _agency(row)


async def record_closing(tx: Tx, agency_id: AgencyId, closing: Closing) -> None:
    """The line is closed to the agency and to every adapter of it."""
    await tx.run(
        sa.update(t.agency)
        .where(t.agency.c.id == agency_id)
        .values(closed_at=closing.at, closed_by=closing.by, closing_reason=closing.reason)
    )
    await tx.run(
        sa.update(t.agency_instance)
        .where(t.agency_instance.c.agency_id == agency_id)
        .values(closed_at=closing.at, emptied_at=None, list_percent=None)
    )


async def record_keys_spent(tx: Tx, agency_id: AgencyId) -> None:
    """The keys of the agency and its adapters are of no use any more, nor is its broker password."""
    await tx.run(
        sa.update(t.agency)
        .where(t.agency.c.id == agency_id)
        .values(sealing_key=b"", broker_generation=t.agency.c.broker_generation + 1)
    )
    column = t.agency_instance.c
    await tx.run(
        sa.update(t.agency_instance)
        .where(column.agency_id == agency_id)
        .values(spent_key=column.verifying_key)
    )


async def record_opening(tx: Tx, agency_id: AgencyId) -> None:
    """The line is open again, to every adapter whose keys are not spent; no canary has come back by the open
    line.
    """
    await tx.run(
        sa.update(t.agency)
        .where(t.agency.c.id == agency_id)
        .values(closed_at=None, closed_by=None, closing_reason=None)
    )
    column = t.agency_instance.c
    theirs = sa.update(t.agency_instance).where(column.agency_id == agency_id)
    await forget_canaries(tx, agency_id)
    has_good_keys = sa.or_(column.spent_key.is_(None), column.spent_key != column.verifying_key)
    await tx.run(theirs.where(has_good_keys).values(closed_at=None, emptied_at=None))


async def forget_canaries(tx: Tx, agency_id: AgencyId) -> None:
    """The list of the agency begins anew: no canary has come back by it."""
    theirs = sa.update(t.agency_instance).where(t.agency_instance.c.agency_id == agency_id)
    await tx.run(theirs.values(canary_at=None))


async def record_emptied(tx: Tx, agency_id: AgencyId, instance: str) -> None:
    """An adapter says that it has removed its list."""
    column = t.agency_instance.c
    await tx.run(
        sa.update(t.agency_instance)
        .where(column.agency_id == agency_id, column.name == instance, column.closed_at.is_not(None))
        .values(emptied_at=tx.at)
    )


async def list_agencies(tx: Tx, court_id: CourtId) -> tuple[Agency, ...]:
    return tuple(_agency(row) for row in await tx.rows(_OF_COURT, court_id=court_id))


def _instance(row: sa.Row[tuple[object, ...]]) -> Instance:
    return Instance(
        agency_id=AgencyId(row.agency_id),
        name=row.name,
        verifying=VerifyingKey(key_id=row.key_id, public=row.verifying_key),
        heard_at=row.heard_at,
        canary_at=row.canary_at,
        silent_since=row.silent_since,
        closed_at=row.closed_at,
        emptied_at=row.emptied_at,
        spent_key=row.spent_key,
        carryings=carryings_of(row.carried_there, row.carried_back) if row.is_by_folder else None,
        list_percent=row.list_percent,
        refused=refused_in(row.refused),
    )


_INSTANCES: Final = (
    sa.select(t.agency_instance)
    .where(is_one_of(t.agency_instance.c.agency_id, "agency_ids"))
    .order_by(t.agency_instance.c.id)
)


async def remember_instances(tx: Tx, agency_ids: Collection[AgencyId]) -> None:
    """Read those of several agencies at once, for `list_instances`."""
    theirs = by_column(await tx.rows(_INSTANCES, agency_ids=list(agency_ids)), "agency_id")
    for agency_id in agency_ids:
        instances = tuple(map(_instance, theirs[agency_id]))
        tx.memory.keep((list_instances.__name__, agency_id), [t.agency_instance], instances)


@read_once(t.agency_instance)
async def list_instances(tx: Tx, agency_id: AgencyId) -> tuple[Instance, ...]:
    return tuple(_instance(row) for row in await tx.rows(_INSTANCES, agency_ids=[agency_id]))


async def list_open_instances(tx: Tx, agency_id: AgencyId) -> tuple[Instance, ...]:
    """Those that are told anything at all."""
    return tuple(one for one in await list_instances(tx, agency_id) if one.closed_at is None)


async def find_instance(tx: Tx, agency_id: AgencyId, name: str) -> Instance | None:
    column = t.agency_instance.c
    row = await tx.row(sa.select(t.agency_instance).where(column.agency_id == agency_id, column.name == name))
    return None if row is None else _instance(row)


async def record_instance_key(
    tx: Tx, agency_id: AgencyId, name: str, verifying: VerifyingKey, closed_at: datetime | None
) -> None:
    """The instance signs with another key; `closed_at`: since when its agency's line is closed."""
    column = t.agency_instance.c
    await tx.run(
        sa.update(t.agency_instance)
        .where(column.agency_id == agency_id, column.name == name)
        .values(key_id=verifying.key_id, verifying_key=verifying.public, closed_at=closed_at)
    )


async def remove_instance(tx: Tx, agency_id: AgencyId, name: str) -> bool:
    """Forget an instance; whether there was one."""
    column = t.agency_instance.c
    its_id = sa.select(column.id).where(column.agency_id == agency_id, column.name == name).scalar_subquery()
    for theirs in (t.withdrawal_receipt, t.replica):
        await tx.run(sa.delete(theirs).where(theirs.c.instance_id == its_id))
    return bool(
        await tx.run(sa.delete(t.agency_instance).where(column.agency_id == agency_id, column.name == name))
    )


async def record_sealing_key(tx: Tx, agency_id: AgencyId, public: bytes) -> None:
    """What is sealed to the agency from now on is sealed to this key."""
    await tx.run(sa.update(t.agency).where(t.agency.c.id == agency_id).values(sealing_key=public))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What an instance says that it holds of one generation of the feed. `percent`: how much has come of a
    whole list, of whichever generation.
    """

    instance: str
    feed_id: str
    head: FeedHead
    percent: int | None = None


_HEARD: Final = settling(
    sa.update(t.agency_instance)
    .where(t.agency_instance.c.agency_id == sa.bindparam("of_agency"))
    .where(t.agency_instance.c.name == sa.bindparam("of_name"))
    .values(heard_at=sa.bindparam("at"), list_percent=sa.bindparam("percent", type_=sa.SmallInteger()))
    .returning(t.agency_instance.c.id)
)


async def record_replica(tx: Tx, agency_id: AgencyId, held: Held) -> None:
    """What an instance says of its replica: be it that it has begun anew. Its words come in their order."""
    # Its row is locked by this: of two words at once the second one waits.
    row = await tx.row(_HEARD, of_agency=agency_id, of_name=held.instance, at=tx.at, percent=held.percent)
    if row is None:
        return
    values = {"sequence": held.head.sequence, "entry_count": held.head.count, "digest": held.head.digest}
    known = sa.update(t.replica).where(t.replica.c.instance_id == row.id, t.replica.c.feed_id == held.feed_id)
    if not await tx.run(known.values(**values)):
        await tx.insert(t.replica, instance_id=row.id, feed_id=held.feed_id, **values)


async def list_replicas(tx: Tx, feed_id: str) -> dict[str, FeedHead]:
    """What each instance, by its name, last said that it holds of a feed; none of those that said nothing."""
    replica, instance = t.replica.c, t.agency_instance.c
    query = sa.select(instance.name, replica.sequence, replica.entry_count, replica.digest)
    query = query.join(t.replica, replica.instance_id == instance.id).where(replica.feed_id == feed_id)
    return {
        row.name: FeedHead(sequence=row.sequence, count=row.entry_count, digest=row.digest)
        for row in await tx.rows(query)
    }
