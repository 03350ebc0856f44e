"""The latest test notice to each device. Only the digest of its secret is kept, until it is seen."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tracker.domain.devices import DeviceTestState
from tracker.storage.contacts import ContactId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables.court import contact
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTest:
    """`code`: what the provider said when it refused."""

    state: DeviceTestState
    sent_at: datetime
    code: str | None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def begin_device_test(tx: Tx, contact_id: ContactId, token: str) -> None:
    """A new test takes the place of the former; what the former's notice bears is worth nothing now."""
    await tx.run(
        sa.update(contact)
        .where(contact.c.id == contact_id)
        .values(
            test_sent_at=tx.at,
            test_state=DeviceTestState.SENDING,
            test_code=None,
            test_digest=_digest(token),
        )
    )


async def record_device_test(tx: Tx, token: str, state: DeviceTestState, code: str | None) -> None:
    """What the provider answered; a test that was seen or taken over meanwhile stays as it is."""
    await tx.run(
        sa.update(contact)
        .where(contact.c.test_digest == _digest(token))
        .values(test_state=state, test_code=code)
    )


async def find_tested(tx: Tx, token: str) -> ContactId | None:
    """The device whose latest test notice bears this secret and was not seen before, locked."""
    query = sa.select(contact.c.id).where(contact.c.test_digest == _digest(token))
    row = await tx.row(query.with_for_update())
    return None if row is None else ContactId(row.id)


async def record_test_seen(tx: Tx, contact_id: ContactId) -> None:
    """The secret has served."""
    await tx.run(
        sa.update(contact)
        .where(contact.c.id == contact_id)
        .values(test_state=DeviceTestState.SEEN, test_code=None, test_digest=None)
    )


async def list_device_tests(tx: Tx, contact_ids: Collection[ContactId]) -> dict[ContactId, DeviceTest]:
    """The latest test of each device that was tested."""
    column = contact.c
    query = sa.select(column.id, column.test_state, column.test_sent_at, column.test_code).where(
        is_one_of(column.id, "contact_ids"), column.test_state.is_not(None)
    )
    return {
        ContactId(row.id): DeviceTest(
            state=DeviceTestState(row.test_state), sent_at=row.test_sent_at, code=row.test_code
        )
        for row in await tx.rows(query, contact_ids=list(contact_ids))
    }
