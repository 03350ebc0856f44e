"""Every person that tests and benchmarks invent, so that all they print and log can be searched for them.

A test walks the tree: a person who is not in here is a person whom nobody would miss in the logs.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from notifications.texts.romanise import in_english
from scripts import cast
from scripts.demo import listed

NAMES: Final = frozenset(
    {
        *(member.name for member in cast.MEMBERS),
        *(wanted.name for wanted in (cast.A, cast.B)),
        *(wanted.name for wanted in (listed.HOTEL_GUEST, listed.BORDER_CROSSER, listed.APPLICANT)),
        *("江雁", "韩越", "方远", "佟某", "程某", "张三", "欧阳若谷"),
    }
)
ROMANISED: Final = frozenset(in_english(name) for name in NAMES)
OTHER_DOCUMENTS: Final = ("E12345678", "C12345678", "H12345678")

# Resident numbers of the range that is never issued, of 18 and of 15 characters, and the demo phones. Next to
# other digits or letters it is another number.
PATTERNS: Final = {
    "name": re.compile("|".join(sorted(NAMES | ROMANISED, key=len, reverse=True))),
    "document number": re.compile(
        r"(?<![0-9A-Za-z])(?:99[0-9]{4}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
        rf"[0-9]{{3}}[0-9Xx]|99[0-9]{{13}}|{'|'.join(OTHER_DOCUMENTS)})(?![0-9A-Za-z])"
    ),
    "phone": re.compile(
        r"(?<![0-9A-Za-z])(?:(?:\+?86[ -]?)?100[ -]?0000[ -]?[0-9]{4}|\+?1?20255501[0-9]{2})(?![0-9A-Za-z])"
    ),
}


def found_in(text: str) -> list[str]:
    """What kinds of personal data stand in a text; not the data, which is not to be repeated."""
    return [kind for kind, pattern in PATTERNS.items() if pattern.search(text)]


def found_in_logs(folder: Path) -> Iterator[str]:
    """Each line of the logs below a folder that names somebody: by file, line and kind."""
    for log in sorted(folder.rglob("*.log")):
        with log.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, start=1):
                for kind in found_in(line):
                    yield f"{log.name}:{number}: a {kind}"
