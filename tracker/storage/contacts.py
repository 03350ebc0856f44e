"""Where people get push messages: a device or an account with a provider, its address sealed.

A contact counts for reaching its person only after a test message was seen on it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from tracker.domain.ids import PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables.court import contact
from tracker.storage.tables.reaching import muted_channel
from tracker.storage.transaction import Tx

ContactId = NewType("ContactId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`label` is what the person calls it; `seen_at`: the last test message seen there; `dead_at`: since when
    the provider refuses it for good, with its code.
    """

    contact_id: ContactId
    person_id: PersonId
    channel: ChannelKind
    provider: str
    label: str
    address: str
    created_at: datetime
    seen_at: datetime | None = None
    dead_at: datetime | None = None
    dead_code: str | None = None


async def put_contact(tx: Tx, new: Contact) -> None:
    """Keep a contact. An address that is known with this provider passes to the new owner, unseen."""
    former = _is_at(tx, new.provider, new.address)
    await _unmute_owner(tx, former)
    await tx.run(contact.delete().where(former))
    await tx.insert(
        contact,
        id=new.contact_id,
        person_id=new.person_id,
        channel=new.channel,
        provider=new.provider,
        label=new.label,
        address=tx.seal(new.address, f"contact.address:{new.contact_id}"),
        address_index=tx.index("contact", new.address),
        created_at=new.created_at,
        seen_at=new.seen_at,
        dead_at=None,
        dead_code=None,
    )


async def list_contacts(tx: Tx, person_ids: Collection[PersonId]) -> tuple[Contact, ...]:
    """The contacts of several people, dead ones too, in the order in which they were made known."""
    query = sa.select(contact).where(is_one_of(contact.c.person_id, "person_ids"))
    rows = await tx.rows(query.order_by(contact.c.created_at, contact.c.id), person_ids=list(person_ids))
    return tuple(_contact(tx, row) for row in rows)


@read_once(contact)
async def list_own_contacts(tx: Tx, person_id: PersonId) -> tuple[Contact, ...]:
    """The contacts of one person, dead ones too."""
    return await list_contacts(tx, [person_id])


async def find_contact(tx: Tx, contact_id: ContactId) -> Contact | None:
    row = await tx.row(sa.select(contact).where(contact.c.id == contact_id))
    return None if row is None else _contact(tx, row)


async def find_by_address(tx: Tx, provider: str, address: str) -> Contact | None:
    """Whose an address is."""
    row = await tx.row(sa.select(contact).where(_is_at(tx, provider, address)))
    return None if row is None else _contact(tx, row)


async def record_seen(tx: Tx, contact_id: ContactId) -> None:
    """A test message was seen on it just now, so it lives."""
    await tx.run(
        sa.update(contact)
        .where(contact.c.id == contact_id)
        .values(seen_at=tx.at, dead_at=None, dead_code=None)
    )


async def record_dead(tx: Tx, contact_id: ContactId, code: str) -> None:
    """The provider refuses it for good."""
    await _unmute_owner(tx, contact.c.id == contact_id)
    alive = contact.c.dead_at.is_(None)
    await tx.run(
        sa.update(contact).where(contact.c.id == contact_id, alive).values(dead_at=tx.at, dead_code=code)
    )


async def record_gone(tx: Tx, provider: str, address: str, code: str) -> None:
    """The provider says of an address that nobody will ever be reached there again."""
    await _unmute_owner(tx, _is_at(tx, provider, address))
    alive = contact.c.dead_at.is_(None)
    await tx.run(
        sa.update(contact).where(_is_at(tx, provider, address), alive).values(dead_at=tx.at, dead_code=code)
    )


async def remove_contact(tx: Tx, contact_id: ContactId) -> None:
    await _unmute_owner(tx, contact.c.id == contact_id)
    await tx.run(contact.delete().where(contact.c.id == contact_id))


async def _unmute_owner(tx: Tx, lost: sa.ColumnElement[bool]) -> None:
    """Whoever loses a way to be reached gets back the channels that were switched off."""
    owner = sa.select(contact.c.person_id).where(lost).scalar_subquery()
    await tx.run(muted_channel.delete().where(muted_channel.c.person_id == owner))


def _is_at(tx: Tx, provider: str, address: str) -> sa.ColumnElement[bool]:
    index = tx.index("contact", address)
    return sa.and_(contact.c.provider == provider, contact.c.address_index == index)


def _contact(tx: Tx, row: sa.Row[Any]) -> Contact:
    return Contact(
        contact_id=ContactId(row.id),
        person_id=PersonId(row.person_id),
        channel=ChannelKind(row.channel),
        provider=row.provider,
        label=row.label,
        address=tx.unseal(row.address, f"contact.address:{row.id}"),
        created_at=row.created_at,
        seen_at=row.seen_at,
        dead_at=row.dead_at,
        dead_code=row.dead_code,
    )
