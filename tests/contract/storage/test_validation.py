"""Validation and reminders when workers are late, at odds, or new."""

from dataclasses import replace
from datetime import UTC, date

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from notifications.channels.port import ChannelKind
from notifications.texts import TextId
from schemas.measures import Measure
from scripts import cast
from scripts.desk import court_time
from tests.contract.storage.books import Books, approves, lists_tong, submits_tong
from tracker.domain.due import DueKind, DueWork
from tracker.domain.entries import Entry, EntryState
from tracker.domain.errors import Conflict
from tracker.domain.ids import EntryId, LeaseToken
from tracker.domain.measures import Validation
from tracker.migrations.upgrade import migration_config
from tracker.services.due_work import do_due_work
from tracker.services.entries.validation import begin_periods, validate_entry
from tracker.storage import due_work, entries, people, rules
from tracker.storage.tables import alerts, cases, notices

TOKEN = LeaseToken("one:1")
DUE = court_time(4, 26, 12, 0)
"""Sixty days after A's entry came into force."""


async def claims(books: Books) -> DueWork:
    async with books.registry.transaction() as tx:
        claimed = await due_work.claim_due(tx, TOKEN, is_patient=True)
    assert claimed is not None
    return claimed


async def works(books: Books, due: DueWork) -> None:
    async with books.registry.transaction() as tx:
        await do_due_work(tx, due, TOKEN)


async def entry_of(books: Books, entry_id: EntryId) -> Entry:
    async with books.registry.reading() as tx:
        return await entries.get_entry(tx, entry_id)


async def due_of(books: Books, entry_id: EntryId) -> list[tuple[str, object]]:
    column = alerts.due_work.c
    rows = sa.select(column.kind, column.due_at).where(column.about == entry_id).order_by(column.due_at)
    async with books.registry.reading() as tx:
        return [(row.kind, row.due_at) for row in await tx.rows(rows)]


async def test_who_validates_while_a_worker_is_about_to_suspend_keeps_the_entry(books: Books) -> None:
    entry_id = await lists_tong(books)
    books.clock.move_to(DUE)
    async with books.registry.transaction() as tx:
        await due_work.cancel_due(tx, entry_id, [DueKind.ENTRY_REMINDER])
    claimed = await claims(books)
    assert claimed.kind is DueKind.ENTRY_VALIDATION

    async with books.registry.transaction() as tx:
        await validate_entry(tx, await people.get_actor(tx, cast.JUDGE.person_id), entry_id)
    await works(books, claimed)

    entry = await entry_of(books, entry_id)
    assert (entry.state, entry.validate_by) == (EntryState.ACTIVE, court_time(7, 25, 12, 0))


async def test_a_late_worker_reminds_once_and_wakes_nobody(books: Books) -> None:
    entry_id = await lists_tong(books)
    assert (DueKind.ENTRY_REMINDER, court_time(3, 27, 9, 0)) in await due_of(books, entry_id)
    books.clock.move_to(court_time(4, 13, 23, 0))

    await works(books, await claims(books))

    assert (DueKind.ENTRY_REMINDER, court_time(4, 19, 9, 0)) in await due_of(books, entry_id)
    async with books.registry.reading() as tx:
        said = await tx.rows(sa.select(notices.notice).order_by(notices.notice.c.id))
    morning = court_time(4, 14, 7, 0)
    assert [(one.text_id, one.channel, one.silent, one.due_at) for one in said] == [
        (TextId.VALIDATION_DUE, channel, True, morning)
        for _ in (cast.JUDGE, cast.CLERK)
        for channel in (ChannelKind.SMS, ChannelKind.PUSH)
    ]


async def test_what_was_in_force_before_validation_was_asked_for_begins_its_first_period(
    books: Books,
) -> None:
    entry_id = await lists_tong(books)
    scripts = ScriptDirectory.from_config(migration_config())
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(cases.watch_entry).values(validate_by=None))
        await tx.run(sa.delete(alerts.due_work))
        first_periods = scripts.get_revision("0007").module.begin_first_periods
        await tx.run(first_periods(court_time(5, 10, 12, 0).astimezone(UTC)))
        await tx.run(scripts.get_revision("0010").module.mark_patient())
    books.clock.move_to(court_time(5, 10, 12, 0))

    await works(books, await claims(books))

    entry = await entry_of(books, entry_id)
    assert (entry.state, entry.validate_by) == (EntryState.ACTIVE, court_time(7, 9, 12, 0))
    assert await due_of(books, entry_id) == [
        (DueKind.ENTRY_REMINDER, court_time(5, 13, 9, 0)),
        (DueKind.ENTRY_EXPIRES, court_time(5, 21, 0, 0)),
    ]


async def test_an_entry_comes_into_force_by_the_rule_of_that_day(books: Books) -> None:
    entry_id = await submits_tong(books)
    async with books.registry.transaction() as tx:
        rule = await rules.find_rule(tx, cast.COURT.court_id, Measure.HOLD_FOR_SUMMONS)
        assert rule is not None
        await tx.run(sa.update(cases.measure_rule).values(valid_to=date(2026, 2, 25)))
        shorter = Validation(first_days=30, then_days=30)
        today = replace(rule, limit_days=83, validation=shorter, valid_from=date(2026, 2, 25))
        await rules.add_rule(tx, cast.COURT.court_id, today)

    with pytest.raises(Conflict, match="the rule of its measure has changed"):
        await approves(books, entry_id)
    books.clock.move_to(court_time(2, 26, 12, 0))
    await approves(books, entry_id)

    assert (await entry_of(books, entry_id)).validate_by == court_time(3, 28, 12, 0)


async def test_what_a_process_of_before_has_put_in_force_begins_its_first_period_at_the_next_start(
    books: Books,
) -> None:
    entry_id = await lists_tong(books)
    async with books.registry.transaction() as tx:
        await tx.run(sa.update(cases.watch_entry).values(validate_by=None))
        await due_work.cancel_due(tx, entry_id, [DueKind.ENTRY_VALIDATION])

    for _ in range(2):
        async with books.registry.transaction() as tx:
            await begin_periods(tx, cast.COURT.court_id)
    due = await claims(books)
    await works(books, due)

    assert due.kind is DueKind.ENTRY_VALIDATION
    async with books.registry.reading() as tx:
        begun = await entries.get_entry(tx, entry_id)
    assert (begun.state, begun.validate_by) == (EntryState.ACTIVE, DUE)
