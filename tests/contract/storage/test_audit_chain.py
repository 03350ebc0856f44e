"""The audit log proves itself: whoever changes, drops, inserts or reorders an event breaks it at a place."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from scripts import cast
from tests.contract.storage.books import BEGINS, KEYS, Books
from tracker.loops.audit_sealer import AuditSealerLoop
from tracker.services.audit import ChainBroken, ChainWhole, verify
from tracker.storage import audit
from tracker.storage.audit import AuditEvent

TAMPERINGS = {
    "another actor": ("UPDATE audit_event SET actor = 'person-gu' WHERE chain_position = 3", 3),
    "another time": ("UPDATE audit_event SET at = '2026-02-25 03:00:00' WHERE chain_position = 2", 2),
    "another action": ("UPDATE audit_event SET action = 'entry ended' WHERE chain_position = 1", 1),
    "another thing": ("UPDATE audit_event SET about = 'entry-9' WHERE chain_position = 4", 4),
    "another detail": ("""UPDATE audit_event SET detail = '{"cause": "paid"}' WHERE chain_position = 5""", 5),
    "another link": ("UPDATE audit_event SET chain_hash = 'forged' WHERE chain_position = 4", 4),
    "dropped": ("DELETE FROM audit_event WHERE chain_position = 2", 2),
    "dropped from the front": ("DELETE FROM audit_event WHERE chain_position = 1", 1),
    "dropped and closed up": (
        "DELETE FROM audit_event WHERE chain_position = 2;"
        "UPDATE audit_event SET chain_position = chain_position - 1 WHERE chain_position > 2",
        2,
    ),
    "inserted": (
        "INSERT INTO audit_event (court_id, at, actor, action, about_kind, about, detail, chain_position,"
        " chain_hash) SELECT court_id, at, actor, action, about_kind, about, detail, 6, chain_hash"
        " FROM audit_event WHERE chain_position = 5",
        6,
    ),
    "reordered": (
        "UPDATE audit_event SET chain_position = 99 WHERE chain_position = 2;"
        "UPDATE audit_event SET chain_position = 2 WHERE chain_position = 3;"
        "UPDATE audit_event SET chain_position = 3 WHERE chain_position = 99",
        2,
    ),
}
"""What is done to five sealed events, and the first place that no longer holds."""


def event(number: int) -> AuditEvent:
    return AuditEvent(
        court_id=cast.COURT.court_id,
        at=BEGINS,
        actor=cast.CLERK.person_id,
        action="entry registered",
        about_kind="entry",
        about=f"entry-{number}",
        detail={"cause": "none"},
    )


async def five_events(books: Books) -> None:
    """Five sealed events and nothing before them."""
    async with books.registry.transaction() as tx:
        await tx.run(sa.text("DELETE FROM audit_event"))
        for number in range(1, 6):
            await audit.add_event(tx, event(number))
    await AuditSealerLoop(books.registry).step()


async def tamper(books: Books, statements: str) -> None:
    """Past the court's own code, as somebody with the file would."""
    async with books.registry.transaction() as tx:
        for statement in statements.split(";"):
            await tx.db.exec_driver_sql(statement)


async def record_and_fail(books: Books) -> None:
    async with books.registry.transaction() as tx:
        await audit.add_event(tx, event(6))
        raise RuntimeError("the business failed")


async def test_a_whole_chain(books: Books) -> None:
    await five_events(books)

    async with books.registry.reading() as tx:
        assert await verify(tx) == ChainWhole(links=5)
        assert (await audit.chain_head(tx)).position == 5


@pytest.mark.parametrize("what", sorted(TAMPERINGS))
async def test_tampering_is_found_at_its_place(books: Books, what: str) -> None:
    await five_events(books)
    statements, position = TAMPERINGS[what]
    await tamper(books, statements)

    async with books.registry.reading() as tx:
        assert await verify(tx) == ChainBroken(position=position)


async def test_without_the_key_nobody_can_write_a_link(books: Books) -> None:
    await five_events(books)
    forger = books.with_keys(replace(KEYS, chain=b"z" * 32))
    async with forger.transaction() as tx:
        await audit.add_event(tx, event(6))
    await AuditSealerLoop(forger).step()

    async with books.registry.reading() as tx:
        assert await verify(tx) == ChainBroken(position=6)


async def test_what_is_not_sealed_yet_is_no_part_of_the_chain(books: Books) -> None:
    await five_events(books)
    async with books.registry.transaction() as tx:
        await audit.add_event(tx, event(6))

        assert await verify(tx) == ChainWhole(links=5)
        assert await audit.oldest_unsealed_at(tx) == BEGINS

    await AuditSealerLoop(books.registry).step()
    async with books.registry.reading() as tx:
        assert await verify(tx) == ChainWhole(links=6)
        assert await audit.oldest_unsealed_at(tx) is None


async def test_an_event_rolls_back_with_what_it_tells(books: Books) -> None:
    await five_events(books)

    with pytest.raises(RuntimeError, match="the business failed"):
        await record_and_fail(books)

    async with books.registry.reading() as tx:
        assert await audit.list_events_about(tx, "entry-6") == ()
