"""What every channel engine keeps, whoever the provider is."""

import asyncio
from datetime import timedelta

from notifications.channels.port import NotFound, Outgoing, Submitted
from tests.contract.channels.conftest import OPENED_AT, Engine

NUMBER = "+12025550101"
OTHER_NUMBER = "+12025550102"
TEXT = "【云河法院】暂停行动：26执1357佟某暂停协查，勿拦截，原地待命。收到请回40718 €^{}[~]\\|𠮷"


def message(attempt: str, *, to: str = NUMBER, text: str = TEXT) -> Outgoing:
    return Outgoing(attempt_id=attempt, to=to, text=text, title="暂停行动 · 26执1357", actions=("收到",))


async def test_a_message_arrives_as_it_was_written(engine: Engine) -> None:
    result = await engine.channel.send(message("attempt-1"))

    assert isinstance(result, Submitted)
    assert engine.arrived(NUMBER) == [TEXT]


async def test_it_says_what_it_is(engine: Engine) -> None:
    assert engine.channel.kind is engine.kind
    assert engine.channel.name in {"recorder", "twilio", "web-push", "app-webhook", "wecom"}


async def test_of_many_sent_at_once_each_gets_its_own(engine: Engine) -> None:
    numbers = [f"+120255501{last:02}" for last in range(100)]

    results = await asyncio.gather(
        *(engine.channel.send(message(f"to {to}", to=to, text=f"text for {to}")) for to in numbers)
    )

    assert [engine.arrived(to) for to in numbers] == [[f"text for {to}"] for to in numbers]
    assert len({result.provider_id for result in results if isinstance(result, Submitted)}) == 100


async def test_messages_to_one_person_keep_their_order(engine: Engine) -> None:
    await engine.channel.send(message("attempt-1", text="first"))
    await engine.channel.send(message("attempt-2", text="second"))

    assert engine.arrived(NUMBER) == ["first", "second"]


async def test_a_second_send_is_a_second_message(engine: Engine) -> None:
    await engine.channel.send(message("attempt-1"))
    await engine.channel.send(message("attempt-1"))

    assert engine.arrived(NUMBER) == [TEXT, TEXT]


async def test_a_sent_message_is_found_again(askable: Engine) -> None:
    sent = await askable.channel.send(message("attempt-1"))
    await askable.channel.send(message("attempt-2", text="another text"))

    found = await askable.channel.find_sent(message("attempt-1"), since=OPENED_AT)

    assert isinstance(sent, Submitted)
    assert isinstance(found, Submitted)
    assert found.provider_id == sent.provider_id


async def test_another_message_of_the_same_words_is_not_taken_for_it(askable: Engine) -> None:
    former = await askable.channel.send(message("attempt-1"))
    assert isinstance(former, Submitted)

    lost = await askable.channel.find_sent(message("attempt-2"), since=OPENED_AT, but={former.provider_id})
    await askable.channel.send(message("attempt-2"))
    found = await askable.channel.find_sent(message("attempt-2"), since=OPENED_AT, but={former.provider_id})

    assert lost == NotFound()
    assert isinstance(found, Submitted)
    assert found.provider_id != former.provider_id


async def test_what_was_never_sent_is_not_found(engine: Engine) -> None:
    await engine.channel.send(message("attempt-1", to=OTHER_NUMBER))
    await engine.channel.send(message("attempt-2", text="another text"))

    assert await engine.channel.find_sent(message("attempt-3"), since=OPENED_AT) == NotFound()


async def test_an_earlier_message_of_the_same_words_is_not_taken_for_it(engine: Engine) -> None:
    await engine.channel.send(message("attempt-1"))
    engine.clock.passes(seconds=300)

    found = await engine.channel.find_sent(message("attempt-2"), since=OPENED_AT + timedelta(seconds=300))

    assert found == NotFound()
