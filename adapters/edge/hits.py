"""From a card use to a hit that is durable and, once the list is proven, reported.

What must not break: a clear use is stored nowhere, not even as a count; a hit is durable before the agency is
answered, or the agency is told that nothing could be said; a hit found before the feed is proven waits here,
and is screened again before it is reported.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from pydantic import ValidationError

from adapters.disk import DiskRefuses
from adapters.edge.card_use import CardUse, Clear, Hit, Invalid, NotScreened, Screened, Silence
from adapters.edge.disk import Written
from adapters.edge.lookout import Lookout
from adapters.edge.parts import EdgeParts
from adapters.edge.settings import EdgeStage
from adapters.replica.tags import Damaged
from adapters.replica.values import FeedKey
from adapters.sqlite import Tx
from adapters.store.disk import in_the_store
from adapters.store.hits import WaitingHit, forget_hit, list_waiting_hits, record_hits, record_reported
from adapters.together import Together
from schemas.canary import CANARY
from schemas.documents import DocumentRefused, IdentityDocument, normalise_document
from schemas.messages import DocumentRead, SightingReport

WAITING_AT_ONCE: Final = 50

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A hit as it is kept. `waiting` None: proven, reported at once."""

    report: SightingReport
    waiting: WaitingHit | None


class HitSpool:
    """Answers card uses; as a loop it reports the hits that waited for proof."""

    def __init__(self, parts: EdgeParts, lookout: Lookout) -> None:
        self.name = f"hits.{parts.settings.name}"
        self._parts = parts
        self._envelopes = parts.envelopes
        self._lookout = lookout
        self._seen = 0
        self._together = Together(self._keep_all)

    async def screen(self, use: CardUse) -> Screened:
        began_s = self._parts.ports.elapsed()
        document = normalise_document(use.document_kind, use.number, issuing_state=use.issuing_state)
        if isinstance(document, DocumentRefused):
            return Invalid(refused=document)
        try:
            found = self._lookout.judge(document)
        except Damaged as damaged:
            self._parts.hear_damage(damaged.feed)
            return self._lookout.not_screened(Silence.LIST_IN_DOUBT)
        if isinstance(found, Clear | NotScreened):
            return found
        report = self._report(use, document, found.references)
        try:
            with in_the_store():
                # Nothing was awaited since the look: the feeds are those that it went through.
                is_new = await self._keep(report, self._lookout.tokens(document), is_proven=found.is_proven)
        except DiskRefuses as refused:
            self._parts.disk.refuse(Written.HITS, str(refused))
            return self._lookout.not_screened(Silence.DISK_REFUSES)
        self._parts.disk.take(Written.HITS)
        self._tell_kept(document, report, is_new=is_new, is_proven=found.is_proven)
        self._parts.ports.timed(EdgeStage.CARD_USE_TO_SPOOLED, self._parts.ports.elapsed() - began_s)
        # The canary went the whole way, and is nobody whom an officer should look at.
        return Clear() if document == CANARY else Hit(references=found.references, is_proven=found.is_proven)

    async def close(self) -> None:
        """Return once what is being kept is kept."""
        await self._together.close()

    @property
    def is_resting(self) -> bool:
        """No hit waits."""
        return self._parts.changes.of("hits") == self._seen

    async def step(self) -> bool:
        """Screen again what waited, once every feed in question counts."""
        version = self._parts.changes.of("hits")
        if version == self._seen or not self._lookout.may_release():
            return False
        async with self._parts.database.reading() as tx:
            waiting = await list_waiting_hits(tx, WAITING_AT_ONCE)
        try:
            for hit in waiting:
                await self._release(hit)
        except Damaged as damaged:
            self._parts.hear_damage(damaged.feed)
            return False
        if not waiting:
            self._seen = version
        return bool(waiting)

    async def next_due(self) -> datetime | None:
        return None

    async def _keep(
        self, report: SightingReport, tokens: Mapping[FeedKey, bytes], *, is_proven: bool
    ) -> bool:
        """Whether the use is new."""
        waiting = None if is_proven else self._waiting(report, tokens)
        return await self._together.do(_Found(report=report, waiting=waiting))

    def _tell_kept(
        self, document: IdentityDocument, report: SightingReport, *, is_new: bool, is_proven: bool
    ) -> None:
        edge = self._parts.settings.name
        if not is_new:
            _log.info("hit-repeated", edge=edge)
            return
        # Who reads the log is to take no canary for a person.
        event = "canary-spooled" if document == CANARY else "hit-spooled"
        _log.info(event, edge=edge, correlation=report.correlation, is_proven=is_proven)

    async def _keep_all(self, take: Callable[[], Sequence[_Found]]) -> Sequence[bool]:
        """One commit for all who wait for it at the same time; whether each use is new."""
        async with self._parts.database.transaction() as tx:
            found = take()
            first = {one.report.event_id: one for one in reversed(found)}
            new = await record_hits(tx, {event_id: one.waiting for event_id, one in first.items()})
            kept = [first[one.report.event_id] is one and one.report.event_id in new for one in found]
            fresh = [one for one, is_new in zip(found, kept, strict=True) if is_new]
            await self._post(tx, [one.report for one in fresh if one.waiting is None])
        return kept

    async def _post(self, tx: Tx, reports: Sequence[SightingReport]) -> None:
        # Under its correlation, so that the message can be followed through stores and queues as well.
        keyed = {one.correlation or self._parts.ports.entropy.new_id(): one for one in reports}
        await self._envelopes.post(tx, keyed)

    def _waiting(self, report: SightingReport, tokens: Mapping[FeedKey, bytes]) -> WaitingHit:
        by_epoch = {str(feed.epoch): token.hex() for feed, token in tokens.items()}
        sealed = self._envelopes.seal(report.model_dump_json().encode(), f"hit:{report.event_id}")
        return WaitingHit(event_id=report.event_id, tokens=json.dumps(by_epoch), report=sealed)

    async def _release(self, hit: WaitingHit) -> None:
        by_epoch = json.loads(hit.tokens)
        if all(self._lookout.has_ended(int(epoch)) for epoch in by_epoch):
            # No list is left that could prove or disprove it: the court looks before it tells anybody.
            await self._post_waiting(hit, None)
            return
        tokens = {
            feed: bytes.fromhex(by_epoch[str(feed.epoch)])
            for feed in self._lookout.feeds()
            if str(feed.epoch) in by_epoch
        }
        found = self._lookout.look_up(tokens)
        if found is not None:
            await self._post_waiting(hit, found.references)
        else:
            async with self._parts.database.transaction() as tx:
                await forget_hit(tx, hit.event_id)
        _log.info("hit-screened-again", edge=self._parts.settings.name, is_proven=found is not None)

    async def _post_waiting(self, hit: WaitingHit, references: tuple[int, ...] | None) -> None:
        """`references` None: those that were found at first."""
        async with self._parts.database.transaction() as tx:
            if await record_reported(tx, hit.event_id):
                stored = self._envelopes.unseal(hit.report, f"hit:{hit.event_id}")
                report = SightingReport.model_validate_json(stored)
                update = {} if references is None else {"references": references}
                await self._post(tx, [report.model_copy(update=update)])

    def _report(
        self, use: CardUse, document: IdentityDocument, references: tuple[int, ...]
    ) -> SightingReport:
        read = _document_read(use, document).model_dump_json().encode()
        sealed = self._envelopes.seal_for_court(read, f"sighting:{use.event_id}")
        return SightingReport(
            event_id=use.event_id,
            kind=use.kind,
            occurred_at=use.occurred_at,
            place=use.place,
            references=references,
            document=base64.b64encode(sealed).decode(),
            itinerary=use.itinerary,
            correlation=self._parts.ports.entropy.new_id(),
        )


def _document_read(use: CardUse, document: IdentityDocument) -> DocumentRead:
    read = DocumentRead(
        kind=document.kind,
        issuing_state=document.issuing_state,
        number=document.number,
        sex=use.sex,
        birth_date=use.birth_date,
    )
    if use.name is None:
        return read
    try:
        return DocumentRead.model_validate({**dict(read), "name": use.name})
    except ValidationError:
        # A name that no text of ours can hold (control characters from a worn chip) must not cost the hit:
        # without it the court sees an unverified match.
        return read
