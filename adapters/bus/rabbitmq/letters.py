"""Messages as the broker carries them: who sent them by the broker's own word, and why a dead one died.

What must not break: a header counts for what the user that the broker vouches for may say. The court is
believed about everybody, an agency about its own queues alone.
"""

import re
from datetime import datetime
from typing import Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from adapters.bus.port import DeadLetter, Delivery
from adapters.bus.rabbitmq.frames import NO_TIME
from adapters.bus.topology import COURT, LANES, exchange_of, user_of

REASON: Final = "refused-because"
WAS_IN: Final = "refused-from"
WAS_SENT_BY: Final = "first-sent-by"
DIED_AT: Final = "refused-at"


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
    counted = _count((message.headers or {}).get("x-delivery-count"))
    return Delivery(
        queue=queue,
        message_id=message.message_id or "",
        sender=_sender(message),
        body=message.body,
        redeliveries=counted + tries,
    )


def dead_letter_of(message: AbstractIncomingMessage) -> DeadLetter:
    """What a dead letter says of itself; one that its user had no right to say so is in no queue."""
    headers = message.headers or {}
    by_broker = f"buried by the broker: {headers.get('x-first-death-reason', 'unknown')!s}"
    user = message.user_id or ""
    queue = str(headers.get(WAS_IN) or headers.get("x-first-death-queue", ""))
    sender = str(headers.get(WAS_SENT_BY) or user)
    reason = str(headers.get(REASON) or by_broker)
    if not _may_bury(user, queue, sender):
        queue, sender, reason = "", user, f"forged by {user or 'somebody without a name'}: {reason}"
    return DeadLetter(
        queue=queue,
        message_id=message.message_id or "",
        sender=sender,
        reason=reason,
        died_at=_moment(headers.get(DIED_AT)) or _buried_at(headers) or message.timestamp or NO_TIME,
    )


def _may_bury(user: str, queue: str, sender: str) -> bool:
    """An agency refuses what the court sent to its own adapters; what it sent itself the broker may bury."""
    if user == COURT:
        return True
    agency_id = user.removeprefix(user_of(""))
    if agency_id in ("", user):
        return False
    own = rf"({'|'.join(LANES)})\.{re.escape(agency_id)}\.[^.]+"
    is_refused = sender == COURT and re.fullmatch(own, queue) is not None
    return is_refused or (sender == user and queue == exchange_of(user))


def _count(value: object) -> int:
    """Whoever publishes may have written it first."""
    return value if isinstance(value, int) and value > 0 else 0


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _buried_at(headers: HeadersType) -> datetime | None:
    """When the broker buried it: the newest of its deaths, which the broker writes first."""
    match headers.get("x-death"):
        case [{"time": datetime() as moment}, *_]:
            return moment
        case _:
            return None


def _sender(message: AbstractIncomingMessage) -> str:
    """Who sent it: the user that the broker vouches for, or on the court's word whom it repeats."""
    user = message.user_id or ""
    first = (message.headers or {}).get(WAS_SENT_BY)
    return str(first) if user == COURT and first is not None else user
