"""What a notice will say, as it is stored: JSON, with moments as text."""

import json
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from notifications.texts import Facts

NAMES = tuple(one.name for one in fields(Facts))
LAST_WRITTEN: Final = 8
KNOWN: Final = frozenset(NAMES)
MOMENTS = frozenset(name for name in NAMES if name.endswith(("_at", "_by", "_from", "_until"))) - {"held_by"}


@lru_cache(maxsize=LAST_WRITTEN)
def facts_as_json(facts: Facts) -> str:
    """The text of the object. A person is told by several channels in a row, with the same facts."""
    known = {name: value for name in NAMES if (value := getattr(facts, name)) is not None}
    stored = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in known.items()
    }
    return json.dumps(stored, ensure_ascii=False, sort_keys=True)


def facts_from_json(value: dict[str, Any], sent_at: datetime) -> Facts:
    """As they are said at a moment, whenever they were written. Raises TypeError when another release wrote
    them.
    """
    told = {**value, "sent_at": sent_at}
    if "court" not in told or not told.keys() <= KNOWN:
        raise TypeError("these are not the facts of this release: bring the notice to its end with the other")
    for name in MOMENTS.intersection(value):
        told[name] = datetime.fromisoformat(value[name])
    # Of sixty facts a text has ten. The others stand in the class: to write each of them down again was the
    # dearest step of a claim.
    facts = object.__new__(Facts)
    facts.__dict__.update(told)
    return facts
