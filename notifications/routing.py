"""Which provider sends a message: of those that reach the receiver and were not tried, the one that works,
has room in its day and can do what the text needs; among equals the one that was named first.

What must not break: every preference fails open. A provider in trouble, or one whose day is full, still sends
when there is no other; and each gets a message once, unless it asked for it again or never got it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.capabilities import Capability
from notifications.channels.port import CodeAction
from notifications.delivery import DEFINITELY_NOT_TOLD, AttemptState
from notifications.health import Circuit

REPORTED_WITHIN = timedelta(seconds=60)
"""Whoever is told of what cannot wait is told by the next provider when this one says nothing for so long."""
UNSETTLED = frozenset({AttemptState.SUBMITTED, AttemptState.UNKNOWN})
FULL_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a message asks of its provider. `is_urgent`: it cannot wait for one that may have failed."""

    wants_answer: bool
    is_urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A provider that reaches the receiver. `sent_today`: how many messages it has sent there in a day."""

    provider: str
    capability: Capability
    circuit: Circuit
    sent_today: int = 0
    is_silent: bool = False
    """It takes messages, and of late none that it was tried with has arrived."""

    @property
    def is_full(self) -> bool:
        cap = self.capability.daily_cap
        return cap is not None and self.sent_today >= cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One try of the message, the earlier ones first. `action`: what its refusal asks for; `is_known`: the
    provider has given it an id; `is_repeat`: what it repeated may have arrived, or it was given up, so that
    what follows it is a repeat whatever became of itself.
    """

    provider: str
    state: AttemptState
    action: CodeAction | None
    is_known: bool
    submitted_at: datetime
    is_repeat: bool = False

    @property
    def may_go_again(self) -> bool:
        """The provider asked to be asked later, or never got it."""
        asks_for_it = self.action in (None, CodeAction.RETRY_LATER)
        return self.state is AttemptState.FAILED and not self.is_known and asks_for_it

    @property
    def was_lost_for_now(self) -> bool:
        """The provider took it, and reported later that it failed for a trouble that passes."""
        is_lost = self.is_known and self.state in DEFINITELY_NOT_TOLD
        return is_lost and self.action is CodeAction.RETRY_LATER


def candidates_in_order(
    candidates: Sequence[Candidate], need: Need, tried: Sequence[Tried]
) -> tuple[Candidate, ...]:
    """Those that may send the message now, the best first. `candidates` come in the configured order."""

    def rank(one: Candidate) -> tuple[int, bool, bool, bool, bool]:
        tries = sum(former.provider == one.provider for former in tried)
        lacks_answer = need.wants_answer and not one.capability.two_way
        return tries, one.is_silent, not _works(one.circuit, need), one.is_full, lacks_answer

    return tuple(sorted((one for one in candidates if _may_send(one.provider, need, tried)), key=rank))


def _works(circuit: Circuit, need: Need) -> bool:
    # What is urgent does not try out a provider that failed a while ago.
    return circuit is Circuit.CLOSED or (circuit is Circuit.HALF_OPEN and not need.is_urgent)


def _may_send(provider: str, need: Need, tried: Sequence[Tried]) -> bool:
    """What cannot wait goes by it once more after it was lost for now."""
    ended = [one for one in tried if one.provider == provider and not one.may_go_again]
    return not ended or (need.is_urgent and len(ended) == 1 and ended[0].was_lost_for_now)


def is_arranged(tried: Sequence[Tried], need: Need, at: datetime) -> bool:
    """Whether a former try stands, so that nothing is to be sent: it was delivered, or a report may come."""
    if any(one.state is AttemptState.DELIVERED for one in tried):
        return True
    return any(one.state is AttemptState.SENT and not is_overdue(one, need, at) for one in tried)


def is_overdue(one: Tried, need: Need, at: datetime) -> bool:
    """Whether the next provider is not to wait for this one's report any longer."""
    return need.is_urgent and at >= one.submitted_at + REPORTED_WITHIN


def may_have_arrived(tried: Sequence[Tried]) -> bool:
    """Whether a further message would be a repeat."""
    return any(one.is_repeat or one.state not in DEFINITELY_NOT_TOLD for one in tried)


def in_doubt(tried: Sequence[Tried]) -> int | None:
    """The position of the try that must be looked up: the last one of which nobody knows whether the provider
    got it, unless a provider has taken the message since.
    """
    for position in reversed(range(len(tried))):
        if tried[position].state in UNSETTLED:
            return position
        if tried[position].is_known:
            return None
    return None
