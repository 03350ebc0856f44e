"""Small trees, broken on purpose, for rules to be broken in."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from scripts.checks.tree import Source, Tree

ROOT = Path(__file__).resolve().parent.parent.parent

Files = Mapping[str, str]


def write_files(folder: Path, files: Files) -> None:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def small_tree(folder: Path, files: Files) -> Tree:
    write_files(folder, files)
    return Tree(sources=tuple(Source(root=folder, path=PurePosixPath(path)) for path in files))
