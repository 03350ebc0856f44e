"""Tells those who look back on earlier card uses who came onto the list, or may have."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from adapters.replica.values import FeedKey
from schemas.messages import FeedPacket, Put

Listener: TypeAlias = Callable[[FeedKey, Sequence[bytes] | None], None]
"""Is given the tokens of who was put on a feed; None: a whole list came, and nobody knows who is new."""


class Newcomers:
    """A resumed entry and one with another measure are told of as well: a put is a put."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """It must return at once."""
        self._listeners.append(listener)

    def hear_packet(self, feed: FeedKey, packet: FeedPacket) -> None:
        """It is in force."""
        if not self._listeners:
            return
        tokens = [
            bytes.fromhex(token)
            for change in packet.changes
            if isinstance(change, Put)
            for token in change.tokens
        ]
        if tokens:
            self._tell(feed, tokens)

    def hear_whole_list(self, feed: FeedKey) -> None:
        """It is in force."""
        self._tell(feed, None)

    def _tell(self, feed: FeedKey, tokens: Sequence[bytes] | None) -> None:
        for listener in self._listeners:
            listener(feed, tokens)
