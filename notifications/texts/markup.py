"""The markup of the catalogues, and how a text is shortened until it fits.

`{fact}` is a fact the text cannot do without. `[1…]` to `[9…]` are parts that may be dropped when the text
is too long: the lowest digit first, one part at a time. `[?…]` stands only when its facts are known. Parts
may nest, and a numbered part whose facts are unknown is left out too. What stands outside brackets is never
dropped.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from notifications.texts.facts import FactMissing

_NEVER_DROPPED = "?"
_TOKEN = re.compile(r"\[[1-9?]|\]|\{[a-z_]+\}|[^\[\]{}]+")
_FULL_WIDTH = re.compile("[［］｛｝]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    rank: str
    nodes: tuple["Node", ...]
    needs: tuple[str, ...] = ()
    """The facts without which it is left out: its own, not those of the parts in it."""


Node = str | Slot | Part


class Malformed(StrEnum):
    """What keeps markup from being read as it was meant."""

    RANK = "a bracket without a digit or ?"
    BRACE = "a brace that holds no word"
    UNCLOSED = "a bracket that is not closed"
    UNOPENED = "a bracket that was not opened"
    FULL_WIDTH = "full-width brackets or braces"


def find_malformed(markup: str) -> Malformed | None:
    """What is wrong with it first of all; `parse` would pass over it."""
    if _FULL_WIDTH.search(markup):
        return Malformed.FULL_WIDTH
    unread = _TOKEN.sub("", markup)
    if unread:
        return Malformed.RANK if unread[0] == "[" else Malformed.BRACE
    depth = 0
    for token in _TOKEN.findall(markup):
        depth += (token[0] == "[") - (token == "]")
        if depth < 0:
            return Malformed.UNOPENED
    return Malformed.UNCLOSED if depth else None


def outside(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """What is never dropped."""
    return tuple(node for node in nodes if not isinstance(node, Part))


def words_in(nodes: tuple[Node, ...]) -> Iterator[str]:
    """The names of the facts, also of those in brackets."""
    for node in nodes:
        if isinstance(node, Slot):
            yield node.fact
        elif isinstance(node, Part):
            yield from words_in(node.nodes)


def literal(nodes: tuple[Node, ...], fact: str = " ") -> str:
    """What it says in its own words, also in brackets; `fact` stands in the place of each fact."""
    return "".join(
        node if isinstance(node, str) else literal(node.nodes, fact) if isinstance(node, Part) else fact
        for node in nodes
    )


def parse(markup: str) -> tuple[Node, ...]:
    tokens = iter(_TOKEN.findall(markup))
    return tuple(_nodes(tokens))


def whole(nodes: tuple[Node, ...], values: Mapping[str, tuple[Node, ...] | None], text: str) -> str:
    """The longest form, as `fill` and `shorten` would give it where everything fits."""
    said: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            said.append(node)
        elif isinstance(node, Slot):
            word = values[node.fact]
            if word is None:
                raise FactMissing(text, node.fact)
            said.append(word[0] if len(word) == 1 and isinstance(word[0], str) else _join(word, []))
        elif _is_known(node, values):
            said.append(whole(node.nodes, values, text))
    return "".join(said)


def fill(
    nodes: tuple[Node, ...], values: Mapping[str, tuple[Node, ...] | None], text: str
) -> tuple[Node, ...]:
    """The text without slots. A fact whose value is None is not known; `text` names it in the error when one
    is missing.
    """
    filled: list[Node] = []
    for node in nodes:
        if isinstance(node, str):
            filled.append(node)
        elif isinstance(node, Slot):
            word = values[node.fact]
            if word is None:
                raise FactMissing(text, node.fact)
            filled.extend(word)
        elif _is_known(node, values):
            filled.append(Part(rank=node.rank, nodes=fill(node.nodes, values, text)))
    return tuple(filled)


def shorten(nodes: tuple[Node, ...], fits: Callable[[str], bool]) -> str:
    """The longest form that fits; when none does, the shortest, for half a warning is worse than two
    segments.
    """
    dropped: list[Part] = []
    text = _join(nodes, dropped)
    if fits(text):
        return text
    for part in sorted(_droppable(nodes), key=lambda part: part.rank):
        dropped.append(part)
        text = _join(nodes, dropped)
        if fits(text):
            break
    return text


def _nodes(tokens: Iterator[str]) -> Iterator[Node]:
    for token in tokens:
        if token == "]":
            return
        if token[0] == "[":
            nodes = tuple(_nodes(tokens))
            needs = tuple(node.fact for node in nodes if isinstance(node, Slot))
            yield Part(rank=token[1], nodes=nodes, needs=needs)
        elif token[0] == "{":
            yield Slot(fact=token[1:-1])
        else:
            yield token


def _is_known(part: Part, values: Mapping[str, tuple[Node, ...] | None]) -> bool:
    return None not in [values[fact] for fact in part.needs]


def _droppable(nodes: tuple[Node, ...]) -> Iterator[Part]:
    for node in nodes:
        if isinstance(node, Part):
            if node.rank != _NEVER_DROPPED:
                yield node
            yield from _droppable(node.nodes)


def _join(nodes: tuple[Node, ...], dropped: list[Part]) -> str:
    return "".join(
        [
            node if isinstance(node, str) else _join(node.nodes, dropped)
            for node in nodes
            if isinstance(node, str) or (isinstance(node, Part) and not any(node is part for part in dropped))
        ]
    )
