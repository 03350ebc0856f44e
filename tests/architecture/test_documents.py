"""What the documents name is there, and every decision can be found."""

from pathlib import Path

import pytest

from scripts.checks.docs import document_breaches
from tests.architecture.small_trees import small_tree

TRUE_DOCUMENTS = {
    "README.zh.md": "",
    "CONTRIBUTING.md": "",
    "docs/README.md": "",
    "docs/judge.md": "",
    "docs/agency-engineer.md": "",
    "docs/operator.md": "",
    "README.md": "Run `./scripts/run --story`, see [why](docs/decisions/README.md#top)\n"
    "and `tracker/domain/` [elsewhere](https://court.example) [above](#run) `data/court.sqlite` `a/b`",
    "docs/decisions/README.md": "[time](0001-time.md)",
    "docs/decisions/0001-time.md": "[back](../../README.md)",
    "tracker/domain/alerts.py": "",
    "scripts/run": "",
}


def reported(folder: Path, **changed: str) -> list[str]:
    files = TRUE_DOCUMENTS | {name.replace("__", "/") + ".md": text for name, text in changed.items()}
    tree = small_tree(folder, files)
    (folder / "scripts/run").chmod(0o755)
    return [str(breach) for breach in document_breaches(tree)]


def test_true_documents_pass(tmp_path: Path) -> None:
    assert reported(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "breach"),
    [
        (
            "\n`./scripts/play`",
            "README.md:2: there is no `./scripts/play`; remedy: write it, or mend the document",
        ),
        (
            "[x](docs/no.md)",
            "README.md:1: the link `docs/no.md` leads nowhere; remedy: mend it or write its target",
        ),
        (
            "`tracker/domain/gone.py`",
            "README.md:1: there is no `tracker/domain/gone.py`; remedy: mend the document, or write the file",
        ),
    ],
)
def test_an_untrue_document_is_reported(tmp_path: Path, text: str, breach: str) -> None:
    assert reported(tmp_path, README=text) == [breach]


def test_a_command_that_cannot_be_executed_is_reported(tmp_path: Path) -> None:
    tree = small_tree(tmp_path, TRUE_DOCUMENTS | {"README.md": "./scripts/run"})

    assert [breach.what for breach in document_breaches(tree)] == ["`./scripts/run` cannot be executed"]


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "README.zh.md",
        "CONTRIBUTING.md",
        "docs/README.md",
        "docs/judge.md",
        "docs/agency-engineer.md",
        "docs/operator.md",
        "docs/decisions/README.md",
    ],
)
def test_a_document_that_somebody_relies_on_is_missed(tmp_path: Path, path: str) -> None:
    files = {name: "" for name in TRUE_DOCUMENTS if name not in (path, "docs/decisions/0001-time.md")}

    assert [str(breach) for breach in document_breaches(small_tree(tmp_path, files))] == [
        f"{path}:1: the document is missing; remedy: write it, its readers find it nowhere else"
    ]


def test_a_decision_that_is_not_listed_is_reported(tmp_path: Path) -> None:
    assert reported(tmp_path, **{"docs__decisions__0002-bus": "why"}) == [
        "docs/decisions/0002-bus.md:1: the decision is not listed; "
        "remedy: link it from docs/decisions/README.md"
    ]
