"""Is the person seen the person wanted? Named features with a verdict that explains itself.

The number alone finds the candidate; what was read from the document confirms or contradicts it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.documents import Sex


class Verdict(StrEnum):
    """`verified`: name and birth date or sex agree. `unverified`: not told. `doubtful`: they contradict."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    DOUBTFUL = "doubtful"


class Agreement(StrEnum):
    """How one feature compares."""

    AGREES = "agrees"
    MISSING = "missing"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What is known of a person beside the number."""

    name: str | None
    birth_date: date | None
    sex: Sex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The verdict and each feature's part in it; holds no personal data."""

    verdict: Verdict
    features: dict[str, Agreement]


def _compare(read: object | None, known: object | None) -> Agreement:
    if read is None or known is None:
        return Agreement.MISSING
    return Agreement.AGREES if read == known else Agreement.CONTRADICTS


def compare(read: Likeness, known: Likeness) -> Match:
    """Decide a match between what a document said and the subject on the list."""
    features = {
        "name": _compare(read.name, known.name),
        "birth_date": _compare(read.birth_date, known.birth_date),
        "sex": _compare(read.sex, known.sex),
    }
    if Agreement.CONTRADICTS in features.values():
        return Match(verdict=Verdict.DOUBTFUL, features=features)
    second = Agreement.AGREES in (features["birth_date"], features["sex"])
    if features["name"] is Agreement.AGREES and second:
        return Match(verdict=Verdict.VERIFIED, features=features)
    return Match(verdict=Verdict.UNVERIFIED, features=features)
