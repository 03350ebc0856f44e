"""The checks that others wrote: ruff, mypy and import-linter, each as its own process.

Their settings stand in pyproject.toml of the folder they run in.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`arguments` follow the running Python's own path."""

    name: str
    arguments: tuple[str, ...]


# import-linter has no `-m` entry; its command is called as its console script would.
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"

TOOLS = (
    Tool(name="format", arguments=("-m", "ruff", "format", "--check", "--output-format", "concise", ".")),
    Tool(name="lint", arguments=("-m", "ruff", "check", "--output-format", "concise", ".")),
    Tool(name="contracts", arguments=("-c", LINT_IMPORTS, "--no-logo")),
    Tool(name="types", arguments=("-m", "mypy", "--no-error-summary")),
)


def run_tool(tool: Tool, root: Path) -> list[str]:
    """What the tool complains of, line by line; nothing when all is well."""
    ran = subprocess.run(
        [sys.executable, *tool.arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == 0:
        return []
    complaints = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    return complaints or [f"{tool.name} ended with {ran.returncode} and said nothing"]
