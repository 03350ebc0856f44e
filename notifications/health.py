"""Whether a provider works just now, as one process has seen it: a circuit that opens when it fails again and
again, and a score.

Only the provider's own trouble counts. What it refuses for one number says nothing about it, and one message
that goes wrong over and over never opens the circuit.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.channels.port import CodeAction, Rejected, SendResult, Unknown

MESSAGES_THAT_OPEN = 3
"""So many different messages must have failed, and no fewer than went well."""
WITHIN = timedelta(minutes=5)
OPEN_FOR = timedelta(seconds=30)
KEPT_ANSWERS = 100


class Circuit(StrEnum):
    CLOSED = "closed"
    """It works, as far as is known."""
    OPEN = "open"
    """It fails: messages go by other providers, if there are any."""
    HALF_OPEN = "half-open"
    """It failed a while ago: one message may try whether it works again. Where no message may, it counts as
    working once nothing has failed for long enough.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How the provider answered once. `message`: our id of what was sent."""

    at: datetime
    message: str
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is known of one provider. `opened_at`: the last failure while its circuit is open; `tried_at`:
    when a message was last let through to try it out; `busy_until`: as it asked itself, by Retry-After.
    """

    heard: tuple[Heard, ...] = ()
    opened_at: datetime | None = None
    tried_at: datetime | None = None
    busy_until: datetime | None = None

    def circuit(self, at: datetime) -> Circuit:
        if self.busy_until is not None and at < self.busy_until:
            return Circuit.OPEN
        if self.opened_at is None:
            return Circuit.CLOSED
        last = max(self.opened_at, self.tried_at or self.opened_at)
        if at >= last + WITHIN:
            return Circuit.CLOSED
        return Circuit.OPEN if at < last + OPEN_FOR else Circuit.HALF_OPEN

    def score(self, at: datetime) -> float:
        """The share of good answers of late; 1 where there were none."""
        answers = [one.is_good for one in self.heard if at - one.at < WITHIN]
        return sum(answers) / len(answers) if answers else 1.0

    def tried(self, at: datetime) -> "Health":
        """One message goes out to try it: others wait for what becomes of that."""
        return replace(self, tried_at=at)

    def after(self, message: str, result: SendResult, at: datetime) -> "Health":
        """What is known once it has answered, or not answered."""
        is_good = not is_own_trouble(result)
        heard = (*self.heard, Heard(at=at, message=message, is_good=is_good))[-KEPT_ANSWERS:]
        if is_good:
            # What failed before it recovered does not count against it again.
            return Health(heard=heard if self.opened_at is None else heard[-1:])
        fails = replace(self, heard=heard, busy_until=_busy_until(result, at) or self.busy_until)
        is_open = self.opened_at is not None or _opens(heard, at)
        return replace(fails, opened_at=at, tried_at=None) if is_open else fails


def is_own_trouble(result: SendResult) -> bool:
    """Whether an answer means that the provider, or our account with it, is in trouble."""
    match result:
        case Unknown():
            return True
        case Rejected(action=action):
            return action in (CodeAction.RETRY_LATER, CodeAction.ASK_OPERATOR)
        case _:
            return False


def _opens(heard: tuple[Heard, ...], at: datetime) -> bool:
    recent = [one for one in heard if at - one.at < WITHIN]
    good = sum(one.is_good for one in recent)
    failed = {one.message for one in recent if not one.is_good}
    return len(failed) >= max(MESSAGES_THAT_OPEN, good)


def _busy_until(result: SendResult, at: datetime) -> datetime | None:
    match result:
        case Rejected(action=CodeAction.RETRY_LATER, retry_after_s=int(seconds)):
            return at + timedelta(seconds=seconds)
        case _:
            return None
