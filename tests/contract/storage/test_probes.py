"""Each provider with a test number is tried now and then by the way of a notice, before an alert needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from adapters.running import Loop
from notifications.channels.port import ChannelKind, CodeAction, Rejected
from notifications.delivery import AttemptState
from notifications.health import Circuit
from notifications.providers import Probes, Providers
from notifications.texts import TextId
from scripts import cast
from scripts.pump import Pump, settle
from tests.contract.storage.books import BEGINS, Books
from tests.scripted_channel import ScriptedChannel
from tracker.loops.due_work import DueWorkLoop
from tracker.loops.notices import NoticeLoop
from tracker.services.delivery.probes import LastProbe, list_last_probes, list_silent, watch_probes
from tracker.services.delivery.reports import Report, receive_report
from tracker.storage import notices

TEST_NUMBER = "+861000000099"
SAID = "【云河法院】通道探测：本条经kannel发送，检验短信通道是否畅通，无需回复"
OUR_ACCOUNT = Rejected(code="http-403", action=CodeAction.ASK_OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A court whose gateway Kannel has a test number; its other provider has none."""

    books: Books
    kannel: ScriptedChannel
    other: ScriptedChannel
    providers: Providers
    loops: Sequence[Loop]

    async def starts(self) -> None:
        async with self.books.registry.transaction() as tx:
            await watch_probes(tx, cast.COURT.court_id, self.providers.probes)
        await settle(self.loops)

    async def waits(self, **for_how_long: float) -> None:
        until = self.books.clock.now() + timedelta(**for_how_long)
        await Pump(self.books.clock, self.loops).reach(until)

    async def reports(self, state: AttemptState) -> None:
        report = Report(attempt_id=self.kannel.arrived[-1].attempt_id, provider_id="", state=state, code=None)
        async with self.books.registry.transaction() as tx:
            await receive_report(tx, report)
        await settle(self.loops)

    async def last(self) -> dict[str, LastProbe]:
        async with self.books.registry.reading() as tx:
            return await list_last_probes(tx, cast.COURT.court_id)

    def score(self) -> float:
        (kannel, _) = self.providers.standings(self.books.clock.now())
        return kannel.score


def line_of(books: Books, kannel: ScriptedChannel) -> Line:
    other = ScriptedChannel("twilio")
    probes = Probes(numbers={"kannel": TEST_NUMBER}, every=timedelta(minutes=30))
    providers = Providers([kannel, other], probes)
    loops = (NoticeLoop(books.registry, providers), DueWorkLoop(books.registry))
    return Line(books=books, kannel=kannel, other=other, providers=providers, loops=loops)


async def test_a_probe_goes_to_the_test_number_by_its_own_provider_every_half_hour(books: Books) -> None:
    line = line_of(books, ScriptedChannel("kannel"))

    await line.starts()
    await line.starts()
    await line.waits(minutes=61)

    assert [(one.to, one.text) for one in line.kannel.arrived] == [(TEST_NUMBER, SAID)] * 3
    assert [one for one in line.other.arrived if one.to == TEST_NUMBER] == []


async def test_rounds_that_were_missed_are_not_made_up(books: Books) -> None:
    line = line_of(books, ScriptedChannel("kannel"))
    await line.starts()
    books.clock.move_to(BEGINS + timedelta(hours=3))

    await line.waits(minutes=10)

    assert len(line.kannel.arrived) == 2


async def test_a_probe_says_how_long_it_took(books: Books) -> None:
    line = line_of(books, ScriptedChannel("kannel"))
    await line.starts()
    began_at = books.clock.now()
    await line.waits(seconds=4)

    await line.reports(AttemptState.DELIVERED)
    await line.waits(minutes=2)

    assert await line.last() == {"kannel": LastProbe(provider="kannel", sent_at=began_at, delay_s=4.0)}
    assert line.score() == 1.0


async def test_a_probe_that_nobody_reports_tells_against_its_provider(books: Books) -> None:
    line = line_of(books, ScriptedChannel("kannel"))
    await line.starts()
    assert (await line.last(), line.score()) == ({}, 1.0)

    await line.waits(seconds=60)

    (last,) = (await line.last()).values()
    assert (last.delay_s, line.score()) == (None, 0.5)
    assert line.other.arrived == []


async def _told(books: Books, text_id: TextId) -> int:
    async with books.registry.reading() as tx:
        told = await notices.list_with_text(tx, cast.COURT.court_id, text_id, BEGINS)
    return len({one.person_id for one in told})


async def test_the_desk_is_told_once_of_a_provider_that_delivers_nothing_and_it_sends_last(
    books: Books,
) -> None:
    """The harm: a provider takes every alert and delivers none, and nobody looks."""
    line = line_of(books, ScriptedChannel("kannel"))
    await line.starts()
    await line.waits(minutes=2)
    assert await _told(books, TextId.PROVIDER_SILENT) == 0

    await line.waits(minutes=90)

    assert await _told(books, TextId.PROVIDER_SILENT) == 1
    assert {one.text for one in line.kannel.arrived} == {SAID}
    assert "通道告警：kannel连续两次探测未送达" in line.other.arrived[0].text

    await line.waits(minutes=28, seconds=10)
    await line.reports(AttemptState.DELIVERED)
    await line.waits(minutes=2)

    assert await _told(books, TextId.PROVIDER_HEARD) == 1
    assert await _told(books, TextId.PROVIDER_SILENT) == 1
    async with books.registry.reading() as tx:
        assert await list_silent(tx, cast.COURT.court_id) == frozenset()


async def test_probes_that_fail_open_the_circuit_as_notices_do(books: Books) -> None:
    line = line_of(books, ScriptedChannel("kannel", OUR_ACCOUNT, OUR_ACCOUNT, OUR_ACCOUNT))
    line.providers.probes = Probes(numbers={"kannel": TEST_NUMBER}, every=timedelta(minutes=1))
    await line.starts()

    await line.waits(minutes=2)

    assert line.providers.circuit(ChannelKind.SMS, "kannel", books.clock.now()) is Circuit.OPEN


async def test_without_a_test_number_nothing_is_sent(books: Books) -> None:
    line = line_of(books, ScriptedChannel("kannel"))
    await line.starts()
    line.providers.probes = Probes()

    await line.starts()
    await line.waits(hours=2)

    assert len(line.kannel.arrived) == 1
