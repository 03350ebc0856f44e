"""A court that is not heard: what counts as its word, and from when on its silence is counted."""

from datetime import timedelta

from adapters.edge.card_use import NotScreened, Silence
from adapters.screening import Trust
from tests.unit.adapters.world import PHONE, TONG, World, card_use


async def test_a_start_is_no_word_from_the_court(listed: World) -> None:
    """The harm: yesterday's list, restarted each day on a cut line, would be screened by for ever."""
    await listed.restart()
    listed.clock.jump(minutes=5)
    after_minutes = (await listed.edge.state()).trust
    listed.clock.jump(hours=24)

    assert after_minutes is Trust.NO_STOPS
    assert await listed.edge.screen(card_use(TONG)) == NotScreened(
        reason=Silence.COURT_SILENT, phone_24h=PHONE
    )


async def test_a_word_from_the_future_does_not_make_the_court_heard_for_longer(listed: World) -> None:
    listed.clock.at += timedelta(seconds=50)
    ahead = listed.court.sign_heartbeat()
    listed.clock.at -= timedelta(seconds=50)
    await listed.court.send_raw("feed", ahead)
    await listed.settle()
    just_heard = (await listed.edge.state()).trust
    listed.clock.jump(minutes=5)

    assert just_heard is Trust.FULL
    assert (await listed.edge.state()).trust is Trust.NO_STOPS


async def test_what_a_former_life_of_the_court_says_is_no_word_from_it(listed: World) -> None:
    """The harm: a restored court has gone silent, and the former one, left running, is taken for it."""
    former = listed.court.incarnation
    listed.court.incarnation, listed.court.sequence = former + 1, 0
    listed.court.listed.clear()
    await listed.beat()
    listed.clock.jump(minutes=5)
    listed.court.incarnation = former
    await listed.beat()

    assert (await listed.edge.state()).trust is Trust.NO_STOPS
