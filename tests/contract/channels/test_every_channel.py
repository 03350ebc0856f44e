"""What every channel engine keeps, whoever the provider is."""

import asyncio
from datetime import timedelta

from notifications.channels.port import NotFound, Outgoing, Submitted
from tests.contract.channels.engine import OPENED_AT, Engine

NUMBER = "+12025550101"
OTHER_NUMBER = "+12025550102"
SIGNED = "【云河法院】"
TEXT = "【云河法院】暂停行动：26执1357佟某暂停协查，勿拦截，原地待命。收到请回40718 €^{}[~]\\|𠮷"


def message(attempt: str, *, to: str = NUMBER, text: str = TEXT) -> Outgoing:
    return Outgoing(attempt_id=attempt, to=to, text=text, title="暂停行动 · 26执1357", actions=("收到",))


async def test_a_message_arrives_as_it_was_written(engine: Engine) -> None:
    result = await engine.channel.send(message("attempt-1"))

    await engine.settles()
    assert isinstance(result, Submitted)
    assert engine.arrived(NUMBER) == [TEXT]


async def test_it_says_what_it_is(engine: Engine) -> None:
    assert engine.channel.kind is engine.kind
    assert engine.channel.name in {
        *("recorder", "twilio", "kannel", "aliyun"),
        *("web-push", "app-webhook", "wecom"),
    }


async def test_of_many_sent_at_once_each_gets_its_own(engine: Engine) -> None:
    numbers = [f"+120255501{last:02}" for last in range(100)]

    results = await asyncio.gather(
        *(engine.channel.send(message(f"to {to}", to=to, text=f"{SIGNED}text for {to}")) for to in numbers)
    )

    await engine.settles()
    assert [engine.arrived(to) for to in numbers] == [[f"{SIGNED}text for {to}"] for to in numbers]
    assert len({result.provider_id for result in results if isinstance(result, Submitted)}) == 100


async def test_messages_to_one_person_keep_their_order(engine: Engine) -> None:
    await engine.channel.send(message("attempt-1", text=f"{SIGNED}first"))
    await engine.channel.send(message("attempt-2", text=f"{SIGNED}second"))

    await engine.settles()
    assert engine.arrived(NUMBER) == [f"{SIGNED}first", f"{SIGNED}second"]


async def test_a_second_send_is_a_second_message(engine: Engine) -> None:
    await engine.channel.send(message("attempt-1"))
    await engine.channel.send(message("attempt-1"))

    await engine.settles()
    assert engine.arrived(NUMBER) == [TEXT, TEXT]


async def test_a_sent_message_is_found_again(wordy_engine: Engine) -> None:
    sent = await wordy_engine.channel.send(message("attempt-1"))
    await wordy_engine.channel.send(message("attempt-2", text="another text"))

    found = await wordy_engine.channel.find_sent(message("attempt-1"), since=OPENED_AT)

    assert isinstance(sent, Submitted)
    assert isinstance(found, Submitted)
    assert found.provider_id == sent.provider_id


async def test_another_message_of_the_same_words_is_not_taken_for_it(listing_engine: Engine) -> None:
    former = await listing_engine.channel.send(message("attempt-1"))
    assert isinstance(former, Submitted)

    lost = await listing_engine.channel.find_sent(
        message("attempt-2"), since=OPENED_AT, but={former.provider_id}
    )
    await listing_engine.channel.send(message("attempt-2"))
    found = await listing_engine.channel.find_sent(
        message("attempt-2"), since=OPENED_AT, but={former.provider_id}
    )

    assert lost == NotFound()
    assert isinstance(found, Submitted)
    assert found.provider_id != former.provider_id


async def test_what_was_never_sent_is_not_found(wordy_engine: Engine) -> None:
    await wordy_engine.channel.send(message("attempt-1", to=OTHER_NUMBER))
    await wordy_engine.channel.send(message("attempt-2", text="another text"))

    assert await wordy_engine.channel.find_sent(message("attempt-3"), since=OPENED_AT) == NotFound()


async def test_an_earlier_message_of_the_same_words_is_not_taken_for_it(listing_engine: Engine) -> None:
    await listing_engine.channel.send(message("attempt-1"))
    listing_engine.clock.passes(seconds=300)

    found = await listing_engine.channel.find_sent(
        message("attempt-2"), since=OPENED_AT + timedelta(seconds=300)
    )

    assert found == NotFound()


async def test_what_nobody_lists_counts_as_lost_on_the_way(silent_engine: Engine) -> None:
    await silent_engine.channel.send(message("attempt-1"))

    assert await silent_engine.channel.find_sent(message("attempt-1"), since=OPENED_AT) == NotFound()
