"""Whatever an agency's message may be refused for is told in words, in both languages."""

from schemas.envelope import EnvelopeFault
from schemas.refused import RefusedKind
from tracker.web.words.refusals import REFUSALS, REFUSED_THERE, refusal_label, refused_there_label


def test_every_fault_of_an_envelope_has_its_words() -> None:
    assert set(EnvelopeFault) - set(REFUSALS) == set()


def test_so_has_all_that_an_adapter_refuses_of_the_court() -> None:
    assert set(REFUSED_THERE) == set(RefusedKind)


def test_what_a_newer_adapter_refuses_is_shown_as_it_is() -> None:
    assert refused_there_label("of-tomorrow", "zh") == "of-tomorrow"


def test_what_has_none_is_shown_as_it_is() -> None:
    assert (refusal_label("bad-signature", "zh"), refusal_label("other", "en")) == (
        "签名不符，消息可能被改动或冒充",
        "other",
    )
