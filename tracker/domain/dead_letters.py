"""A message that was refused, and is dropped for good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DiscardReason(StrEnum):
    """`SENT_ANEW`: what it said has come another way. `HOPELESS`: nothing can mend it, nobody needs it."""

    FORGED = "forged"
    SENT_ANEW = "sent-anew"
    HOPELESS = "hopeless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Which letter, by its mark, and why. `operator`: who typed it, by their name on that machine."""

    mark: str
    queue: str
    sender: str
    died_at: datetime
    reason: DiscardReason
    operator: str
