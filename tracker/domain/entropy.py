"""Chance as an argument: ids, references, reply codes and nonces come from outside.

The story and the tests script it; the service draws it from the operating system.
"""

from typing import Protocol


class Entropy(Protocol):
    """Source of everything that must not be guessed or must not repeat."""

    def new_id(self) -> str:
        """A new identifier; ids drawn later sort later."""

    def reply_code(self) -> str:
        """Five random digits."""

    def reference(self) -> int:
        """A random instruction reference, 1 <= reference < 2**63."""

    def random_bytes(self, length: int) -> bytes:
        """So many unpredictable bytes."""
