"""What nobody acted on in time stands on a list until somebody says how it ended, and why nobody acted."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from notifications.texts import TextId
from schemas.messages import SightingKind
from scripts import cast
from scripts.desk import court_time
from tests.contract.storage.books import BEGINS, Books
from tests.contract.storage.paging import is_seen, reaches, sends
from tracker.domain.alerts import Alert, Hold, Outcome
from tracker.domain.errors import Invalid
from tracker.domain.ids import AlertId
from tracker.domain.plans import Urgency
from tracker.services.alerts.missed import next_reminder_at
from tracker.services.answers.outcomes import set_outcome
from tracker.services.answers.takings import Way, take_alert
from tracker.services.notices.telling import Telling, tell
from tracker.storage import alert_acts, alerts, missed, notices, people
from tracker.storage.tables import notices as t

NEXT_MORNING = court_time(2, 26, 9, 0)


async def passes_a_checkpoint(books: Books) -> Alert:
    """Of use for half an hour."""
    return await is_seen(books, SightingKind.CHECKPOINT)


async def on_the_list(books: Books) -> list[AlertId]:
    async with books.registry.reading() as tx:
        return [one.alert_id for one in await missed.list_missed(tx, cast.COURT.court_id)]


async def reminded(books: Books) -> list[tuple[str, datetime]]:
    column = t.notice.c
    query = sa.select(column.person_id, column.due_at).where(column.text_id == TextId.MISSED)
    async with books.registry.reading() as tx:
        rows = await tx.rows(query.where(column.channel == "sms").order_by(column.due_at, column.person_id))
    return [(row.person_id, row.due_at) for row in rows]


async def test_what_nobody_acted_on_stands_there_until_it_has_an_outcome_and_a_reason(books: Books) -> None:
    alert = await passes_a_checkpoint(books)
    await reaches(books, BEGINS + timedelta(minutes=29))
    assert await on_the_list(books) == []

    await reaches(books, NEXT_MORNING)

    assert await on_the_list(books) == [alert.alert_id]
    assert await reminded(books) == [
        (cast.DESK.person_id, NEXT_MORNING),
        (cast.LEADER.person_id, NEXT_MORNING),
    ]
    async with books.registry.transaction() as tx:
        desk = await people.get_actor(tx, cast.DESK.person_id)
        over = await alerts.lock_alert(tx, alert.alert_id)
        assert over.urgency is Urgency.TRACE
        with pytest.raises(Invalid, match="nobody acted on this alert in time: say why"):
            await set_outcome(tx, desk, over, Outcome.NOT_FOUND)
        await set_outcome(tx, desk, over, Outcome.NOT_FOUND, "值班车辆故障")
    assert await on_the_list(books) == []
    async with books.registry.reading() as tx:
        settled = await missed.find_missed(tx, alert.alert_id)
    assert settled is not None
    assert (settled.reason, settled.settled_by) == ("值班车辆故障", cast.DESK.person_id)

    await reaches(books, NEXT_MORNING + timedelta(days=2))
    assert len(await reminded(books)) == 2


async def test_what_somebody_took_is_not_missed(books: Books) -> None:
    alert = await passes_a_checkpoint(books)
    await reaches(books, BEGINS + timedelta(minutes=25))
    await sends(books)
    async with books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        await take_alert(tx, judge, await alerts.lock_alert(tx, alert.alert_id), Way.CONSOLE)

    await reaches(books, BEGINS + timedelta(minutes=31))

    assert await on_the_list(books) == []


async def test_whom_an_agency_held_was_not_missed(books: Books) -> None:
    alert = await passes_a_checkpoint(books)
    async with books.registry.transaction() as tx:
        hold = Hold(
            hold_id="hold-1",
            agency_id="rail",
            held_at=tx.at,
            release_at=tx.at + timedelta(hours=2),
            place="北京西站派出所",
            unit="北京西站派出所",
            ended_at=None,
            ended_by=None,
        )
        await alert_acts.add_hold(tx, alert.alert_id, hold)

    await reaches(books, BEGINS + timedelta(minutes=31))

    assert await on_the_list(books) == []


async def test_no_page_goes_out_once_it_is_of_no_use(books: Books) -> None:
    """The harm: after a standstill everybody is sent to where nobody can be met any more."""
    alert = await passes_a_checkpoint(books)

    async with books.registry.reading() as tx:
        pages = await notices.list_notices(tx, alert.alert_id)
    assert {one.expires_at for one in pages} == {alert.plan.useful_until}


async def test_once_it_is_of_no_use_what_waits_is_told_to_nobody(books: Books) -> None:
    alert = await passes_a_checkpoint(books)
    await reaches(books, BEGINS + timedelta(minutes=20))
    async with books.registry.transaction() as tx:
        nobody_goes = Telling(
            text_id=TextId.NOBODY_DISPATCHED, to=(cast.JUDGE.person_id,), extra={"act_from": tx.at}
        )
        await tell(tx, alert, nobody_goes)

    await reaches(books, BEGINS + timedelta(minutes=31))

    async with books.registry.reading() as tx:
        assert await notices.list_waiting(tx, alert.alert_id, TextId.NOBODY_DISPATCHED) == ()


@pytest.mark.parametrize(
    ("after", "reminded_at"),
    [
        (court_time(2, 26, 3, 0), court_time(2, 26, 9, 0)),
        (court_time(2, 26, 9, 0), court_time(2, 27, 9, 0)),
        (court_time(2, 26, 23, 59), court_time(2, 27, 9, 0)),
    ],
)
def test_a_reminder_comes_with_the_next_morning(after: datetime, reminded_at: datetime) -> None:
    assert next_reminder_at(after) == reminded_at
