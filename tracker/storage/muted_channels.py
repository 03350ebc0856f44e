"""Kinds of channel that people switched off, above the court's minimum. Whoever loses a way to be reached
gets all of them back.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from tracker.domain.ids import CourtId, PersonId
from tracker.storage.engine.memory import read_once
from tracker.storage.tables.court import person
from tracker.storage.tables.reaching import muted_channel as t
from tracker.storage.transaction import Tx

_MUTED: Final = (
    sa.select(t.c.person_id, t.c.channel)
    .join(person, person.c.id == t.c.person_id)
    .where(person.c.court_id == sa.bindparam("court_id"))
)


@read_once(person, t)
async def list_muted(tx: Tx, court_id: CourtId) -> Mapping[PersonId, frozenset[ChannelKind]]:
    """Of a court's people, those who switched something off."""
    found: defaultdict[PersonId, set[ChannelKind]] = defaultdict(set)
    for row in await tx.rows(_MUTED, court_id=court_id):
        found[PersonId(row.person_id)].add(ChannelKind(row.channel))
    return {person_id: frozenset(kinds) for person_id, kinds in found.items()}


async def put_muted(tx: Tx, person_id: PersonId, kinds: Collection[ChannelKind]) -> None:
    """These and no others."""
    await unmute(tx, person_id)
    await tx.insert_many(t, [{"person_id": person_id, "channel": kind} for kind in sorted(kinds)])


async def unmute(tx: Tx, person_id: PersonId) -> None:
    await tx.run(t.delete().where(t.c.person_id == person_id))
