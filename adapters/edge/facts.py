"""Gathers what the edge holds about one reference, for the pure decisions of `instruction`."""

import base64
import binascii
from datetime import datetime

import structlog
from pydantic import ValidationError

from adapters.edge.instruction import Facts, Order
from adapters.edge.parts import EdgeParts
from adapters.replica.tags import Damaged
from adapters.replica.values import Entry
from adapters.screening import CANNOT_SAY, FeedCondition, find_entry
from adapters.sqlite import Tx
from adapters.store.holds import find_open_hold, is_used_up
from adapters.store.orders import OrderKind, StoredOrder, find_order
from schemas.messages import Confirmation, NamedDetails, StandDown
from schemas.sealing import UnsealFailed

_log = structlog.get_logger(__name__)


async def gather_facts(parts: EdgeParts, tx: Tx, reference: int) -> Facts:
    at = parts.ports.now()
    stored = await find_order(tx, reference)
    entry, condition = _look_up(parts, reference, at)
    return Facts(
        at=at,
        entry=entry,
        condition=condition,
        order=None if stored is None else open_order(parts, stored),
        order_id=None if stored is None else stored.order_id,
        is_used_up=stored is not None and await is_used_up(tx, stored.order_id),
        hold=await find_open_hold(tx, reference),
    )


def named_details(parts: EdgeParts, reference: int, entry: Entry) -> NamedDetails | None:
    """What the court shares of the person with this agency; None for agencies that get tokens only."""
    if entry.named is None:
        return None
    try:
        sealed = base64.b64decode(entry.named, validate=True)
        plain = parts.envelopes.unseal(sealed, f"named:{reference}:{entry.version}")
        return NamedDetails.model_validate_json(plain)
    except (binascii.Error, UnsealFailed, ValidationError) as error:
        # An officer without the details is better off than an officer without the instruction.
        _log.error("named-details-unreadable", reference=reference, error=type(error).__name__)
        return None


def _look_up(parts: EdgeParts, reference: int, at: datetime) -> tuple[Entry | None, FeedCondition]:
    is_withdrawn = False
    try:
        with parts.replica.looking() as look:
            is_withdrawn = look.gone_up_to(reference) > 0
            found = find_entry(look, parts.line.feeds, reference, at)
    except Damaged as damaged:
        parts.hear_damage(damaged.feed)
        found = None
    if found is None:
        if is_withdrawn:
            # The express lane has said so, whatever the list is worth.
            return None, FeedCondition.UNPROVEN
        if parts.line.is_closed:
            return None, FeedCondition.CLOSED
        conditions = frozenset(map(parts.line.condition, parts.line.feeds))
        return None, next((one for one in CANNOT_SAY if one in conditions), FeedCondition.UNPROVEN)
    feed, entry = found
    return entry, parts.line.condition(feed)


def open_order(parts: EdgeParts, stored: StoredOrder) -> Order | None:
    """The court's last word; None when it cannot be read, which is no confirmation of anything."""
    try:
        body = parts.envelopes.unseal(stored.body, f"order:{stored.order_id}")
        if stored.kind is OrderKind.CONFIRMATION:
            return Confirmation.model_validate_json(body)
        return StandDown.model_validate_json(body)
    except (UnsealFailed, ValidationError) as error:
        _log.error("order-unreadable", reference=stored.reference, error=type(error).__name__)
        return None
