"""What can go wrong, classed by what the caller should do.

    TrackerError
    ├── ChangeTheRequest       the caller can mend it
    │   ├── Invalid            fields are wrong; names each field and its remedy
    │   ├── NotFound           no such thing, or not yours to see
    │   ├── NotAllowed         the authorisation table says no
    │   └── Conflict           it has moved on meanwhile; look again
    └── CallUs                 our own invariant broke

None of their texts holds personal data.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One field that is wrong, in both languages of the console, with the remedy."""

    field: str
    zh: str
    en: str


class TrackerError(Exception):
    """Any refusal of the tracker."""


class ChangeTheRequest(TrackerError):
    """The caller can mend the request and send it again."""


class Invalid(ChangeTheRequest):
    """The request has wrong fields."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.en}" for problem in problems))
        self.problems = tuple(problems)


class NotFound(ChangeTheRequest):
    """There is no such thing."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found: check the address or search the list")
        self.what = what


class NotAllowed(ChangeTheRequest):
    """The authorisation table has no grant for this person, action and thing."""

    def __init__(self, action: str, why: str) -> None:
        super().__init__(f"not allowed to {action}: {why}")
        self.action = action
        self.why = why


class Conflict(ChangeTheRequest):
    """The thing is in another state by now."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class CallUs(TrackerError):
    """An invariant of the tracker itself broke; the operator must look."""
