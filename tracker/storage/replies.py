"""The codes people answer with, and their answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from tracker.domain.ids import AlertId, PersonId
from tracker.storage.engine.sets import is_one_of
from tracker.storage.tables import alerts, notices
from tracker.storage.transaction import Tx
from tracker.storage.unreadable import Unreadable, read_each


class Answerer(NamedTuple):
    """A person who may answer about an alert."""

    alert_id: AlertId
    person_id: PersonId


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundReply:
    """An SMS that came back; `provider_id` makes a repeated delivery of it harmless."""

    phone: str
    text: str
    person_id: PersonId | None = None
    alert_id: AlertId | None = None
    provider_id: str | None = None


_CODES: Final = sa.select(
    notices.reply_code.c.alert_id, notices.reply_code.c.person_id, notices.reply_code.c.code
).where(is_one_of(notices.reply_code.c.alert_id, "alert_ids"))


async def list_codes(tx: Tx, alert_ids: Collection[AlertId]) -> dict[Answerer, str]:
    """The codes that stand for alerts, by who answers with them."""
    asked = [one for one in alert_ids if tx.memory.find((list_codes.__name__, one)) is None]
    rows = await tx.rows(_CODES, alert_ids=asked) if asked else ()
    return {Answerer(AlertId(row.alert_id), PersonId(row.person_id)): row.code for row in rows}


def remember_without_codes(tx: Tx, alert_ids: Collection[AlertId]) -> None:
    """Of alerts that begin in this transaction there are none to be read."""
    for alert_id in alert_ids:
        tx.memory.keep((list_codes.__name__, alert_id), [notices.reply_code], None)


_IN_USE: Final = sa.select(notices.reply_code.c.person_id, notices.reply_code.c.code).where(
    is_one_of(notices.reply_code.c.person_id, "answering"), is_one_of(notices.reply_code.c.code, "codes")
)


async def list_in_use(tx: Tx, drawn: Collection[tuple[PersonId, str]]) -> frozenset[tuple[PersonId, str]]:
    """Which people ever answered to which of these codes; codes are not drawn twice for one person."""
    people, codes = {person_id for person_id, _ in drawn}, {code for _, code in drawn}
    rows = await tx.rows(_IN_USE, answering=list(people), codes=list(codes))
    return frozenset((PersonId(row.person_id), str(row.code)) for row in rows)


async def remember_new_codes(tx: Tx, drawn: Collection[tuple[PersonId, str]]) -> None:
    """Keep those of the codes that their people never had, for `find_new_code`."""
    in_use = await list_in_use(tx, drawn) if drawn else ()
    new: dict[PersonId, list[str]] = {}
    for person_id, code in dict.fromkeys(drawn):
        if (person_id, code) not in in_use:
            new.setdefault(person_id, []).append(code)
    for person_id, codes in new.items():
        tx.memory.keep((find_new_code.__name__, person_id), [notices.reply_code], codes)


def find_new_code(tx: Tx, person_id: PersonId) -> str | None:
    """The next of the codes that were drawn for the person, each once."""
    known = tx.memory.find((find_new_code.__name__, person_id))
    codes: list[str] = known[0] if known is not None else []
    return codes.pop(0) if codes else None


async def add_codes(tx: Tx, drawn: Mapping[Answerer, str]) -> None:
    rows = [
        {
            "id": tx.entropy.new_id(),
            "alert_id": answerer.alert_id,
            "person_id": answerer.person_id,
            "code": code,
            "created_at": tx.at,
        }
        for answerer, code in drawn.items()
    ]
    await tx.insert_many(notices.reply_code, rows)


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


async def list_meanings(tx: Tx, phone: str, since: datetime) -> tuple[str, ...]:
    """What the replies from a number since then meant, in their order."""
    column = notices.reply.c
    mine = sa.and_(column.phone_index == tx.index("phone", phone), column.received_at > since)
    rows = await tx.rows(sa.select(column.meaning).where(mine).order_by(column.id))
    return tuple(str(row.meaning) for row in rows)


async def record_meaning(tx: Tx, reply_id: str, meaning: str) -> None:
    await tx.run(sa.update(notices.reply).where(notices.reply.c.id == reply_id).values(meaning=meaning))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """An SMS that came back about an alert, and what became of it."""

    reply_id: str
    person_id: PersonId | None
    text: str
    meaning: str
    provider_id: str | None
    received_at: datetime


async def list_replies(tx: Tx, alert_id: AlertId) -> tuple[tuple[KeptReply, ...], tuple[Unreadable, ...]]:
    """All that bore a code of the alert, in the order in which they came; and those that cannot be read."""
    column = notices.reply.c
    rows = await tx.rows(
        sa.select(notices.reply).where(column.alert_id == alert_id).order_by(column.received_at, column.id)
    )
    found, unreadable = read_each(rows, partial(_reply, tx))
    return found, tuple(
        Unreadable(at=row.received_at, kind="reply", key=row.id, person_id=row.person_id)
        for row, _ in unreadable
    )


def _reply(tx: Tx, row: sa.Row[Any]) -> KeptReply:
    return KeptReply(
        reply_id=row.id,
        person_id=row.person_id,
        text=tx.unseal(row.text, f"reply.text:{row.id}"),
        meaning=row.meaning,
        provider_id=row.provider_id,
        received_at=row.received_at,
    )
