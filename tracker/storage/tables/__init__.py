"""All tables of the court, one module per noun; `metadata` knows them all."""

from tracker.storage.tables import (
    alerts,
    cases,
    court,
    feeds,
    imports,
    journal,
    ladders,
    notices,
    plumbing,
    proof,
    reaching,
    stand_downs,
    texts,
)
from tracker.storage.tables.columns import metadata

__all__ = [
    "alerts",
    "cases",
    "court",
    "feeds",
    "imports",
    "journal",
    "ladders",
    "metadata",
    "notices",
    "plumbing",
    "proof",
    "reaching",
    "stand_downs",
    "texts",
]
