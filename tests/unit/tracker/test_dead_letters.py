"""The list of dead letters as an operator reads it."""

from datetime import UTC, datetime

from adapters.bus.port import DeadLetter
from tracker.commands.dead_letters import line_of

FORGED = DeadLetter(
    queue="",
    message_id="m-1",
    sender="agency.rail",
    reason="forged by agency.rail: \x1b[2J签名\n\u202e",
    died_at=datetime(2026, 2, 25, 4, 0, tzinfo=UTC),
)


def test_a_reason_moves_nothing_on_the_operators_terminal() -> None:
    assert line_of(FORGED) == (
        "b894075a3a12e67a  m-1  2026-02-25T04:00:00+00:00  in no queue  from agency.rail: "
        r"forged by agency.rail: \x1b[2J签名\n\u202e"
    )
