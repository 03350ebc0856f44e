"""Each import contract of pyproject.toml lets the planned house stand, and reports every break-in."""

from pathlib import Path

import pytest

from scripts.checks.tools import LINT_IMPORTS, Tool, run_tool
from tests.architecture.small_trees import ROOT, write_files

# The smallest house that has every room and every import that is allowed.
HOUSE = {
    "schemas/__init__.py": "",
    "schemas/text.py": "",
    "schemas/messages.py": "import schemas.text",
    "notifications/__init__.py": "",
    "notifications/ladders.py": "import schemas.text",
    "adapters/__init__.py": "",
    "adapters/commits.py": "",
    "adapters/sqlite.py": "import adapters.commits\nimport adapters.sqlite_driver",
    "adapters/sqlite_driver.py": "",
    "adapters/bus/__init__.py": "",
    "adapters/bus/port.py": "",
    "adapters/bus/embedded.py": "import adapters.bus.port\nimport adapters.sqlite",
    "adapters/screening.py": "import schemas.messages",
    "adapters/edge/__init__.py": "import adapters.screening\nimport adapters.bus.port",
    "tracker/__init__.py": "",
    "tracker/domain/__init__.py": "import schemas.messages",
    "tracker/storage/__init__.py": "import tracker.domain",
    "tracker/storage/engine/postgresql.py": "import adapters.commits",
    "tracker/services/__init__.py": "import tracker.storage\nimport notifications.ladders",
    "tracker/services/alerts/__init__.py": "",
    "tracker/services/entries/__init__.py": "import tracker.services.alerts",
    "tracker/storage/engine/__init__.py": "",
    "tracker/storage/transaction.py": "import tracker.storage.engine",
    "tracker/storage/agencies.py": "import tracker.storage.transaction",
    "tracker/loops/__init__.py": "",
    "tracker/loops/relay.py": "import adapters.bus.port\nimport tracker.services",
    "tracker/consumers/__init__.py": "",
    "tracker/consumers/agency.py": "import adapters.bus.port\nimport tracker.services",
    "tracker/web/__init__.py": "import tracker.services",
    "tracker/web/words/__init__.py": "",
    "tracker/web/entries/__init__.py": "import tracker.web.words",
    "tracker/web/alerts/__init__.py": "import tracker.web.entries",
    "tracker/court.py": "import adapters.bus.embedded\nimport adapters.sqlite\nimport tracker.web",
    "scripts/__init__.py": "",
    "scripts/main.py": "import tracker.court\nimport adapters.edge\nimport adapters.bus.embedded",
    "tests/__init__.py": "",
}

BREAK_INS = [
    pytest.param("adapters/screening.py", "tracker.domain", "house", id="the edge knows the court"),
    pytest.param("tracker/services/__init__.py", "adapters.edge", "house", id="the court knows the edge"),
    pytest.param("tracker/court.py", "adapters.edge", "house", id="even its wiring knows the edge"),
    pytest.param("tracker/services/__init__.py", "adapters.bus.port", "house", id="a service knows the bus"),
    pytest.param("tracker/loops/relay.py", "adapters.bus.embedded", "house", id="a loop picks its bus"),
    pytest.param("tracker/storage/__init__.py", "adapters.sqlite", "house", id="storage picks its engine"),
    pytest.param(
        "tracker/storage/engine/postgresql.py", "adapters.sqlite", "house", id="an engine knows the other"
    ),
    pytest.param("notifications/ladders.py", "tracker.domain", "house", id="notices know watch lists"),
    pytest.param("notifications/ladders.py", "adapters.sqlite", "house", id="notices know an engine"),
    pytest.param("schemas/messages.py", "notifications.ladders", "house", id="a contract knows notices"),
    pytest.param("tracker/web/__init__.py", "scripts.main", "house", id="the court knows its scripts"),
    pytest.param("adapters/edge/__init__.py", "notifications.ladders", "agency", id="an agency tells people"),
    pytest.param("adapters/screening.py", "adapters.edge", "adapter", id="screening knows the edge"),
    pytest.param("adapters/attic.py", "adapters.screening", "adapter", id="a room of no adapter"),
    pytest.param("adapters/bus/embedded.py", "adapters.edge", "engines", id="the bus knows the edge"),
    pytest.param("adapters/commits.py", "adapters.sqlite", "engines", id="a commit knows its engine"),
    pytest.param("adapters/sqlite.py", "adapters.screening", "engines", id="the engine knows the edge"),
    pytest.param("notifications/ladders.py", "schemas.messages", "notices", id="notices read messages"),
    pytest.param("notifications/ladders.py", "schemas", "notices", id="notices know all schemas"),
    pytest.param("tracker/domain/__init__.py", "tracker.storage", "court", id="the domain stores"),
    pytest.param("tracker/storage/__init__.py", "tracker.services", "court", id="storage decides"),
    pytest.param("tracker/services/__init__.py", "tracker.web", "court", id="a service answers HTTP"),
    pytest.param("tracker/loops/relay.py", "tracker.consumers.agency", "court", id="a loop consumes"),
    pytest.param("tracker/web/__init__.py", "tracker.court", "court", id="the console wires"),
    pytest.param("tracker/attic.py", "tracker.services", "court", id="a room that nobody planned"),
    pytest.param(
        "tracker/services/alerts/__init__.py",
        "tracker.services.entries",
        "business",
        id="an alert knows the list",
    ),
    pytest.param(
        "tracker/services/attic.py", "tracker.services.alerts", "business", id="business of no part"
    ),
    pytest.param(
        "tracker/storage/engine/__init__.py", "tracker.storage.agencies", "books", id="a book on board"
    ),
    pytest.param(
        "tracker/web/entries/__init__.py", "tracker.web.alerts", "console", id="the list shows an alert"
    ),
    pytest.param("tracker/web/words/__init__.py", "tracker.web.entries", "console", id="a word asks a page"),
    pytest.param("tracker/web/attic.py", "tracker.web.words", "console", id="a page of no part"),
    pytest.param("scripts/main.py", "tests", "tests", id="the system needs its tests"),
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    write_files(tmp_path, HOUSE | {"pyproject.toml": (ROOT / "pyproject.toml").read_text(encoding="utf-8")})
    return tmp_path


def lint(house: Path, *contracts: str) -> list[str]:
    """What import-linter says when it is asked for these contracts only."""
    asked = [argument for contract in contracts for argument in ("--contract", contract)]
    return run_tool(
        Tool(name="contracts", arguments=("-c", LINT_IMPORTS, "--no-logo", "--no-cache", *asked)), house
    )


def test_the_house_as_planned_breaks_no_contract(house: Path) -> None:
    assert lint(house) == []


@pytest.mark.parametrize(("room", "imported", "contract"), BREAK_INS)
def test_a_break_in_is_reported(house: Path, room: str, imported: str, contract: str) -> None:
    with (house / room).open("a", encoding="utf-8") as opened:
        opened.write(f"\nimport {imported}\n")

    assert "Contracts: 0 kept, 1 broken." in lint(house, contract)
