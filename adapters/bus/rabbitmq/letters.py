"""Messages as the broker carries them: who sent them by the broker's own word, and why a dead one died."""

from datetime import UTC, datetime
from typing import Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from adapters.bus.port import DeadLetter, Delivery
from adapters.bus.topology import COURT

REASON: Final = "refused-because"
WAS_IN: Final = "refused-from"
WAS_SENT_BY: Final = "first-sent-by"
DIED_AT: Final = "refused-at"
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def letter(body: bytes, message_id: str, user: str, headers: HeadersType | None = None) -> aio_pika.Message:
    """A message that survives a restart of the broker; `user` must be the connection's own."""
    return aio_pika.Message(
        body,
        message_id=message_id,
        user_id=user,
        headers=headers or {},
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


def buried(
    message: AbstractIncomingMessage, dead: Delivery, reason: str, user: str, at: datetime
) -> aio_pika.Message:
    """A refused message as it lies among the dead letters of the user who refused it."""
    headers: HeadersType = {
        REASON: reason,
        WAS_IN: dead.queue,
        WAS_SENT_BY: dead.sender,
        DIED_AT: at.isoformat(),
    }
    return letter(message.body, dead.message_id, user, headers)


def repeated(message: AbstractIncomingMessage, user: str) -> aio_pika.Message:
    """A dead letter as it first came; the court vouches for who sent it then."""
    headers: HeadersType = {WAS_SENT_BY: dead_letter_of(message).sender}
    return letter(message.body, message.message_id or "", user, headers)


def delivery_of(queue: str, message: AbstractIncomingMessage, tries: int) -> Delivery:
    """A message at its consumer, which has tried it so often on this connection."""
    counted = int(str((message.headers or {}).get("x-delivery-count", 0)))
    return Delivery(
        queue=queue,
        message_id=message.message_id or "",
        sender=_sender(message),
        body=message.body,
        redeliveries=counted + tries,
    )


def dead_letter_of(message: AbstractIncomingMessage) -> DeadLetter:
    headers = message.headers or {}
    by_broker = f"buried by the broker: {headers.get('x-first-death-reason', 'unknown')!s}"
    died_at = headers.get(DIED_AT)
    return DeadLetter(
        queue=str(headers.get(WAS_IN) or headers.get("x-first-death-queue", "")),
        message_id=message.message_id or "",
        sender=str(headers.get(WAS_SENT_BY) or message.user_id or ""),
        reason=str(headers.get(REASON) or by_broker),
        died_at=datetime.fromisoformat(str(died_at)) if died_at else message.timestamp or LONG_AGO,
    )


def _sender(message: AbstractIncomingMessage) -> str:
    """Who sent it: the user that the broker vouches for, or on the court's word whom it repeats."""
    user = message.user_id or ""
    first = (message.headers or {}).get(WAS_SENT_BY)
    return str(first) if user == COURT and first is not None else user
