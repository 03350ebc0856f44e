"""The texts people get: one catalogue per language, and one function that renders them to fit."""

from notifications.texts.facts import FactMissing, Facts, Rendered
from notifications.texts.ids import DRILL_TEXTS, NO_SMS, RINGS_NOBODY, Language, TextId
from notifications.texts.render import Saying, render

__all__ = [
    "DRILL_TEXTS",
    "NO_SMS",
    "RINGS_NOBODY",
    "FactMissing",
    "Facts",
    "Language",
    "Rendered",
    "Saying",
    "TextId",
    "render",
]
