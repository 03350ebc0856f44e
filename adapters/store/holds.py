"""Holds at this edge: open until handed over or let go, each with its end from its first second on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, select

from adapters.sqlite import Tx
from adapters.store.tables import holds
from schemas.messages import ReleaseReason


class HoldState(StrEnum):
    HOLDING = "holding"
    TO_RELEASE = "to-release"  # the person must be let go and nobody has said yet that it was done
    HANDED_OVER = "handed-over"
    RELEASED = "released"


OPEN = (HoldState.HOLDING.value, HoldState.TO_RELEASE.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`order_id` is the confirmation it stands on; `release_reason` says why it is to end."""

    hold_id: int = 0
    reference: int
    version: int
    order_id: str | None
    release_at: datetime
    state: HoldState
    release_reason: ReleaseReason | None = None

    def to_release(self, reason: ReleaseReason) -> "Hold":
        return replace(self, state=HoldState.TO_RELEASE, release_reason=reason)


async def add_hold(tx: Tx, hold: Hold) -> None:
    """Add a hold; `one_open_hold_per_reference` refuses a second open one."""
    await tx.execute(holds.insert().values(**_columns(hold)))


async def record_hold_state(tx: Tx, hold: Hold) -> None:
    """Write state and reason of a hold that `hold_id` names."""
    reason = None if hold.release_reason is None else hold.release_reason.value
    changed = holds.update().where(holds.c.hold_id == hold.hold_id)
    await tx.execute(changed.values(state=hold.state.value, release_reason=reason))


async def find_open_hold(tx: Tx, reference: int) -> Hold | None:
    query = select(holds).where(holds.c.reference == reference, holds.c.state.in_(OPEN))
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _hold(row)


async def list_running_holds(tx: Tx) -> Sequence[Hold]:
    """Holds whose end is still to come, soonest first."""
    rows = await tx.execute(select(holds).where(holds.c.state == HoldState.HOLDING.value))
    return sorted((_hold(row) for row in rows), key=lambda hold: hold.release_at)


async def is_used_up(tx: Tx, order_id: str) -> bool:
    """Whether a hold on this confirmation has ended: it carries one hold, or holding would have no end."""
    ended = select(func.count()).where(holds.c.order_id == order_id, holds.c.state != HoldState.HOLDING.value)
    return int((await tx.execute(ended)).scalar_one()) > 0


def _columns(hold: Hold) -> dict[str, Any]:
    return {
        "reference": hold.reference,
        "version": hold.version,
        "order_id": hold.order_id,
        "release_at": hold.release_at.isoformat(),
        "state": hold.state.value,
        "release_reason": None if hold.release_reason is None else hold.release_reason.value,
    }


def _hold(row: Row[Any]) -> Hold:
    return Hold(
        hold_id=row.hold_id,
        reference=row.reference,
        version=row.version,
        order_id=row.order_id,
        release_at=datetime.fromisoformat(row.release_at),
        state=HoldState(row.state),
        release_reason=None if row.release_reason is None else ReleaseReason(row.release_reason),
    )
