"""Tells the loops of an edge that something was committed, so that idle ones need not ask the disk."""

from collections.abc import Callable


class Changes:
    """`version` grows with every commit to the store or the replica.

    A loop remembers the version at which it last found nothing to do. It must read the version before it
    looks, or it sleeps through what is committed while it looks.
    """

    def __init__(self) -> None:
        self.version = 1
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def tell(self) -> None:
        self.version += 1
        for listener in self._listeners:
            listener()
