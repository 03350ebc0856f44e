"""Test notices: a person tries a channel by the very way of the alerts, and sees what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from notifications.channels.port import ChannelKind
from notifications.delivery import AttemptState, NoticeState
from notifications.texts import Facts, TextId
from tracker.domain.errors import Conflict
from tracker.domain.people import Actor
from tracker.services.notices.plain import PlainNotice, write_notice
from tracker.storage import attempts, notices, people
from tracker.storage.attempts import Attempt
from tracker.storage.notices import Notice
from tracker.storage.transaction import Tx

KEPT_FOR: Final = timedelta(minutes=10)
SHOWN_FOR: Final = timedelta(hours=24)
AGAIN_AFTER: Final = timedelta(minutes=1)
TRIED: Final = (TextId.CHANNEL_TEST, TextId.PHONE_CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrial:
    """The latest test by a channel, or code; `attempt` None: it waits, or was never sent."""

    notice: Notice
    attempt: Attempt | None


class TrialState(StrEnum):
    """What became of a test notice."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


_OF_ATTEMPT: Final[Mapping[AttemptState, TrialState]] = MappingProxyType(
    {
        AttemptState.SUBMITTED: TrialState.QUEUED,
        AttemptState.UNKNOWN: TrialState.SENT,
        AttemptState.SENT: TrialState.SENT,
        AttemptState.DELIVERED: TrialState.DELIVERED,
        AttemptState.UNDELIVERED: TrialState.FAILED,
        AttemptState.FAILED: TrialState.FAILED,
    }
)


def state_of(test: ChannelTrial) -> TrialState:
    """Sent is not delivered; what waited until it was useless has failed."""
    if test.notice.state in (NoticeState.CANCELLED, NoticeState.EXPIRED):
        return TrialState.FAILED
    # A provider may have refused it for now: then it is tried again.
    if test.attempt is None or test.notice.state is NoticeState.DUE:
        return TrialState.QUEUED
    return _OF_ATTEMPT[test.attempt.state]


async def send_test(tx: Tx, actor: Actor, channel: ChannelKind) -> None:
    """To the person's own address. Raises Conflict when the last one was less than a minute ago."""
    await people.lock_person(tx, actor.person_id)
    if await notices.has_text(tx, actor.person_id, TRIED, channel, tx.at - AGAIN_AFTER):
        raise Conflict(
            "刚刚已向该渠道发送测试或验证码，请一分钟后再试",
            "a test or a code went there just now: try again in a minute",
        )
    court = await people.get_court(tx, actor.court_id)
    plain = PlainNotice(
        text_id=TextId.CHANNEL_TEST,
        channel=channel,
        due_at=tx.at,
        kept_for=KEPT_FOR,
        person_id=actor.person_id,
    )
    await write_notice(tx, actor.court_id, plain, Facts(court=court.sms_name, sent_at=tx.at))


async def list_tests(tx: Tx, actor: Actor) -> dict[ChannelKind, ChannelTrial]:
    """The latest of the last day, by channel."""
    sent = await notices.list_of_person(tx, actor.person_id, TRIED, tx.at - SHOWN_FOR)
    found, _ = await attempts.list_kept(tx, [one.notice_id for one in sent])
    tried = {one.notice_id: one for one in found}
    return {one.channel: ChannelTrial(notice=one, attempt=tried.get(one.notice_id)) for one in sent}
