"""What a doctor finds, in plain words: that of an adapter and that of the court say it alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, how it is, and where it is wrong what to do."""

    about: str
    is_ok: bool
    says: str

    def __str__(self) -> str:
        return f"{'ok   ' if self.is_ok else 'wrong'}  {self.about}: {self.says}"


def ok(about: str, says: str) -> Finding:
    return Finding(about=about, is_ok=True, says=says)


def wrong(about: str, says: str) -> Finding:
    return Finding(about=about, is_ok=False, says=says)
