"""A notice that cannot be read any more is shown as such, and the pages on which it stands are there."""

import pytest
import sqlalchemy as sa

from scripts import cast
from tests.contract.web.site import Site
from tests.contract.web.test_proof import exported
from tracker.domain.alerts import Outcome
from tracker.storage import attempts, notices
from tracker.storage.tables import notices as t


async def is_torn(site: Site, column: sa.Column[bytes], key: str) -> None:
    """What was kept there was sealed by a key that nobody has."""
    async with site.stage.registry.transaction() as tx:
        await tx.run(sa.update(column.table).where(column.table.c.id == key).values({column: b"\x01torn"}))


@pytest.mark.parametrize("path", ["/alerts/{}", "/alerts/{}/proof"])
async def test_an_alert_is_shown_with_a_notice_and_a_try_that_cannot_be_read(site: Site, path: str) -> None:
    alert = await site.sees_a()
    async with site.stage.registry.reading() as tx:
        first, second = (await notices.list_notices(tx, alert.alert_id))[:2]
        [tried] = await attempts.list_attempts(tx, [second.notice_id])
    await is_torn(site, t.notice.c.facts, first.notice_id)
    await is_torn(site, t.attempt.c.text, tried.attempt_id)
    judge = await site.signed_in(cast.JUDGE)

    shown = await judge.opens(path.format(alert.alert_id))

    assert shown.status == 200
    assert shown.text.count("无法读取（") == 2


async def test_a_proof_names_what_cannot_be_read(site: Site) -> None:
    alert = await site.sees_a()
    async with site.stage.registry.reading() as tx:
        first = (await notices.list_notices(tx, alert.alert_id))[0]
    await is_torn(site, t.notice.c.facts, first.notice_id)

    proof, _ = await exported(await site.signed_in(cast.JUDGE), alert.alert_id)

    [torn] = [one for one in proof["steps"] if one["what"] == "unreadable"]
    assert torn["notice"] == first.notice_id


async def test_the_desk_still_sees_whom_to_call_when_an_order_cannot_be_read(site: Site) -> None:
    """The harm: somebody goes on, because the page says that nobody was ordered to stop."""
    alert = await site.sees_a()
    await site.stage.closes(cast.JUDGE, alert, Outcome.WRONG_PERSON)
    async with site.stage.registry.transaction() as tx:
        of_alert = t.notice.c.alert_id == alert.alert_id
        await tx.run(sa.update(t.notice).where(of_alert).values(facts=b"\x01torn"))
    desk = await site.signed_in(cast.DESK)

    board = await desk.opens("/stand-downs")

    assert board.status == 200
    assert ("沈法官" in board.text, "高干警" in board.text) == (True, True)
