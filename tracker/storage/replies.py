"""The codes people answer with, and their answers."""

from dataclasses import dataclass

import sqlalchemy as sa

from tracker.domain.ids import AlertId, PersonId
from tracker.storage.tables import alerts, notices
from tracker.storage.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundReply:
    """An SMS that came back; `provider_id` makes a repeated delivery of it harmless."""

    phone: str
    text: str
    person_id: PersonId | None = None
    alert_id: AlertId | None = None
    provider_id: str | None = None


async def find_code(tx: Tx, alert_id: AlertId, person_id: PersonId) -> str | None:
    column = notices.reply_code.c
    row = await tx.row(
        sa.select(column.code).where(column.alert_id == alert_id, column.person_id == person_id)
    )
    return None if row is None else str(row.code)


async def is_code_in_use(tx: Tx, person_id: PersonId, code: str) -> bool:
    """Whether the person ever answered to this code; codes are not drawn twice for one person."""
    column = notices.reply_code.c
    query = sa.select(column.id).where(column.person_id == person_id, column.code == code)
    return await tx.row(query) is not None


async def add_code(tx: Tx, alert_id: AlertId, person_id: PersonId, code: str) -> None:
    await tx.insert(
        notices.reply_code,
        id=tx.entropy.new_id(),
        alert_id=alert_id,
        person_id=person_id,
        code=code,
        created_at=tx.at,
    )


async def find_alert_of_code(tx: Tx, person_id: PersonId, code: str) -> AlertId | None:
    """The alert a person's code stands for; the newest when a code was ever drawn twice."""
    column = notices.reply_code.c
    row = await tx.row(
        sa.select(column.alert_id)
        .join(alerts.alert, alerts.alert.c.id == column.alert_id)
        .where(column.person_id == person_id, column.code == code)
        .order_by(column.id.desc())
    )
    return None if row is None else AlertId(row.alert_id)


async def is_reply_known(tx: Tx, provider_id: str) -> bool:
    column = notices.reply.c
    return await tx.row(sa.select(column.id).where(column.provider_id == provider_id)) is not None


async def has_answered(tx: Tx, alert_id: AlertId, person_id: PersonId) -> bool:
    """Whether the person ever replied with the code they were sent for the alert."""
    column = notices.reply.c
    query = sa.select(column.id).where(column.alert_id == alert_id, column.person_id == person_id)
    return await tx.row(query.limit(1)) is not None


async def add_reply(tx: Tx, reply: InboundReply, meaning: str) -> str:
    """Keep a reply, sealed; what it is known to mean so far may be recorded better later."""
    reply_id = tx.entropy.new_id()
    await tx.insert(
        notices.reply,
        id=reply_id,
        person_id=reply.person_id,
        alert_id=reply.alert_id,
        phone_index=tx.index("phone", reply.phone),
        text=tx.seal(reply.text, f"reply.text:{reply_id}"),
        meaning=meaning,
        provider_id=reply.provider_id,
        received_at=tx.at,
    )
    return reply_id


async def record_meaning(tx: Tx, reply_id: str, meaning: str) -> None:
    await tx.run(sa.update(notices.reply).where(notices.reply.c.id == reply_id).values(meaning=meaning))
