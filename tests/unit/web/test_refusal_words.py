"""Whatever an agency's message may be refused for is told in words, in both languages."""

from schemas.envelope import EnvelopeFault
from tracker.web.words.refusals import REFUSALS, refusal_label


def test_every_fault_of_an_envelope_has_its_words() -> None:
    assert set(EnvelopeFault) - set(REFUSALS) == set()


def test_what_has_none_is_shown_as_it_is() -> None:
    assert (refusal_label("bad-signature", "zh"), refusal_label("other", "en")) == (
        "签名不符，消息可能被改动或冒充",
        "other",
    )
