"""What a notice will say, as it is stored: JSON, with moments as text."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from notifications.texts import Facts

MOMENTS = frozenset(one.name for one in fields(Facts) if one.name.endswith(("_at", "_by", "_from"))) - {
    "held_by"
}


def facts_as_json(facts: Facts) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(facts).items()
        if value is not None
    }


def facts_from_json(value: dict[str, Any]) -> Facts:
    read: dict[str, Any] = {
        name: datetime.fromisoformat(one) if name in MOMENTS else one for name, one in value.items()
    }
    return Facts(**read)
