"""Every message in and out of the edge: verified before anything reads it, signed before anything stores it.

What must not break: nothing acts on a message that the court's key did not sign for this court and agency;
what waits in the edge's store is sealed to the edge itself, whose keys live in memory only.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from adapters.bus.port import Delivery, Later, Refused
from adapters.commits import after_commit
from adapters.edge.posted import Post, Posted
from adapters.edge.refusals import KIND_OF, Refusals
from adapters.edge.settings import EdgeKeys, EdgePorts, EdgeSettings
from adapters.replica.values import FeedKey
from adapters.sqlite import Tx
from adapters.store.reports import add_reports
from schemas.envelope import (
    Address,
    EnvelopeFault,
    EnvelopeRefused,
    Opened,
    Posting,
    open_envelope,
    read_body,
    sign_envelope,
)
from schemas.messages import Message, SightingReport
from schemas.refused import RefusedKind
from schemas.sealing import open_sealed, seal_for

COURT: Final = "court"
EVERY_INSTANCE: Final = "all"
MOST_AHEAD: Final = timedelta(seconds=60)
EPHEMERAL_BYTES: Final = 32

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming(Generic[M]):
    """A verified message with its body.

    `said_at` is the court's time on it, but never far in the future: one message of a clock that ran ahead
    must not make everything after it look old. `raw`: as the court signed it.
    """

    opened: Opened
    said_at: datetime
    body: M
    raw: bytes = field(repr=False)

    @property
    def feed(self) -> FeedKey:
        address = self.opened.address
        return FeedKey(epoch=address.epoch, incarnation=address.incarnation)


class Envelopes:
    """Whatever is refused is noted among the `refusals`."""

    def __init__(self, settings: EdgeSettings, keys: EdgeKeys, ports: EdgePorts, refusals: Refusals) -> None:
        self._settings = settings
        self._keys = keys
        self._ports = ports
        self._refusals = refusals
        self.posted = Posted()

    def read(self, delivery: Delivery, models: Sequence[type[M]]) -> Incoming[M] | Refused | Later:
        """Verify a delivery that must be one of `models`; a refusal is a definite fault of the message.

        A key that this edge does not know (yet) is its own trouble: the message waits for it.
        """
        if delivery.sender != COURT:
            return self._refuse(RefusedKind.FORGED, "not from the court")
        return self.read_signed(delivery.body, models)

    def read_signed(self, raw: bytes, models: Sequence[type[M]]) -> Incoming[M] | Refused | Later:
        """The same for what came by another way than the bus: the signature alone says whose it is."""
        opened = open_envelope(
            raw,
            self._keys.court_verifying,
            court=self._settings.court,
            agency=self._settings.agency,
        )
        if isinstance(opened, EnvelopeRefused):
            return self._unread(opened, raw)
        if opened.address.instance not in (self._settings.instance, EVERY_INSTANCE):
            return self._refuse(RefusedKind.OTHER_ADDRESSEE, "wrong-instance")
        said_at = min(opened.sent_at, self._ports.now() + MOST_AHEAD)
        for model in models:
            if opened.type == model.TYPE:
                body = read_body(opened, model)
                if isinstance(body, EnvelopeRefused):
                    return self._unread(body, raw)
                return Incoming(opened=opened, said_at=said_at, body=body, raw=raw)
        return self._refuse(KIND_OF[EnvelopeFault.WRONG_TYPE], EnvelopeFault.WRONG_TYPE.value)

    def _unread(self, refused: EnvelopeRefused, raw: bytes) -> Refused | Later:
        if refused.fault is EnvelopeFault.UNKNOWN_KEY:
            self._refusals.note_waiting(raw)
            return Later(refused.fault.value)
        return self._refuse(KIND_OF[refused.fault], f"{refused.fault.value}: {refused.remedy}")

    def _refuse(self, kind: RefusedKind, reason: str) -> Refused:
        self._refusals.note(kind)
        return Refused(reason)

    async def report(self, tx: Tx, message: Message, feed: FeedKey | None = None) -> None:
        """Sign a message to the court and store it with the transaction that made it true."""
        await self.post(tx, {self._ports.entropy.new_id(): message}, feed)

    async def post(self, tx: Tx, messages: Mapping[str, Message], feed: FeedKey | None = None) -> None:
        """The same for several, under ids that they have already."""
        signed = {key: self._signed(message, key, feed) for key, message in messages.items()}
        await add_reports(tx, {key: self.seal(one, f"report:{key}") for key, one in signed.items()})
        posts = [
            Post(message_id=key, envelope=one, about=_about(messages[key])) for key, one in signed.items()
        ]
        after_commit(tx, lambda: self.posted.take(posts))

    def _signed(self, message: Message, message_id: str, feed: FeedKey | None) -> bytes:
        address = Address(
            court=self._settings.court,
            agency=self._settings.agency,
            instance=self._settings.instance,
            epoch=feed.epoch if feed else 0,
            incarnation=feed.incarnation if feed else 0,
        )
        posting = Posting(id=message_id, at=self._ports.now(), address=address)
        return sign_envelope(message, posting, self._keys.signing)

    def waited_s(self, envelope: bytes) -> float:
        """How long ago a message of this edge's own was signed."""
        signed_at = datetime.fromisoformat(json.loads(envelope)["time"])
        return max(0.0, (self._ports.now() - signed_at).total_seconds())

    def seal_for_court(self, plaintext: bytes, context: str) -> bytes:
        return self._seal(self._keys.court_sealing_public, plaintext, context)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Seal for this edge's own store."""
        return self._seal(self._keys.sealing.public, plaintext, context)

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Open what was sealed for this edge, by itself or by the court."""
        return open_sealed(self._keys.sealing, sealed, context=context)

    def _seal(self, public: bytes, plaintext: bytes, context: str) -> bytes:
        ephemeral = self._ports.entropy.random_bytes(EPHEMERAL_BYTES)
        return seal_for(public, plaintext, ephemeral=ephemeral, context=context)


def _about(message: Message) -> frozenset[int]:
    return frozenset(message.references) if isinstance(message, SightingReport) else frozenset()
