"""Whether the line to each adapter is alive: a canary goes out with the list, and comes back as a hit.

What must not break: the canary is nobody. It is a record of every feed and no entry, and of what comes back
only the moment is kept. A silence is told once, and once more when it ends; a line that stays silent rings
nobody again.
"""

from datetime import date, datetime, timedelta
from typing import Final

from notifications.texts import TextId
from schemas.canary import CANARY
from schemas.measures import Measure
from schemas.tokens import token_of
from tracker.domain.due import DueKind, DueWork
from tracker.domain.ids import AgencyId, CourtId, LeaseToken
from tracker.domain.lines import silent_at
from tracker.domain.people import system_actor
from tracker.services import audit
from tracker.services.audit import About
from tracker.services.lines.notices import Silence, tell_desk
from tracker.services.proof.drills import begin_by_line
from tracker.storage import agencies, due_work, feed_changes, feed_generations, feeds, inbox, lines
from tracker.storage.agencies import Agency
from tracker.storage.feed_changes import Change
from tracker.storage.feeds import Feed, Lane
from tracker.storage.lines import Line
from tracker.storage.transaction import Tx

FOR_EVER: Final = date.max
"""Nobody is sought by it, so nobody is sought too long."""
CANARIES_KEPT: Final = timedelta(days=1)
"""So long it is remembered which canaries came: one that is older proves nothing."""
TRIED_AGAIN_AFTER: Final = timedelta(hours=1)
"""While nobody is on shift whom a silence could be told."""


async def is_tended(tx: Tx, court_id: CourtId) -> bool:
    """Whether every feed in force has its canary, and every line is watched."""
    without = await feed_generations.list_without_canary(tx, court_id)
    return not (without or await lines.list_unwatched(tx, court_id))


async def tend_lines(tx: Tx, court_id: CourtId) -> None:
    """Put the canary on every feed that is new, or made anew, and watch every line. Doing it again changes
    nothing.
    """
    for agency_id in await feed_generations.list_without_canary(tx, court_id):
        await _list_canaries(tx, agency_id)
    # Another worker that tends them as well waits here, and then finds them watched.
    await lines.lock_all_lines(tx, court_id)
    for line in await lines.list_unwatched(tx, court_id):
        await _watch(tx, await agencies.get_agency(tx, line.agency_id), line, heard_at=tx.at)


async def put_off_judgement(tx: Tx, court_id: CourtId) -> None:
    """A court starts. While it did not listen no line was silent: each has its whole time once more."""
    for agency in await agencies.list_agencies(tx, court_id):
        await lines.put_off_judgement(tx, agency.agency_id, silent_at(tx.at, agency.canary_every_s))


async def hear_canaries(tx: Tx, agency_id: AgencyId, instances: frozenset[str]) -> None:
    """The canary came back by these adapters. What came of canaries long ago is forgotten."""
    await inbox.forget_canaries(tx, agency_id, tx.at - CANARIES_KEPT)
    heard = await lines.lock_lines(tx, agency_id, instances)
    await lines.record_heard(tx, heard)
    for line in heard:
        tx.log("canary-heard", agency=agency_id, instance=line.instance)
        if line.silent_since is not None:
            await _end_silence(tx, line, line.silent_since)
    if heard:
        await begin_by_line(tx, agency_id)


async def judge_line(tx: Tx, due: DueWork, token: LeaseToken) -> None:
    """A line was to be heard by now. If it was, it is judged again when it is due next."""
    # The line before its row, as who hears a canary has it.
    line = await lines.lock_line(tx, due.about)
    if not await due_work.record_done(tx, due.due_id, token) or line is None:
        return
    agency = await agencies.get_agency(tx, line.agency_id)
    heard_at = line.canary_at or datetime.fromisoformat(due.detail["watched_since"])
    if tx.at < silent_at(heard_at, agency.canary_every_s):
        await _watch(tx, agency, line, heard_at=heard_at)
        return
    await lines.record_silent(tx, line.line_id, heard_at)
    if not await _tell(tx, agency, line, Silence(text_id=TextId.LINE_SILENT, since=heard_at)):
        await _judge_at(tx, line, tx.at + TRIED_AGAIN_AFTER, heard_at=heard_at)


async def _end_silence(tx: Tx, line: Line, since: datetime) -> None:
    agency = await agencies.get_agency(tx, line.agency_id)
    await _watch(tx, agency, line, heard_at=tx.at)
    silence = Silence(text_id=TextId.LINE_HEARD, since=since, ended_at=tx.at)
    await _tell(tx, agency, line, silence)


async def _list_canaries(tx: Tx, agency_id: AgencyId) -> None:
    for feed in await feeds.lock_feeds(tx, agency_id):
        # Of two workers one was first.
        if feed.canary_reference is None:
            await _list_canary(tx, feed)


async def _list_canary(tx: Tx, feed: Feed) -> None:
    reference = tx.entropy.reference()
    await feed_generations.record_canary(tx, feed.feed_id, reference)
    change = Change(
        change_id=tx.entropy.new_id(),
        agency_id=feed.agency_id,
        epoch=feed.keys.epoch,
        reference=reference,
        version=1,
        lane=Lane.NORMAL,
        body={
            "measure": Measure.REPORT_WHEREABOUTS.value,
            "valid_until": FOR_EVER.isoformat(),
            "tokens": [token_of(CANARY, feed.keys.token_key).hex()],
            "named": None,
        },
    )
    await feed_changes.add_change(tx, change)


async def _watch(tx: Tx, agency: Agency, line: Line, *, heard_at: datetime) -> None:
    await _judge_at(tx, line, silent_at(heard_at, agency.canary_every_s), heard_at=heard_at)


async def _judge_at(tx: Tx, line: Line, due_at: datetime, *, heard_at: datetime) -> None:
    await due_work.cancel_due(tx, line.line_id, [DueKind.LINE_SILENT])
    due = DueWork(
        due_id=tx.entropy.new_id(),
        kind=DueKind.LINE_SILENT,
        about=line.line_id,
        due_at=due_at,
        detail={"watched_since": heard_at.isoformat()},
    )
    await due_work.add_due(tx, due)


async def _tell(tx: Tx, agency: Agency, line: Line, silence: Silence) -> bool:
    """Whether anybody was there to be told."""
    lasts = silence.ended_at is None
    event = "line-silent" if lasts else "line-heard-again"
    tx.log(event, agency=agency.agency_id, instance=line.instance)
    about = About(kind="instance", key=f"{agency.agency_id}.{line.instance}")
    action = "line silent" if lasts else "line heard again"
    await audit.record(tx, system_actor(agency.court_id), action, about)
    return await tell_desk(tx, agency, line.instance, silence)
