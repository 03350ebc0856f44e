"""Partner agencies, their instances with public keys, and the keys that sign what outsiders post."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from schemas.canary import CANARY_EVERY_S
from schemas.measures import AgencyKind
from schemas.messages import FeedHead
from schemas.signing import VerifyingKey
from schemas.webhooks import AsymmetricKey, SymmetricKey
from tracker.domain.errors import NotFound
from tracker.domain.ids import AgencyId, CourtId
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
    to it; `canary_every_s`: how often its adapters prove their line alive.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One running adapter of an agency and what it last said of its replica. `canary_at`: when its canary
    last came back; `silent_since` is set while its line is held to be silent.
    """

    agency_id: AgencyId
    name: str
    verifying: VerifyingKey
    replica: FeedHead
    heard_at: datetime | None
    canary_at: datetime | None = None
    silent_since: datetime | None = None


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
        replica_sequence=instance.replica.sequence,
        replica_count=instance.replica.count,
        replica_digest=instance.replica.digest,
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
    )


async def get_agency(tx: Tx, agency_id: AgencyId) -> Agency:
    agency = await find_agency(tx, agency_id)
    if agency is None:
        raise NotFound("agency")
    return agency


_AGENCY: Final = sa.select(t.agency).where(t.agency.c.id == sa.bindparam("agency_id"))


async def find_agency(tx: Tx, agency_id: AgencyId) -> Agency | None:
    row = await tx.row(_AGENCY, agency_id=agency_id)
    return None if row is None else _agency(row)


async def list_agencies(tx: Tx, court_id: CourtId) -> tuple[Agency, ...]:
    query = sa.select(t.agency).where(t.agency.c.court_id == court_id).order_by(t.agency.c.id)
    return tuple(_agency(row) for row in await tx.rows(query))


def _instance(row: sa.Row[tuple[object, ...]]) -> Instance:
    return Instance(
        agency_id=AgencyId(row.agency_id),
        name=row.name,
        verifying=VerifyingKey(key_id=row.key_id, public=row.verifying_key),
        replica=FeedHead(sequence=row.replica_sequence, count=row.replica_count, digest=row.replica_digest),
        heard_at=row.heard_at,
        canary_at=row.canary_at,
        silent_since=row.silent_since,
    )


_INSTANCES: Final = (
    sa.select(t.agency_instance)
    .where(t.agency_instance.c.agency_id == sa.bindparam("agency_id"))
    .order_by(t.agency_instance.c.id)
)


async def list_instances(tx: Tx, agency_id: AgencyId) -> tuple[Instance, ...]:
    return tuple(_instance(row) for row in await tx.rows(_INSTANCES, agency_id=agency_id))


async def find_instance(tx: Tx, agency_id: AgencyId, name: str) -> Instance | None:
    column = t.agency_instance.c
    row = await tx.row(sa.select(t.agency_instance).where(column.agency_id == agency_id, column.name == name))
    return None if row is None else _instance(row)


async def record_instance_key(tx: Tx, agency_id: AgencyId, name: str, verifying: VerifyingKey) -> None:
    """The instance signs with another key from now on."""
    column = t.agency_instance.c
    await tx.run(
        sa.update(t.agency_instance)
        .where(column.agency_id == agency_id, column.name == name)
        .values(key_id=verifying.key_id, verifying_key=verifying.public)
    )


async def remove_instance(tx: Tx, agency_id: AgencyId, name: str) -> bool:
    """Forget an instance; whether there was one."""
    column = t.agency_instance.c
    its_id = sa.select(column.id).where(column.agency_id == agency_id, column.name == name).scalar_subquery()
    await tx.run(sa.delete(t.withdrawal_receipt).where(t.withdrawal_receipt.c.instance_id == its_id))
    return bool(
        await tx.run(sa.delete(t.agency_instance).where(column.agency_id == agency_id, column.name == name))
    )


async def record_sealing_key(tx: Tx, agency_id: AgencyId, public: bytes) -> None:
    """What is sealed to the agency from now on is sealed to this key."""
    await tx.run(sa.update(t.agency).where(t.agency.c.id == agency_id).values(sealing_key=public))


async def record_replica(tx: Tx, agency_id: AgencyId, instance: str, replica: FeedHead) -> None:
    """What an instance says of its replica: be it that it has begun anew. Its words come in their order."""
    column = t.agency_instance.c
    await tx.run(
        sa.update(t.agency_instance)
        .where(column.agency_id == agency_id, column.name == instance)
        .values(
            replica_sequence=replica.sequence,
            replica_count=replica.count,
            replica_digest=replica.digest,
            heard_at=tx.at,
        )
    )


async def add_webhook_key(tx: Tx, court_id: CourtId, sender: str, key: SymmetricKey | AsymmetricKey) -> None:
    """Let a sender (an agency id, or `case-system`) sign webhooks with a key."""
    symmetric = isinstance(key, SymmetricKey)
    secret = key.secret if isinstance(key, SymmetricKey) else key.public
    await tx.insert(
        t.webhook_key,
        id=key.key_id,
        court_id=court_id,
        sender=sender,
        algorithm="v1" if symmetric else "v1a",
        key=tx.seal(secret.hex(), f"webhook_key.key:{key.key_id}"),
    )


async def list_webhook_keys(
    tx: Tx, court_id: CourtId, sender: str
) -> tuple[SymmetricKey | AsymmetricKey, ...]:
    """The live keys of a sender to this court; several during a rotation."""
    column = t.webhook_key.c
    rows = await tx.rows(
        sa.select(t.webhook_key)
        .where(column.court_id == court_id, column.sender == sender)
        .where(sa.or_(column.valid_until.is_(None), column.valid_until > tx.at))
        .order_by(column.id)
    )
    keys: list[SymmetricKey | AsymmetricKey] = []
    for row in rows:
        secret = bytes.fromhex(tx.unseal(row.key, f"webhook_key.key:{row.id}"))
        symmetric = row.algorithm == "v1"
        keys.append(
            SymmetricKey(key_id=row.id, secret=secret)
            if symmetric
            else AsymmetricKey(key_id=row.id, public=secret)
        )
    return tuple(keys)


async def list_webhook_key_ids(tx: Tx, court_id: CourtId) -> tuple[tuple[str, str], ...]:
    """The live keys of all senders, as (sender, key id)."""
    column = t.webhook_key.c
    rows = await tx.rows(
        sa.select(column.sender, column.id)
        .where(column.court_id == court_id)
        .where(sa.or_(column.valid_until.is_(None), column.valid_until > tx.at))
        .order_by(column.sender, column.id)
    )
    return tuple((row.sender, row.id) for row in rows)


async def end_webhook_key(tx: Tx, court_id: CourtId, key_id: str) -> bool:
    """Believe nothing more that the key signs; False when no live key is called so."""
    column = t.webhook_key.c
    is_live = sa.or_(column.valid_until.is_(None), column.valid_until > tx.at)
    ended = sa.update(t.webhook_key).where(column.court_id == court_id, column.id == key_id, is_live)
    return await tx.run(ended.values(valid_until=tx.at)) == 1
