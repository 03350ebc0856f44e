"""Gathers what the edge holds about one reference, for the pure decisions of `instruction`."""

import base64
import binascii
from datetime import datetime

import structlog
from pydantic import ValidationError

from adapters.edge.instruction import Facts, Order
from adapters.edge.parts import EdgeParts
from adapters.replica.replica import Look
from adapters.replica.tags import Damaged
from adapters.replica.values import Entry, FeedKey
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
    order = None if stored is None else open_order(parts, stored)
    # What the court's order names together is one person, by whichever name the officer asks.
    names = dict.fromkeys((reference, *(order.references if order else ())))
    found, condition = _look_up(parts, tuple(names), at)
    holds = [hold for one in names if (hold := await find_open_hold(tx, one)) is not None]
    return Facts(
        at=at,
        entry=None if found is None else found[1],
        listed_as=reference if found is None else found[0],
        condition=condition,
        order=order,
        order_id=None if stored is None else stored.order_id,
        is_used_up=stored is not None and await is_used_up(tx, stored.order_id),
        hold=next(iter(holds), None),
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


def _look_up(
    parts: EdgeParts, names: tuple[int, ...], at: datetime
) -> tuple[tuple[int, Entry] | None, FeedCondition]:
    """The entry with the name it lies under, and how far its list may be trusted."""
    is_withdrawn = False
    found = None
    try:
        with parts.replica.looking() as look:
            # The version is the same under each name: what is gone under one is gone under all.
            gone_up_to = max(map(look.gone_up_to, names))
            is_withdrawn = gone_up_to > 0
            for name in names:
                found = found or _find(parts, look, name, at)
            if found is not None and found[2].version <= gone_up_to:
                found = None
    except Damaged as damaged:
        parts.hear_damage(damaged.feed)
        found = None
    if found is not None:
        feed, name, entry = found
        return (name, entry), parts.line.condition(feed)
    if is_withdrawn:
        # The express lane has said so, whatever the list is worth.
        return None, FeedCondition.UNPROVEN
    if parts.line.is_closed:
        return None, FeedCondition.CLOSED
    conditions = frozenset(map(parts.line.condition, parts.line.feeds))
    return None, next((one for one in CANNOT_SAY if one in conditions), FeedCondition.UNPROVEN)


def _find(parts: EdgeParts, look: Look, name: int, at: datetime) -> tuple[FeedKey, int, Entry] | None:
    found = find_entry(look, parts.line.feeds, name, at)
    return None if found is None else (found[0], name, found[1])


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
