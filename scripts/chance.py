"""Chance for the story and for tests: reply codes from a script, everything else from the
operating system.
"""

from collections.abc import Iterable

from tracker.entropy import SystemEntropy


class ScriptedEntropy(SystemEntropy):
    """Hands out the scripted reply codes in their order, then codes nobody scripted."""

    def __init__(self, reply_codes: Iterable[str] = ()) -> None:
        super().__init__()
        self._reply_codes = iter(reply_codes)

    def reply_code(self) -> str:
        return next(self._reply_codes, None) or super().reply_code()
