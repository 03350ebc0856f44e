"""What providers call back about: deliveries, replies, keys pressed in a call. The same for all of them."""

from dataclasses import dataclass

from notifications.channels.port import CodeAction
from notifications.delivery import AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    attempt_id: str | None
    """None when the callback does not bear it: find the attempt by `provider_id`."""
    provider_id: str | None
    """None when the provider gives a message no name."""
    state: AttemptState
    code: str | None
    action: CodeAction | None
    """What to do about `code`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSms:
    sender: str
    text: str
    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUnreadable:
    """Truly the provider's, but without a field we need."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedDigit:
    """A key that was pressed in a call, by our id of the attempt or the provider's of the call."""

    attempt_id: str | None
    provider_id: str | None
    digit: str
