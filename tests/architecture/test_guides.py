"""What the guides tell people to type is what the programs understand, in an order that works."""

import re
import shlex
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.compose_file import understands
from tests.architecture.small_trees import ROOT

GUIDES: Final = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("operator.md", "agency-engineer.md")
}
FENCED: Final = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
IN_A_LINE: Final = re.compile(r"`([^`\n]+)`")
COMMAND: Final = re.compile(
    r"^(?:\w+='[^']*' )?(?:\S*/bin/)?(?P<program>tracker|adapter) (?P<rest>[a-z-][^>|]*)$"
)


def lines_of(guide: str) -> Iterator[str]:
    """What is set as code: the lines of blocks, and what stands within a sentence."""
    for block in FENCED.findall(guide):
        yield from (line.strip().removeprefix("ExecStart=") for line in block.splitlines())
    yield from IN_A_LINE.findall(FENCED.sub("", guide))


def commands_of(guide: str) -> set[tuple[str, str]]:
    """Each command with its words; what may be left out (in brackets) is given."""
    found = filter(None, map(COMMAND.match, lines_of(guide)))
    return {(one["program"], one["rest"].translate({ord("["): None, ord("]"): None})) for one in found}


COMMANDS: Final = sorted({command for guide in GUIDES.values() for command in commands_of(guide)})


@pytest.mark.parametrize(("program", "words"), COMMANDS, ids=" ".join)
def test_every_command_of_the_guides_is_understood(program: str, words: str) -> None:
    assert understands(program, shlex.split(words))


def test_the_guides_name_the_commands_that_a_setup_needs() -> None:
    assert {
        ("tracker", "keys make"),
        ("tracker", "migrate"),
        ("tracker", "found /etc/tracker/court.toml"),
        ("tracker", "broker setup"),
        ("tracker", "serve"),
        ("tracker", "agency enrol enrolment.json --out credential.json"),
        ("adapter", "enrol --credential credential.json"),
        ("adapter", "run --agency %i"),
    } <= set(COMMANDS)


@pytest.mark.parametrize(
    ("name", "begin"), [("operator.md", "TRACKER_COURT_ID='"), ("agency-engineer.md", "ADAPTER_DATA='")]
)
def test_what_the_settings_name_was_made_before(name: str, begin: str) -> None:
    guide = GUIDES[name]
    before, _, settings = guide.partition(f"```\n{begin}")
    named = set(re.findall(r"'(/[^']+)'", begin + settings.partition("```")[0]))
    made = " ".join(FENCED.findall(before)).split()
    assert named
    assert {path for path in named if path not in made and path.rpartition("/")[0] not in made} == set()
