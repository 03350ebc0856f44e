"""The watcher outside hears of a whole court every minute, and of no other; without it all goes on."""

import asyncio
from collections.abc import Sequence

import pytest
from aiohttp import web

from scripts.clocks import JumpingClock
from tests.contract.storage.books import BEGINS
from tracker.web.observability.health import Judgement
from tracker.web.observability.outside_watch import OutsideWatch, calling

NOT_READY = Judgement(hindrances=("due work: late by 47 s",))
ONE_AGENCY_IS_SILENT = Judgement(troubles=("the line to rail.one is silent",))
AWAY = "the watcher at TRACKER_HEARTBEAT_URL does not answer"


class Watcher:
    """Somebody outside; `answers` are statuses, or what goes wrong on the way."""

    def __init__(self, *answers: int | Exception) -> None:
        self._answers = list(answers)
        self.calls = 0

    async def call(self) -> int:
        self.calls += 1
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def watch(watcher: Watcher, clock: JumpingClock, judgements: Sequence[Judgement] = ()) -> OutsideWatch:
    left = list(judgements)

    async def judge() -> Judgement:
        return left.pop(0) if left else Judgement()

    return OutsideWatch(watcher.call, judge, clock.now, clock.elapsed)


async def passes(outside: OutsideWatch, clock: JumpingClock) -> None:
    """The time until the loop wants to be asked again."""
    due = await outside.next_due()
    assert due is not None
    clock.move_to(due)
    await outside.step()


async def test_a_whole_court_calls_every_minute() -> None:
    clock, watcher = JumpingClock(BEGINS), Watcher(200, 204)
    outside = watch(watcher, clock, [ONE_AGENCY_IS_SILENT])

    await outside.step()
    await outside.step()
    assert watcher.calls == 1
    await passes(outside, clock)

    assert (clock.elapsed(), watcher.calls, outside.trouble) == (60.0, 2, None)


async def test_a_court_that_cannot_work_keeps_silent() -> None:
    """The harm: the watcher sleeps soundly while nobody is told of anything."""
    clock, watcher = JumpingClock(BEGINS), Watcher(200)
    outside = watch(watcher, clock, [NOT_READY])

    await outside.step()
    assert watcher.calls == 0
    await passes(outside, clock)

    assert watcher.calls == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (302, "status 302"),
        (500, "status 500"),
        (ConnectionRefusedError("10.0.0.1/secret"), "ConnectionRefusedError"),
    ],
)
async def test_a_watcher_that_is_away_is_a_reason_and_no_more(answer: int | Exception, why: str) -> None:
    clock, watcher = JumpingClock(BEGINS), Watcher(answer, 200)
    outside = watch(watcher, clock)

    await outside.step()
    assert outside.trouble == f"{AWAY} ({why})"
    await passes(outside, clock)

    assert outside.trouble is None


async def test_a_watcher_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.web.observability.outside_watch.ANSWER_WITHIN_S", 0.0)
    clock = JumpingClock(BEGINS)

    async def hang() -> int:
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def judge() -> Judgement:
        return Judgement()

    outside = OutsideWatch(hang, judge, clock.now, clock.elapsed)
    await outside.step()

    assert outside.trouble == f"{AWAY} (TimeoutError)"


async def test_the_address_is_called_as_it_stands_and_no_other() -> None:
    """The harm: something on the way sends the call elsewhere, for a watcher that then hears nothing."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path_qs)
        raise web.HTTPFound("/elsewhere")

    app = web.Application()
    app.router.add_get("/{anything:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with calling(f"http://127.0.0.1:{runner.addresses[0][1]}/ping/secret?of=one") as call:
        answered = await call()
    await runner.cleanup()

    assert (answered, asked) == (302, ["/ping/secret?of=one"])
