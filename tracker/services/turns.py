"""Work on many things that leaves the loop to others in between."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")


async def one_by_one(things: Iterable[T]) -> AsyncIterator[T]:
    """The things in their order; whoever is urgent has a turn between two of them."""
    for thing in things:
        yield thing
        await asyncio.sleep(0)
