"""What an old epoch is still kept for, and when it ends."""

from dataclasses import replace

import pytest

from schemas.messages import Answer
from scripts import cast
from scripts.partners import INSTANCE
from tests.contract.storage.books import TONGS_CARD
from tests.contract.storage.test_epoch_rolls import MINUTE, NEW, OLD, Court, court, rolling
from tests.contract.storage.test_feed_writer import RAIL, line
from tests.contract.storage.test_receipts import adapter
from tests.contract.storage.test_sightings_together import use
from tracker.domain.alerts import Outcome
from tracker.domain.errors import NotFound
from tracker.services.alerts.confirmations import AnswerForm, confirm
from tracker.services.alerts.sightings import take_sighting
from tracker.services.answers.outcomes import set_outcome
from tracker.services.lines.epoch_rolls import end_old_epoch
from tracker.storage import (
    agencies,
    alerts,
    feed_generations,
    people,
)

__all__ = ["court", "line", "rolling"]


async def test_the_old_epoch_ends_once_the_last_adapter_holds_the_new_list(court: Court) -> None:
    async with court.books.registry.transaction() as tx:
        await agencies.add_instance(tx, adapter("two"))
    await court.tells(OLD, instance="two")
    await court.rolls()
    await court.fills()
    await court.tells(NEW)
    await court.passes(MINUTE)
    waiting = await court.status()

    await court.tells(NEW, instance="two")
    await court.passes(MINUTE)

    assert waiting is not None
    assert (waiting.behind, waiting.is_filled, waiting.roll.to_epoch) == (("two",), True, NEW)
    assert await court.status() is None
    with pytest.raises(NotFound):
        await court.feed(OLD)
    async with court.books.registry.reading() as tx:
        assert [keys.epoch for keys in await feed_generations.list_epochs(tx, RAIL)] == [NEW]


async def test_the_old_epoch_stays_while_an_adapter_holds_another_list_than_the_new_one(court: Court) -> None:
    """The harm: the list in doubt is screened by nobody, and there is no other."""
    await court.rolls()
    await court.fills()
    await court.tells_of_another(NEW)
    await court.passes(MINUTE)
    in_doubt = await court.status()
    await court.tells(NEW)
    await court.passes(MINUTE)

    assert in_doubt is not None
    assert in_doubt.behind == (INSTANCE,)
    assert await court.status() is None


async def test_the_old_epoch_stays_while_the_new_list_fills(court: Court) -> None:
    """The harm: whoever is not copied yet is on no list."""
    await court.rolls()
    await court.tells(NEW)
    async with court.books.registry.transaction() as tx:
        await end_old_epoch(tx, RAIL)

    assert (await court.feed(OLD)).has_ended is False


async def test_an_adapter_that_was_never_heard_keeps_no_old_epoch(court: Court) -> None:
    async with court.books.registry.transaction() as tx:
        await agencies.add_instance(tx, adapter("two"))
    await court.rolls()
    await court.fills()
    await court.tells(NEW)
    await court.passes(MINUTE)

    assert await court.status() is None


async def test_nobody_withdrawn_is_left_on_the_old_list_when_it_ends(rolling: Court) -> None:
    gone = await rolling.withdraws()
    await rolling.works()
    await rolling.tells(NEW)
    await rolling.passes(MINUTE)
    waiting = await rolling.status()

    await rolling.is_told_of(gone)
    await rolling.passes(MINUTE)

    assert waiting is not None
    assert (waiting.behind, waiting.withdrawn) == ((), 1)
    assert await rolling.status() is None


async def test_an_answer_by_the_old_name_keeps_the_old_list_until_its_alert_is_over(court: Court) -> None:
    async with court.books.registry.transaction() as tx:
        await take_sighting(tx, replace(use(court.books, 0, "rail-1"), document=TONGS_CARD))
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        alert = await alerts.lock_open_alert(tx, court.subject_id)
        assert alert is not None
        await confirm(tx, judge, alert, AnswerForm(agency_id=RAIL, answer=Answer.STILL_WANTED))
    await court.rolls()
    await court.fills()
    await court.tells(NEW)
    await court.passes(MINUTE)
    waiting = await court.status()

    async with court.books.registry.transaction() as tx:
        judge = await people.get_actor(tx, cast.JUDGE.person_id)
        await set_outcome(tx, judge, await alerts.lock_alert(tx, alert.alert_id), Outcome.LOCATED)
    await court.passes(MINUTE)

    assert waiting is not None
    assert (waiting.behind, waiting.answered) == ((), 1)
    assert await court.status() is None
