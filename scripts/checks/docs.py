"""Docs = code: what the documents promise is there.

A further promise to check is one more function in `DOCUMENT_CHECKS`.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from scripts.checks.tree import Breach, Source, Tree

ROOT_DOCUMENTS = frozenset({"README.md", "README.zh.md", "CONTRIBUTING.md"})
REQUIRED_DOCUMENTS = (
    "README.md",
    "README.zh.md",
    "CONTRIBUTING.md",
    "docs/README.md",
    "docs/judge.md",
    "docs/agency-engineer.md",
    "docs/operator.md",
    "docs/decisions/README.md",
)
DECISIONS = PurePosixPath("docs/decisions")

COMMAND = re.compile(r"(?<![\w/])\./((?:scripts|\.ci)/[\w-]+)")
LINK = re.compile(r"\]\(<?([^)#\s>]+)")
NAMED_FILE = re.compile(r"`(?!\./)([\w.-]+(?:/[\w.-]+)+/?)`")


def document_breaches(tree: Tree) -> Iterator[Breach]:
    documents = [source for source in tree.texts() if is_document(source)]
    for check in DOCUMENT_CHECKS:
        for document in documents:
            yield from check(tree, document)
    yield from required_documents_are_there(tree)
    yield from decisions_are_listed(tree)


def is_document(source: Source) -> bool:
    in_docs = source.path.parts[0] == "docs" and source.path.suffix == ".md"
    return in_docs or str(source.path) in ROOT_DOCUMENTS


def commands_exist(tree: Tree, document: Source) -> Iterator[Breach]:
    for line, command in _found(document, COMMAND):
        script = tree.by_path.get(command)
        if script is None:
            yield document.breach(line, f"there is no `./{command}`", remedy="write it, or mend the document")
        elif not script.is_executable:
            yield document.breach(
                line, f"`./{command}` cannot be executed", remedy=f"chmod +x {command} and commit its mode"
            )


def links_lead_somewhere(tree: Tree, document: Source) -> Iterator[Breach]:
    for line, link in _found(document, LINK):
        if re.match(r"[a-z]+:", link):
            continue
        if not _exists(tree, _resolved(document.path.parent, link)):
            yield document.breach(
                line, f"the link `{link}` leads nowhere", remedy="mend it or write its target"
            )


def named_files_exist(tree: Tree, document: Source) -> Iterator[Breach]:
    """Between backticks, only a path that begins at a folder of the project is taken for a file."""
    for line, named in _found(document, NAMED_FILE):
        path = PurePosixPath(named)
        if path.parts[0] in tree.folders and not _exists(tree, path):
            yield document.breach(
                line, f"there is no `{named}`", remedy="mend the document, or write the file"
            )


def required_documents_are_there(tree: Tree) -> Iterator[Breach]:
    for path in REQUIRED_DOCUMENTS:
        if path not in tree.by_path:
            yield Breach(
                path=path,
                line=1,
                what="the document is missing",
                remedy="write it, its readers find it nowhere else",
            )


def decisions_are_listed(tree: Tree) -> Iterator[Breach]:
    index = tree.by_path.get(str(DECISIONS / "README.md"))
    listed = {str(_resolved(DECISIONS, link)) for _, link in _found(index, LINK)} if index else set()
    for source in tree.sources:
        is_record = source.path.parent == DECISIONS and source.path.suffix == ".md" and source is not index
        if is_record and str(source.path) not in listed:
            yield source.breach(
                1, "the decision is not listed", remedy=f"link it from {DECISIONS / 'README.md'}"
            )


DocumentCheck = Callable[[Tree, Source], Iterator[Breach]]
DOCUMENT_CHECKS: tuple[DocumentCheck, ...] = (commands_exist, links_lead_somewhere, named_files_exist)


def _found(document: Source, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(document.lines, start=1):
        for found in pattern.findall(line):
            yield number, found


def _resolved(folder: PurePosixPath, link: str) -> PurePosixPath:
    """`folder/../x` without touching the disk; a path that climbs out of the project keeps its dots."""
    parts: list[str] = []
    for part in (folder / link).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def _exists(tree: Tree, path: PurePosixPath) -> bool:
    return str(path) in tree.by_path or str(path) in tree.folders
