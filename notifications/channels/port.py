"""The port every channel engine stands behind: send one message, and find out later whether it went out.

`send` is not idempotent, since the providers are not. An engine never repeats a request by itself, and says
`Unknown` whenever the provider may have taken a message without telling us.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from notifications.delivery import AttemptState


class ChannelKind(StrEnum):
    SMS = "sms"
    PUSH = "push"
    VOICE = "voice"


class CodeAction(StrEnum):
    """What to do about a refusal."""

    RETRY_LATER = "retry-later"
    """The provider's own trouble, or too many at once: the same message may go through later."""
    NEXT_CHANNEL = "next-channel"
    """This message will not reach this person this way; another way may."""
    NUMBER_IS_DEAD = "number-is-dead"
    """No message will ever reach this number this way: next channel, and ask for a new number."""
    OPTED_OUT = "opted-out"
    """The person replied STOP to this provider: nothing of it will reach this number until START."""
    ASK_OPERATOR = "ask-operator"
    """Our account or settings are at fault: next channel, and tell the people who run the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    attempt_id: str
    """Committed before the send; it rides along wherever the provider allows it."""
    to: str
    """E.164 for SMS and voice. For push a JSON list of the addresses of the person's devices or accounts, as
    they are kept; the recorder takes the person's id.
    """
    text: str
    title: str | None = None
    actions: tuple[str, ...] = ()
    link: str | None = field(default=None, repr=False)
    """A path on the console where one tap does what the text asks; whoever shows it elsewhere puts the
    court's public address before it. It is a secret of the receiver.
    """
    silent: bool = False
    valid_for_s: int = 1800
    """The provider gives up after this long: min(useful until, 30 min)."""
    alert_id: str | None = None
    """What a push opens."""
    gives_way: bool = False
    """A later message of the alert that gives way too may take this one's place while it is unread."""
    seen_token: str | None = None
    """Of a test: the device gives it back when its person has seen the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An address of a push message at which nobody will ever be reached again, with the provider's code."""

    address: str = field(repr=False)
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    provider_id: str
    state: AttemptState = AttemptState.SUBMITTED
    """What the provider knew of it at once."""
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Definitely not sent."""

    code: str
    action: CodeAction
    retry_after_s: int | None = None
    gone: tuple[Gone, ...] = ()


OF_NOBODY: Final = Rejected(code="demo-number", action=CodeAction.NUMBER_IS_DEAD)
"""What a live provider's engine answers, without a request, for the number of somebody invented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may have been sent."""

    reason: str
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The provider lists no such message."""


SendResult = Submitted | Rejected | Unknown
FindResult = Submitted | NotFound | Unknown


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> ChannelKind: ...

    async def send(self, message: Outgoing) -> SendResult: ...

    async def find_sent(self, message: Outgoing, *, since: datetime, but: Collection[str] = ()) -> FindResult:
        """Look up what became of a message whose result is unknown. `since`: when it was first tried; `but`:
        what the provider calls other messages, which may say the same to the same person.
        """
        ...

    async def close(self) -> None: ...
