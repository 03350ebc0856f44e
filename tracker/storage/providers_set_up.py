"""By which providers a court's messages go out, as the process that started last was told: what decides about
people in a transaction knows no channels.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from notifications.reachability import SetUp
from tracker.domain.ids import CourtId
from tracker.storage.engine.memory import read_once
from tracker.storage.tables.reaching import provider_set_up as t
from tracker.storage.transaction import Tx

_OF_COURT: Final = sa.select(t.c.channel, t.c.provider).where(t.c.court_id == sa.bindparam("of_court"))


@read_once(t)
async def list_set_up(tx: Tx, court_id: CourtId) -> Mapping[ChannelKind, frozenset[str]]:
    """Empty until a process has said so."""
    found: defaultdict[ChannelKind, set[str]] = defaultdict(set)
    for row in await tx.rows(_OF_COURT, of_court=court_id):
        found[ChannelKind(row.channel)].add(row.provider)
    return {kind: frozenset(names) for kind, names in found.items()}


async def put_set_up(tx: Tx, court_id: CourtId, set_up: SetUp) -> None:
    """These and no others."""
    if await list_set_up(tx, court_id) == {kind: frozenset(names) for kind, names in set_up.items() if names}:
        return
    await tx.run(t.delete().where(t.c.court_id == court_id))
    rows = [
        {"court_id": court_id, "channel": kind, "provider": name}
        for kind, names in set_up.items()
        for name in sorted(set(names))
    ]
    await tx.insert_many(t, rows)
