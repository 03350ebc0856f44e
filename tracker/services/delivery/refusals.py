"""What the refusal of a message teaches: that a number is dead, that its owner wants no more, or that nobody
has looked at a code yet.
"""

from notifications.channels.port import CodeAction
from notifications.channels.unlisted import is_unlisted
from tracker.services.people.dead_numbers import note_number
from tracker.services.people.sms_stops import note_stopped
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx


async def heed_refusal(tx: Tx, notice: Notice, attempt: Attempt) -> None:
    """`attempt` as it stands after the answer or the report; what was not refused teaches nothing."""
    if attempt.action is CodeAction.NUMBER_IS_DEAD:
        await note_number(tx, notice, attempt)
    if attempt.action is CodeAction.OPTED_OUT and notice.person_id is not None:
        await note_stopped(tx, notice.person_id, attempt)
    if attempt.code is not None and is_unlisted(attempt.provider, attempt.code):
        tx.log(
            "unlisted-code",
            correlation=notice.correlation,
            notice=notice.notice_id,
            attempt=attempt.attempt_id,
            provider=attempt.provider,
            code=attempt.code,
        )
