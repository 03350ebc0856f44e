"""What this edge has refused lately, by kind: for its own people, and for the court with the next receipt.

What must not break: a flood of forged messages costs no commit each, and no memory.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from schemas.envelope import EnvelopeFault
from schemas.refused import HARMLESS, LATELY, RefusedKind, RefusedLately, counted, refused_since

KIND_OF: Final[Mapping[EnvelopeFault, RefusedKind]] = MappingProxyType(
    {
        EnvelopeFault.TOO_LARGE: RefusedKind.UNREADABLE,
        EnvelopeFault.NOT_JSON: RefusedKind.UNREADABLE,
        EnvelopeFault.NOT_AN_ENVELOPE: RefusedKind.UNREADABLE,
        EnvelopeFault.UNKNOWN_KEY: RefusedKind.UNKNOWN_KEY,
        EnvelopeFault.BAD_SIGNATURE: RefusedKind.FORGED,
        EnvelopeFault.WRONG_COURT: RefusedKind.OTHER_COURT,
        EnvelopeFault.WRONG_AGENCY: RefusedKind.OTHER_ADDRESSEE,
        EnvelopeFault.WRONG_TYPE: RefusedKind.UNREADABLE,
        EnvelopeFault.UNKNOWN_VERSION: RefusedKind.NEWER_VERSION,
        EnvelopeFault.WRONG_BODY: RefusedKind.UNREADABLE,
    }
)
MEANS: Final[Mapping[str, str]] = MappingProxyType(
    {
        RefusedKind.FORGED: "it does not bear the court's signature: altered on its way, or forged; nothing "
        "of it was taken: tell the court, and look at who can write to the queues",
        RefusedKind.UNKNOWN_KEY: "it is signed with a key that is not known here, and waits: enrol anew, so "
        "that the credential holds the court's present key",
        RefusedKind.UNREADABLE: "it cannot be read; nothing of it was taken: tell the court",
        RefusedKind.NEWER_VERSION: "it is of a newer version than this program knows: update the adapter",
        RefusedKind.OTHER_COURT: "it is of another court; nothing of it was taken: check ADAPTER_BROKER_URL "
        "and who else writes there",
        RefusedKind.OTHER_ADDRESSEE: "it is for another agency or adapter; nothing of it was taken: tell the "
        "court",
        RefusedKind.OTHER_LIST: "it was fetched, and is of another list than was asked for: it is fetched "
        "again by itself; if this goes on, tell the court",
        RefusedKind.NOT_THE_LIST: "changes lead elsewhere than the court has signed: the list is fetched "
        "anew by itself; if this goes on, tell the court",
        RefusedKind.BROKEN_LIST: "a whole list came damaged, cut short or out of date: it is fetched again "
        "by itself; if this goes on, look at the line",
        RefusedKind.CLOCK: "the court's word came from another time: set this machine's clock (NTP), or the "
        "broker delivers late",
        RefusedKind.REPEATED: "it was known already and changed nothing, as after a line that was cut",
    }
)


class Refusals:
    """`known`: as they were kept at the last receipt. `tell` is called for what the court is to hear of."""

    def __init__(self, now: Callable[[], datetime], known: Sequence[RefusedLately] = ()) -> None:
        self._now = now
        self._told = counted((), known)
        self._untold: dict[str, RefusedLately] = {}
        self._waiting: bytes | None = None
        self.tell: Callable[[], None] = lambda: None

    def note(self, kind: RefusedKind) -> None:
        self._untold = counted(
            self._untold.values(), (RefusedLately(kind=kind, times=1, last_at=self._now()),)
        )
        if kind not in HARMLESS:
            self.tell()

    def note_waiting(self, raw: bytes) -> None:
        """A message waits for a key: tried again and again, it is one."""
        if raw != self._waiting:
            self._waiting = raw
            self.note(RefusedKind.UNKNOWN_KEY)

    def lately(self) -> tuple[RefusedLately, ...]:
        """Within a day, the latest first."""
        return refused_since(self.counted_with(self.untold()).values(), self._now() - LATELY)

    def untold(self) -> tuple[RefusedLately, ...]:
        """What no receipt has told."""
        return tuple(self._untold.values())

    def counted_with(self, more: Sequence[RefusedLately]) -> dict[str, RefusedLately]:
        """What receipts have told, and these with it."""
        return counted(self._told.values(), more)

    def told(self, said: Sequence[RefusedLately]) -> None:
        """A receipt that tells these was committed; more may have come meanwhile."""
        self._told = self.counted_with(said)
        for one in said:
            left = self._untold[one.kind].times - one.times
            if left:
                self._untold[one.kind] = self._untold[one.kind].model_copy(update={"times": left})
            else:
                del self._untold[one.kind]
