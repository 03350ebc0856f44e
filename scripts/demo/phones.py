"""The phones of the demonstration: what the recorders took, by phone and in the order it came, and what was
answered.

They remember from the start of the server on; what went out before is on the timelines of the console.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.channels.recorder import RecordedMessage, Recorder
from scripts.cast import MEMBERS
from scripts.demo.listed import LISTED
from tracker.domain.people import Role
from tracker.services.answers.replies import ReplyMeaning

KEPT_ON_A_PHONE: Final = 100
CODE: Final = re.compile(r"(?:请?回|[Rr]eply )(\d{5})(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose phone it is; `role` None: a person on the list."""

    phone: str
    name: str
    role: Role | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message. `channel` None: a reply, of which `meaning` says what the court made."""

    at: datetime
    text: str
    channel: ChannelKind | None = None
    title: str | None = None
    actions: tuple[str, ...] = ()
    link: str | None = None
    meaning: ReplyMeaning | None = None

    @property
    def code(self) -> str | None:
        """The code that the message asks for, if it does."""
        found = CODE.search(self.text)
        return found[1] if found and self.channel is ChannelKind.SMS else None


OWNERS: Final = (
    *(Owner(phone=one.phone, name=one.name, role=one.role) for one in MEMBERS),
    *(Owner(phone=one.wanted.phone, name=one.wanted.name, role=None) for one in LISTED),
)
# Push goes to a person's devices, SMS and voice to a number: here both are one phone.
_PHONE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {owner.phone: owner.phone for owner in OWNERS} | {one.person_id: one.phone for one in MEMBERS}
)


class Phones:
    """Listens to a recorder; `listen` tells whoever shows the phones that something came."""

    def __init__(self, recorder: Recorder, now: Callable[[], datetime]) -> None:
        self._now = now
        self._bubbles: dict[str, deque[Bubble]] = {
            owner.phone: deque(maxlen=KEPT_ON_A_PHONE) for owner in OWNERS
        }
        self._listeners: list[Callable[[], None]] = []
        recorder.listen(self._keep)

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def on(self, phone: str) -> tuple[Bubble, ...]:
        """What is on a phone, the oldest first."""
        return tuple(self._bubbles[phone])

    def keep_reply(self, phone: str, text: str, meaning: ReplyMeaning) -> None:
        """What was sent from a phone, and what the court made of it."""
        self._add(phone, Bubble(at=self._now(), text=text, meaning=meaning))

    def _keep(self, recorded: RecordedMessage) -> None:
        message = recorded.message
        phone = _PHONE_OF.get(message.to)
        if phone is None:
            return
        bubble = Bubble(
            at=self._now(),
            text=message.text,
            channel=recorded.kind,
            title=message.title,
            actions=message.actions,
            link=message.link,
        )
        self._add(phone, bubble)

    def _add(self, phone: str, bubble: Bubble) -> None:
        self._bubbles[phone].append(bubble)
        for listener in self._listeners:
            listener()
