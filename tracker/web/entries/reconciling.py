"""After a restore: the entries that a person must look at before anybody is stopped by them again.

What must not break: nothing is put back that the reader has not been shown.
"""

from dataclasses import dataclass

from aiohttp import web

from schemas.measures import Measure
from tracker.domain.authorisation import Action
from tracker.domain.entries import TO_RECONCILE, Cause, EntryState
from tracker.domain.errors import Conflict, NotAllowed
from tracker.domain.ids import EntryId
from tracker.domain.people import Actor
from tracker.services import audit
from tracker.services.access import require_in_court, require_on_case
from tracker.services.audit import About
from tracker.services.entries.standing import resume_entry
from tracker.services.lines.restores import list_unheard
from tracker.storage import entries, entry_search
from tracker.storage.agencies import Instance
from tracker.storage.entry_search import EntrySearch
from tracker.storage.registry import Registry
from tracker.storage.transaction import Tx
from tracker.web.entries.views import EntryLine, list_lines
from tracker.web.fields import fields_of
from tracker.web.reading import Look, is_allowed, reader_of, record_look
from tracker.web.settings import EDGE
from tracker.web.visits import Visit, back_to, page, signed_in

ADDRESS = "/restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """The entries of one measure that wait for the same word: how many there are, and the newest of them."""

    measure: Measure
    cause: Cause
    count: int
    lines: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """`mine` are the entries that the reader may put back; `unheard` the adapters that have not said yet what
    they were told to forget.
    """

    heaps: tuple[Heap, ...]
    mine: frozenset[EntryId]
    puts_many_back: bool
    unheard: tuple[Instance, ...]


async def _show(request: web.Request, visit: Visit) -> web.StreamResponse:
    registry = request.app[EDGE].registry
    async with registry.reading() as tx:
        shown = await _gather(tx, visit.actor)
    listed = tuple(line.entry.entry_id for heap in shown.heaps for line in heap.lines)
    if listed:
        look = Look(about=About(kind="list", key="restored"), purpose="restored list", shown=listed)
        await record_look(registry, visit.actor, look)
    return page(request, visit, "restored.html", shown=shown, gone=Cause.GONE_AT_AGENCY)


async def _gather(tx: Tx, actor: Actor) -> Reconciling:
    heaps = [heap for cause in sorted(TO_RECONCILE, reverse=True) for heap in await _heaps(tx, actor, cause)]
    lines = [line for heap in heaps for line in heap.lines]
    resumable = [
        line.entry.entry_id
        for line in lines
        if await is_allowed(require_on_case(tx, actor, Action.RESUME, line.case))
    ]
    return Reconciling(
        heaps=tuple(heaps),
        mine=frozenset(resumable),
        puts_many_back=await is_allowed(require_in_court(tx, actor, Action.RESUME_MANY)),
        unheard=await list_unheard(tx, actor.court_id),
    )


async def _heaps(tx: Tx, actor: Actor, cause: Cause) -> list[Heap]:
    search = EntrySearch(
        court_id=actor.court_id,
        state=EntryState.SUSPENDED,
        causes=frozenset({cause}),
        reader=await reader_of(tx, actor),
    )
    lines = await list_lines(tx, actor, search)
    return [
        Heap(
            measure=measure,
            cause=cause,
            count=count,
            lines=tuple(line for line in lines if line.entry.measure is measure),
        )
        for measure, count in sorted((await entry_search.count_by_measure(tx, search)).items())
    ]


async def _put_back(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Those that stood in the form, one by one: what is refused stays where it was."""
    shown = (await fields_of(request)).all("entry")
    registry = request.app[EDGE].registry
    async with registry.transaction() as tx:
        await require_in_court(tx, visit.actor, Action.RESUME_MANY)
        about = About(kind="list", key="restored")
        await audit.record(tx, visit.actor, "restored entries put back", about, entries=list(shown))
    for entry_id in shown:
        await _try_to_resume(registry, visit.actor, EntryId(entry_id))
    raise back_to(ADDRESS)


async def _try_to_resume(registry: Registry, actor: Actor, entry_id: EntryId) -> None:
    try:
        async with registry.transaction() as tx:
            if (await entries.get_entry(tx, entry_id)).cause is Cause.RESTORED:
                await resume_entry(tx, actor, entry_id)
    except (Conflict, NotAllowed):
        # Its end or a paper has passed, or it was paid: its page says which.
        return


ROUTES = (
    web.get(ADDRESS, signed_in(_show)),
    web.post(f"{ADDRESS}/put-back", signed_in(_put_back)),
)
