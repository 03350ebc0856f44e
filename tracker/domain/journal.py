"""The withdrawal journal: what took force away, one signed line each, so that a restored court knows it.

What must not break: a line names an entry or an agency by its id and nobody by name or number; a line that
the court has not written is never believed.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

FIRST_LIFE: Final = 1
SIGNED_AS: Final = b"withdrawal-journal:"


class LineKind(StrEnum):
    """`stopped`: an entry went out of force; `list-begun`: a generation of an agency's list; `list-ended`: an
    epoch of it after a roll, and those before; `line-closed`: the line to an agency.
    """

    STOPPED = "stopped"
    LIST_BEGUN = "list-begun"
    LIST_ENDED = "list-ended"
    LINE_CLOSED = "line-closed"


class Place(NamedTuple):
    """Where a line stands: each restore of the court begins a new life, and in each the lines are counted
    from 1 without a gap.
    """

    life: int
    position: int


BEFORE_ALL: Final = Place(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """`about` is the id of an entry or an agency; `detail` holds words of the tables and numbers."""

    line_id: str
    place: Place
    at: datetime
    kind: LineKind
    about: str
    detail: Mapping[str, Any]


def written(line: JournalLine, key: bytes) -> str:
    """The line as it stands in a file, without its end."""
    content = {
        "life": line.place.life,
        "position": line.place.position,
        "id": line.line_id,
        "at": line.at.isoformat(),
        "kind": line.kind.value,
        "about": line.about,
        "detail": dict(line.detail),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{text} {_signature(text, key)}"


def read_line(text: str, key: bytes) -> JournalLine | None:
    """None: the court has not written it, or not to its end."""
    content, _, signature = text.rpartition(" ")
    if not hmac.compare_digest(signature.encode(), _signature(content, key).encode()):
        return None
    said = json.loads(content)
    return JournalLine(
        line_id=said["id"],
        place=Place(said["life"], said["position"]),
        at=datetime.fromisoformat(said["at"]),
        kind=LineKind(said["kind"]),
        about=said["about"],
        detail=said["detail"],
    )


def _signature(text: str, key: bytes) -> str:
    return hmac.digest(key, SIGNED_AS + text.encode(), "sha256").hex()
