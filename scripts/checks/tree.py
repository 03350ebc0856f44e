"""What a check reads (the files that belong to the project) and what it answers (breaches with remedies).

Must not break: files that are not yet committed count too, ignored ones never do.
"""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath


class NoTree(Exception):
    """The folder is no clone, or there is no git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One place that breaks a rule, and what to do about it."""

    path: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}; remedy: {self.remedy}"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file of the project; `path` counts from the root."""

    root: Path
    path: PurePosixPath

    @cached_property
    def text(self) -> str | None:
        """None for pictures and the like."""
        try:
            return (self.root / self.path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return None

    @cached_property
    def lines(self) -> list[str]:
        return (self.text or "").splitlines()

    @cached_property
    def syntax(self) -> ast.Module:
        return ast.parse(self.text or "", filename=str(self.path))

    @property
    def module(self) -> str:
        """The dotted name that Python imports it by."""
        dotted = ".".join(self.path.with_suffix("").parts)
        return dotted.removesuffix(".__init__")

    @property
    def is_executable(self) -> bool:
        return bool((self.root / self.path).stat().st_mode & 0o100)

    def breach(self, line: int, what: str, *, remedy: str) -> Breach:
        return Breach(path=str(self.path), line=line, what=what, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class Tree:
    sources: tuple[Source, ...]

    @cached_property
    def by_path(self) -> dict[str, Source]:
        return {str(source.path): source for source in self.sources}

    @cached_property
    def folders(self) -> frozenset[str]:
        return frozenset(str(folder) for source in self.sources for folder in source.path.parents)

    def python(self) -> Iterator[Source]:
        return (source for source in self.sources if source.path.suffix == ".py")

    def texts(self) -> Iterator[Source]:
        return (source for source in self.sources if source.text is not None)


def read_tree(root: Path) -> Tree:
    """All files that git tracks or would offer to add; raises `NoTree` where git cannot tell."""
    # In containers the tree often belongs to somebody else, which git would refuse to read.
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as failure:
        raise NoTree("git cannot list the project's files; remedy: install git, work in a clone") from failure
    paths = (PurePosixPath(name) for name in listed.stdout.decode().split("\0") if name)
    return Tree(
        sources=tuple(Source(root=root, path=path) for path in sorted(paths) if (root / path).is_file())
    )
