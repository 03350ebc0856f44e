"""What a notice will say, as it is stored: JSON, with moments as text."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from notifications.texts import Facts

NAMES = tuple(one.name for one in fields(Facts))
MOMENTS = frozenset(name for name in NAMES if name.endswith(("_at", "_by", "_from", "_until"))) - {"held_by"}


def facts_as_json(facts: Facts) -> dict[str, Any]:
    known = {name: value for name in NAMES if (value := getattr(facts, name)) is not None}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in known.items()
    }


def facts_from_json(value: dict[str, Any], sent_at: datetime) -> Facts:
    """As they are said at a moment, whenever they were written."""
    moments = {name: datetime.fromisoformat(value[name]) for name in MOMENTS.intersection(value)}
    return Facts(**{**value, **moments, "sent_at": sent_at})
