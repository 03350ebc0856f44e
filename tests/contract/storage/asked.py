"""What a block asks the database."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa


@contextmanager
def asked() -> Iterator[list[str]]:
    """Every statement until the end of the block."""
    statements: list[str] = []

    def note(_connection: object, statement: object, *_more: object) -> None:
        statements.append(str(statement))

    sa.event.listen(sa.Engine, "before_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_execute", note)
