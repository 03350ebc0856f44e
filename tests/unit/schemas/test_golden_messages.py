"""Every message ever released still opens, verifies and means what it meant."""

from pathlib import Path

import pytest

from schemas.envelope import Opened, open_envelope, read_body
from schemas.messages import MESSAGES, Message
from tests.unit.schemas.examples import ADDRESS, AGENCY, COURT, EXAMPLES, POSTING
from tests.unit.schemas.invented import COURT_KEY

GOLDEN = Path(__file__).parent / "golden"


def opened_golden(name: str) -> Opened:
    raw = (GOLDEN / f"{name}.json").read_bytes()
    opened = open_envelope(raw, {COURT_KEY.key_id: COURT_KEY.verifying}, court=COURT, agency=AGENCY)
    assert isinstance(opened, Opened)
    return opened


@pytest.mark.parametrize(("name", "message"), EXAMPLES.items(), ids=EXAMPLES)
def test_a_released_message_is_still_understood(name: str, message: Message) -> None:
    opened = opened_golden(name)

    assert f"{opened.type}.v{opened.schema_version}" == name.partition("+")[0]
    assert (opened.id, opened.sent_at, opened.address, opened.sequence) == (
        POSTING.id,
        POSTING.at,
        ADDRESS,
        POSTING.sequence,
    )
    assert read_body(opened, type(message)) == message


def test_every_golden_file_is_checked() -> None:
    assert sorted(path.stem for path in GOLDEN.iterdir()) == sorted(EXAMPLES)


def test_every_message_has_a_golden_file_of_its_version() -> None:
    versions = {f"{kind}.v{message.SCHEMA_VERSION}" for kind, message in MESSAGES.items()}

    assert versions <= set(EXAMPLES)
