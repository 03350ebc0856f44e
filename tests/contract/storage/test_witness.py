"""Whoever holds the court's keys can write its audit chain anew, so that every link holds: but not what its
adapters have kept.
"""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from scripts import cast
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.test_audit_chain import event, five_events, tamper
from tracker.commands.audit import holds
from tracker.commands.start import CannotRun
from tracker.domain.ids import AgencyId
from tracker.loops.audit_sealer import AuditSealerLoop
from tracker.services.feeds.writer import heartbeat
from tracker.storage import audit, feeds

COURT_ID = cast.COURT.court_id
TEN_LATER = BEGINS + timedelta(minutes=10)


async def seals(books: Books, *numbers: int) -> None:
    async with books.registry.transaction() as tx:
        for number in numbers:
            await audit.add_event(tx, event(number))
    await AuditSealerLoop(books.registry).step()


async def said(books: Books, agency: str = "rail") -> bytes:
    """A heartbeat as it goes to an agency's adapters now, on a line of its own."""
    async with books.registry.transaction() as tx:
        feed = await feeds.get_feed(tx, AgencyId(agency))
        return await heartbeat(tx, feed, books.clock.now()) + b"\n"


@pytest.fixture
async def witnessed(books: Books) -> bytes:
    """Five events, a head that was kept, two more, and another head ten minutes later."""
    await five_events(books)
    first = await said(books)
    books.clock.move_to(TEN_LATER)
    await seals(books, 6, 7)
    return first + await said(books, "police")


async def verified(books: Books, kept: bytes) -> bool:
    async with books.registry.reading() as tx:
        return await holds(tx, COURT_ID, kept)


async def written_anew(books: Books, *numbers: int) -> None:
    """By somebody with the keys: each link holds."""
    async with books.registry.transaction() as tx:
        await tx.run(sa.text("DELETE FROM audit_event"))
    await seals(books, *numbers)


async def test_the_chain_that_was_witnessed(
    books: Books, witnessed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    await seals(books, 8)

    assert await verified(books, witnessed)
    assert capsys.readouterr().out == (
        "the chain is whole: 8 links hold\n"
        "it is the one that was witnessed, by heads that were kept: 2, from link 5 "
        "(2026-02-25T04:00:00+00:00) to link 7 "
        "(2026-02-25T04:10:00+00:00)\n"
    )


async def test_one_event_changed_and_every_link_made_anew(
    books: Books, witnessed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    await written_anew(books, 1, 2, 3, 4, 5, 66, 7, 8)

    assert not await verified(books, witnessed)
    assert capsys.readouterr().err == (
        "error: the chain was written anew: link 7 is not the one that was: the court signed it at "
        "2026-02-25T04:10:00+00:00, and police has kept that\n"
        "  up to link 5 it is as it was (witnessed at 2026-02-25T04:00:00+00:00): look at links 6 to 7\n"
        "  a restored backup does this too: what the court signed after the backup was made is then not in "
        "it\n"
    )


async def test_the_first_head_that_does_not_fit_is_the_one_that_is_named(
    books: Books, witnessed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    await written_anew(books, 1, 22, 3, 4, 5, 6, 7)

    assert not await verified(books, witnessed)
    told = capsys.readouterr().err
    assert "link 5 is not the one that was" in told
    assert "rail has kept that" in told
    assert "up to link 0 it is as it was (no head before it was kept): look at links 1 to 5" in told


async def test_the_newest_events_taken_away(
    books: Books, witnessed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    await tamper(books, "DELETE FROM audit_event WHERE chain_position > 5")

    assert not await verified(books, witnessed)
    assert "the chain was cut off: it ends at link 5, and there was a link 7" in capsys.readouterr().err


async def test_a_link_that_does_not_hold_is_named_before_any_witness(
    books: Books, witnessed: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    await tamper(books, "UPDATE audit_event SET actor = 'person-gu' WHERE chain_position = 3")

    assert not await verified(books, witnessed)
    assert capsys.readouterr().err == "error: the chain is broken at link 3\n"


def altered(raw: bytes) -> bytes:
    message = json.loads(raw)
    message["data"]["audit_head"] = "0" * 64
    return json.dumps(message).encode()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            altered,
            r"line 1 of the witness file is nothing that this court has signed \(bad-signature\)",
        ),
        (
            lambda raw: raw + b"notes of the agency",
            "line 2 of the witness file is nothing that this court has signed",
        ),
        (lambda _raw: b"\n", "the witness file is empty: no adapter wrote it"),
    ],
    ids=["invented by the adapter", "something else", "empty"],
)
async def test_what_the_court_has_not_signed_accuses_nobody(
    books: Books, made: Callable[[bytes], bytes], told: str
) -> None:
    await five_events(books)
    kept = made(await said(books))

    with pytest.raises(CannotRun, match=told):
        await verified(books, kept)
