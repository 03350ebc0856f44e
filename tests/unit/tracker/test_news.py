"""An idle loop looks again when its tables were written, when its time has come, and every few seconds."""

from datetime import UTC, datetime, timedelta

from scripts.clocks import JumpingClock
from tracker.storage.engine.news import News, Watch

BEGINS = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def resting(news: News, clock: JumpingClock, until: datetime | None = None) -> Watch:
    """A watch over notices that has just found nothing to do."""
    watch = Watch(news, clock.now, ["notice"])
    watch.rest(watch.ticket, until)
    return watch


def test_it_rests_while_other_tables_are_written() -> None:
    news = News()
    watch = resting(news, JumpingClock(BEGINS))

    news.heard(frozenset({"outbox", "inbox"}))

    assert watch.is_resting


def test_it_looks_when_its_table_was_written() -> None:
    news = News()
    watch = resting(news, JumpingClock(BEGINS))

    news.heard(frozenset({"notice"}))

    assert not watch.is_resting


def test_it_looks_when_any_table_may_have_been_written() -> None:
    news = News()
    watch = resting(news, JumpingClock(BEGINS))

    news.heard(frozenset())

    assert not watch.is_resting


def test_what_is_committed_while_it_looks_is_not_missed() -> None:
    news = News()
    watch = Watch(news, JumpingClock(BEGINS).now, ["notice"])
    ticket = watch.ticket
    news.heard(frozenset({"notice"}))

    watch.rest(ticket)

    assert not watch.is_resting


def test_it_looks_when_something_is_due() -> None:
    clock = JumpingClock(BEGINS)
    watch = resting(News(), clock, until=BEGINS + timedelta(seconds=2))

    clock.move_to(BEGINS + timedelta(seconds=1))
    before = watch.is_resting
    clock.move_to(BEGINS + timedelta(seconds=2))

    assert (before, watch.is_resting) == (True, False)


def test_it_looks_by_itself_every_few_seconds_since_a_lease_runs_out_without_a_commit() -> None:
    clock = JumpingClock(BEGINS)
    watch = resting(News(), clock)

    clock.move_to(BEGINS + timedelta(seconds=4))

    assert not watch.is_resting


def test_a_clock_that_was_set_back_keeps_nobody_asleep() -> None:
    moments = iter([BEGINS, BEGINS - timedelta(hours=1)])
    watch = Watch(News(), lambda: next(moments), ["notice"])

    watch.rest(watch.ticket)

    assert not watch.is_resting


def test_without_news_it_always_looks() -> None:
    watch = Watch(None, JumpingClock(BEGINS).now, ["notice"])
    watch.rest(watch.ticket)

    assert not watch.is_resting
