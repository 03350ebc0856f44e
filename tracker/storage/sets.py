"""Sets of values in statements."""

from collections.abc import Iterable
from typing import Final, TypeVar

T = TypeVar("T")
SIZES: Final = (1, 8, 64, 512)


def padded(values: Iterable[T]) -> list[T]:
    """For `IN`: a value repeated up to the next of few sizes. Sets of all sizes share few statements then,
    which the database has prepared already.
    """
    listed = list(values)
    size = next((size for size in SIZES if size >= len(listed)), len(listed))
    return listed + listed[:1] * (size - len(listed))
