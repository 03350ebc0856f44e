"""What is logged and measured inside a transaction is told once it has committed, or not at all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.storage.books import Books
from tracker.domain.metering import Happening, Stage
from tracker.storage.registry import Registry


class Notebook:
    """A meter that remembers."""

    def __init__(self) -> None:
        self.taken: list[tuple[Any, ...]] = []

    def timed(self, stage: str, seconds: float, *labels: str) -> None:
        self.taken.append((stage, seconds, *labels))

    def counted(self, happening: str, *labels: str) -> None:
        self.taken.append((happening, *labels))


class GivenUp(Exception):
    """The work fails after it was told of."""


async def works(registry: Registry, *, gives_up: bool) -> None:
    async with registry.transaction() as tx:
        tx.log("alert-raised", alert="a-1")
        tx.counted(Happening.SIGHTINGS, "rail", "alerted")
        tx.timed(Stage.RECEIVED_TO_ALERT_COMMITTED, tx.at - timedelta(seconds=2), "rail")
        tx.timed(Stage.OCCURRED_TO_RECEIVED, tx.at + timedelta(seconds=2), "rail", until=tx.at)
        if gives_up:
            raise GivenUp


async def test_after_the_commit_it_is_told(books: Books, logged: list[dict[str, Any]]) -> None:
    meter = Notebook()

    await works(replace(books.registry, meter=meter), gives_up=False)

    assert [(event["event"], event["alert"]) for event in logged] == [("alert-raised", "a-1")]
    assert meter.taken == [
        (Happening.SIGHTINGS, "rail", "alerted"),
        (Stage.RECEIVED_TO_ALERT_COMMITTED, 2.0, "rail"),
        (Stage.OCCURRED_TO_RECEIVED, 0.0, "rail"),
    ]


async def test_what_was_told_is_not_held_any_longer(books: Books) -> None:
    async with books.registry.transaction() as tx:
        tx.log("alert-raised", alert="a-1")

    assert tx.afterwards == []


async def test_what_was_rolled_back_has_not_happened(books: Books, logged: list[dict[str, Any]]) -> None:
    meter = Notebook()

    with pytest.raises(GivenUp):
        await works(replace(books.registry, meter=meter), gives_up=True)

    assert (logged, meter.taken) == ([], [])
