"""The waits of tests have an end: what does not come fails its test, and the test says what it waited for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

LONGEST_S: Final = 30.0
"""Far longer than anything takes on the slowest machine that is not stuck."""


@asynccontextmanager
async def awaited(what: str, longest_s: float = LONGEST_S) -> AsyncIterator[None]:
    """The block waits for `what`."""
    try:
        async with asyncio.timeout(longest_s):
            yield
    except TimeoutError:
        raise AssertionError(f"did not come within {longest_s:g} s: {what}") from None
