"""What an adapter says that it has refused of what came to it in the court's name: by kind, no message."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from schemas.refused import RefusedLately, counted
from tracker.domain.ids import AgencyId
from tracker.storage.engine.news import settling
from tracker.storage.tables import feeds as t
from tracker.storage.transaction import Tx

_ITS_ROW: Final = sa.and_(
    t.agency_instance.c.agency_id == sa.bindparam("of_agency"),
    t.agency_instance.c.name == sa.bindparam("of_name"),
)
_LOCKED: Final = sa.select(t.agency_instance.c.refused).where(_ITS_ROW).with_for_update(key_share=True)
_COUNTED: Final = settling(
    sa.update(t.agency_instance).where(_ITS_ROW).values(refused=sa.bindparam("known", type_=sa.JSON()))
)


def refused_in(column: Sequence[dict[str, Any]] | None) -> tuple[RefusedLately, ...]:
    """As it lies in the row of an adapter, the latest first."""
    return tuple(RefusedLately.model_validate(one, strict=False) for one in column or ())


async def count_refused_there(
    tx: Tx, agency_id: AgencyId, instance: str, more: Sequence[RefusedLately]
) -> None:
    """An adapter has refused these since it last said so. Its clock may be wrong: nothing is from later."""
    row = await tx.row(_LOCKED, of_agency=agency_id, of_name=instance)
    if row is None:
        return
    now = [one.model_copy(update={"last_at": min(one.last_at, tx.at)}) for one in more]
    known = [one.model_dump(mode="json") for one in counted(refused_in(row.refused), now).values()]
    await tx.run(_COUNTED, of_agency=agency_id, of_name=instance, known=known)
