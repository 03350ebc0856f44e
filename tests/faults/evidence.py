"""What a life leaves behind, as plain values that a test can read after the process is gone."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from notifications.channels.port import ChannelKind
from tests.acceptance.court import CourtStage
from tests.faults.life import AGENCIES, get_entry, list_alerts
from tracker.domain.due import DueKind
from tracker.domain.ids import AgencyId
from tracker.services.audit import ChainWhole, verify
from tracker.storage import feeds
from tracker.storage.tables import alerts as alert_tables
from tracker.storage.tables import feeds as feed_tables
from tracker.storage.tables import notices as notice_tables
from tracker.storage.tables import plumbing

REPEATED = "重发："
UNSETTLED = ("submitted", "unknown")
WAITING = {
    "changes without a number": sa.select(feed_tables.feed_change.c.id),
    "packets not published": sa.select(feed_tables.feed.c.id).where(
        feed_tables.feed.c.published_up_to < feed_tables.feed.c.head_sequence
    ),
    "messages to agencies": sa.select(plumbing.outbox.c.id).where(plumbing.outbox.c.published_at.is_(None)),
    "messages from agencies": sa.select(plumbing.inbox.c.id).where(plumbing.inbox.c.state == "waiting"),
    "notices": sa.select(notice_tables.notice.c.id).where(
        notice_tables.notice.c.state.in_(["due", "leased"])
    ),
    "attempts": sa.select(notice_tables.attempt.c.id).where(notice_tables.attempt.c.state.in_(UNSETTLED)),
}


async def list_in_doubt(stage: CourtStage) -> dict[str, str]:
    """The notices of which a former life died without a result, and which the provider never got; with their
    channel.
    """
    attempt, notice = notice_tables.attempt.c, notice_tables.notice.c
    query = sa.select(attempt.id, notice.id.label("notice_id"), notice.channel).where(
        attempt.notice_id == notice.id, attempt.state.in_(UNSETTLED)
    )
    async with stage.registry.reading() as tx:
        unsettled = await tx.rows(query)
    got = {one.message.attempt_id for one in stage.recorder.messages}
    return {row.notice_id: row.channel for row in unsettled if row.id not in got}


def gather(in_doubt: Mapping[str, str], file: Path) -> dict[str, str]:
    """With what was in doubt when former lives began: the file keeps it for those that follow."""
    former = json.loads(file.read_text()) if file.exists() else {}
    gathered = {**former, **in_doubt}
    file.write_text(json.dumps(gathered))
    return gathered


async def take_evidence(stage: CourtStage) -> dict[str, Any]:
    """Everything the matrix asks of the world once a life has come to its end."""
    async with stage.registry.reading() as tx:
        chain = await verify(tx)
    return {
        "alerts": [
            [alert.state.value, alert.outcome and alert.outcome.value] for alert in await list_alerts(stage)
        ],
        "entry": (await get_entry(stage)).state.value,
        **{kind.value: _list_sent(stage, kind) for kind in ChannelKind},
        "repeated": await _list_repeated(stage),
        "marked": await _list_marked(stage),
        "not sent once": await _list_not_sent_once(stage),
        "waiting": await list_waiting(stage),
        "gone": await _list_gone(stage),
        "due": await _list_due(stage),
        "differing replicas": await _list_differing_replicas(stage),
        "audit chain is whole": isinstance(chain, ChainWhole),
    }


async def list_waiting(stage: CourtStage) -> dict[str, int]:
    """How much of each kind is begun and not finished."""
    async with stage.registry.reading() as tx:
        waiting = {name: len(await tx.rows(query)) for name, query in WAITING.items()}
    reports = [(await edge.state()).waiting_reports for edge in stage.system.edges.values()]
    return {**waiting, "reports of agencies": sum(reports)}


def _list_sent(stage: CourtStage, kind: ChannelKind) -> list[list[str]]:
    """To whom the provider sent what over all lives; without the mark of a repeat."""
    sent = [one.message for one in stage.recorder.messages if one.kind is kind]
    return sorted([message.to, message.text.replace(REPEATED, "")] for message in sent)


async def _list_repeated(stage: CourtStage) -> list[str]:
    """The notices with an attempt that was recorded as a repeat."""
    attempt = notice_tables.attempt.c
    async with stage.registry.reading() as tx:
        rows = await tx.rows(sa.select(attempt.notice_id).where(attempt.is_repeat))
    return sorted({row.notice_id for row in rows})


async def _notice_of(stage: CourtStage) -> dict[str, str]:
    """The notice of each attempt."""
    attempt = notice_tables.attempt.c
    async with stage.registry.reading() as tx:
        rows = await tx.rows(sa.select(attempt.id, attempt.notice_id))
    return {row.id: row.notice_id for row in rows}


async def _list_marked(stage: CourtStage) -> list[str]:
    """The notices whose SMS or call says of itself that it is a repeat; a push has no room for it."""
    notice_of = await _notice_of(stage)
    marked = [one for one in stage.recorder.messages if REPEATED in one.message.text]
    return sorted(notice_of[one.message.attempt_id] for one in marked)


async def _list_not_sent_once(stage: CourtStage) -> list[str]:
    """The notices that the provider got never, or more than once."""
    notice_of = await _notice_of(stage)
    got = Counter(notice_of[one.message.attempt_id] for one in stage.recorder.messages)
    return sorted(notice_id for notice_id in set(notice_of.values()) if got[notice_id] != 1)


async def _list_due(stage: CourtStage) -> list[list[str]]:
    """What time will bring, and when. Lines are judged anew after each start, so that only their number
    counts.
    """
    due = alert_tables.due_work.c
    async with stage.registry.reading() as tx:
        rows = await tx.rows(sa.select(due.kind, due.due_at))
    return sorted(
        [row.kind, "" if row.kind == DueKind.LINE_SILENT else row.due_at.isoformat()] for row in rows
    )


async def _list_gone(stage: CourtStage) -> list[str]:
    """The agencies that have said that their replica holds the entry no more."""
    listed = await stage.instructions((await get_entry(stage)).entry_id)
    return sorted(one.agency_id for one in listed if not one.is_listed and one.gone_since is not None)


async def _list_differing_replicas(stage: CourtStage) -> list[str]:
    """The agencies whose replica is not what the court says it is."""
    async with stage.registry.reading() as tx:
        heads = {kind: (await feeds.get_feed(tx, AgencyId(kind.value))).head for kind in AGENCIES}
    own = {kind: await stage.agency(kind).edge.state() for kind in AGENCIES}
    return [
        kind.value
        for kind, head in heads.items()
        if (head.sequence, head.count, head.digest) != (own[kind].sequence, own[kind].count, own[kind].digest)
    ]
