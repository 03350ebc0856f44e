"""`tracker agency`: lets an agency's adapter in, puts it out, and says how its line stands."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tracker.domain.line_closing import CLOSING_REASON_EN, ClosingReason

if TYPE_CHECKING:
    from schemas.enrolment import Credential, Enrolment
    from tracker.services.agency_status import AgencyStatus, Carried, InstanceStatus
    from tracker.settings import TrackerSettings

NEEDED: Final = ("court_id", "database_url", "keys_file")
OWNER_ONLY: Final = 0o600

agency_app: Final = typer.Typer(
    name="agency",
    help="Let an agency's adapter in, put it out, or see how its line stands.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@agency_app.command()
def enrol(
    enrolment: Annotated[Path, typer.Argument(help="enrolment.json of the agency's machine")],
    out: Annotated[Path, typer.Option(help="where the credential is written; a secret")],
    replace_sealing_key: Annotated[
        bool, typer.Option("--replace-sealing-key", help="though other instances have another one")
    ] = False,
) -> None:
    """Register an adapter, or its new keys, and write its credential."""
    raise typer.Exit(enrol_with(os.environ, enrolment, out, replaces_sealing=replace_sealing_key))


@agency_app.command()
def revoke(
    agency: Annotated[str, typer.Argument(help="id of the agency, such as rail")],
    instance: Annotated[str, typer.Argument(help="name of its adapter, such as one")],
) -> None:
    """Put an adapter out: it gets no keys, and no message of it is taken any more."""
    raise typer.Exit(revoke_with(os.environ, agency, instance))


@agency_app.command("close")
def close_line(
    agency: Annotated[str, typer.Argument(help="id of the agency, such as rail")],
    reason: Annotated[ClosingReason, typer.Option(help="why; lost and misused let no present key in again")],
) -> None:
    """Make an agency's copy of the list harmless at once: its adapters remove it."""
    raise typer.Exit(close_with(os.environ, agency, reason))


@agency_app.command("open")
def open_line(agency: Annotated[str, typer.Argument(help="id of the agency, such as rail")]) -> None:
    """Open a line that a person has closed; its list begins anew."""
    raise typer.Exit(open_with(os.environ, agency))


@agency_app.command("by-folder")
def by_folder(
    agency: Annotated[str, typer.Argument(help="id of the agency, such as rail")],
    instance: Annotated[str, typer.Argument(help="name of its adapter, such as one")],
    is_off: Annotated[bool, typer.Option("--off", help="back to the broker")] = False,
) -> None:
    """Reach an adapter by two folders and a file gateway, instead of over the broker."""
    raise typer.Exit(by_folder_with(os.environ, agency, instance, is_by_folder=not is_off))


@agency_app.command()
def status() -> None:
    """Each agency's feed, its adapters, and what came back last; code 1 where anything is wrong."""
    raise typer.Exit(status_with(os.environ))


def enrol_with(environment: Mapping[str, str], enrolment: Path, out: Path, *, replaces_sealing: bool) -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        asked = _read(enrolment)
        credential = await _credential(settings, asked, replaces_sealing=replaces_sealing)
        _write_for_owner(out, credential.model_dump_json(indent=2))
        say(f"enrolled {asked.agency}.{asked.instance} with the key {asked.signing.key_id}; wrote {out}")
        say(
            "next: run `tracker broker setup`, then bring the file to the agency's machine and delete it here"
        )
        return WELL

    return run(environment, NEEDED, work)


def revoke_with(environment: Mapping[str, str], agency: str, instance: str) -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.domain.ids import AgencyId
        from tracker.domain.people import system_actor
        from tracker.services.enrolment import revoke_instance

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.transaction() as tx:
                await revoke_instance(tx, system_actor(court_of(settings)), AgencyId(agency), instance)
        say(f"revoked {agency}.{instance}")
        say("next: run `tracker broker setup`, so that its queues go as well")
        return WELL

    return run(environment, NEEDED, work)


def status_with(environment: Mapping[str, str]) -> int:
    """The exit code."""
    from tracker.commands.start import FAILED, WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.services.agency_status import list_statuses

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.reading() as tx:
                statuses = await list_statuses(tx, court_of(settings))
        for one in statuses:
            for line in _lines_of(one, registry.now()):
                say(line)
        return WELL if all(one.is_well for one in statuses) else FAILED

    return run(environment, NEEDED, work)


def close_with(environment: Mapping[str, str], agency: str, reason: "ClosingReason") -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.domain.ids import AgencyId
        from tracker.domain.people import system_actor
        from tracker.services.closed_lines import close_line

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.transaction() as tx:
                await close_line(tx, system_actor(court_of(settings)), AgencyId(agency), reason)
        say(f"closed the line to {agency}: its adapters are told to remove the list")
        say("next: `tracker agency status` says which have; then run `tracker broker setup`")
        return WELL

    return run(environment, NEEDED, work)


def open_with(environment: Mapping[str, str], agency: str) -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.domain.ids import AgencyId
        from tracker.domain.people import system_actor
        from tracker.services.closed_lines import open_line

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.transaction() as tx:
                await open_line(tx, system_actor(court_of(settings)), AgencyId(agency))
        say(f"opened the line to {agency}: its list begins anew, under new keys")
        say("next: run `tracker broker setup`")
        return WELL

    return run(environment, NEEDED, work)


def by_folder_with(environment: Mapping[str, str], agency: str, instance: str, *, is_by_folder: bool) -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.domain.ids import AgencyId
        from tracker.domain.people import system_actor
        from tracker.services.enrolment import set_transport

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.transaction() as tx:
                actor = system_actor(court_of(settings))
                await set_transport(tx, actor, AgencyId(agency), instance, is_by_folder=is_by_folder)
        name = f"{agency}.{instance}"
        if is_by_folder:
            say(
                f"{name} is reached by folder: let the gateway carry {name}/out and {name}/in of "
                "TRACKER_FOLDERS"
            )
        else:
            say(f"{name} is reached over the broker again")
        return WELL

    return run(environment, NEEDED, work)


def _lines_of(status: "AgencyStatus", at: datetime) -> Iterator[str]:
    feed = status.feed
    yield (
        f"{status.agency.agency_id}: epoch {feed.keys.epoch}, incarnation {feed.incarnation}, "
        f"change {feed.head.sequence}, {feed.head.count} references"
    )
    closing = status.agency.closing
    if closing is not None:
        yield (
            f"  LINE CLOSED {_ago(closing.at, at)}: {CLOSING_REASON_EN[closing.reason]}; "
            "nothing is published, nothing is taken"
        )
    for one in status.instances:
        yield from _lines_of_instance(one, at)
    if not status.instances:
        yield "  no adapter: enrol one with `tracker agency enrol`"
    if status.sighted_at is not None:
        yield f"  last sighting: {_ago(status.sighted_at, at)}"
    for gone in status.withdrawals:
        took = gone.gone_since and (gone.gone_since - gone.withdrawn_at).total_seconds()
        waits = (
            "by folder: gone after the next carrying" if status.is_by_folder else "not gone everywhere yet"
        )
        ended = waits if took is None else f"gone after {took:.1f} s"
        yield f"  withdrawal {_ago(gone.withdrawn_at, at)}: {ended}"
    for refusal in status.refusals:
        yield f"  refused {refusal.times} times, last {_ago(refusal.last_at, at)}: {refusal.reason}"


def _lines_of_instance(one: "InstanceStatus", at: datetime) -> Iterator[str]:
    yield f"  {one.name}: {_holds(one, at)}"
    if one.closed_at is None:
        yield f"  {one.name}: {_canary_of(one, at)}"
    if one.is_by_folder:
        there, back = _carried(one.carried_there), _carried(one.carried_back)
        yield f"  {one.name}: by folder, there {there}; back {back}"


def _canary_of(instance: "InstanceStatus", at: datetime) -> str:
    last = "never" if instance.canary_at is None else _ago(instance.canary_at, at)
    if instance.silent_since is None:
        return f"canary came back {last}" if instance.canary_at else "canary has not come back yet"
    return f"silent since {_ago(instance.silent_since, at)} (canary came back {last}): call the agency"


def _carried(carried: "Carried | None") -> str:
    from tracker.web.formats import clock, moment

    if carried is None:
        return "not carried yet"
    expected = "" if carried.next_about is None else f", next about {clock(carried.next_about)}"
    return f"carried {moment(carried.at)}{expected}"


def _holds(instance: "InstanceStatus", at: datetime) -> str:
    if instance.emptied_at is not None:
        return f"closed, says that it removed its list {_ago(instance.emptied_at, at)}"
    if instance.closed_at is not None:
        return "closed, has not said that it removed its list"
    holds = "holds the same" if instance.is_equal else f"is {instance.behind} changes behind"
    if not instance.is_equal and not instance.behind:
        holds = "holds another list: it fetches it anew by itself; look at its log"
    heard = "never heard" if instance.heard_at is None else f"heard {_ago(instance.heard_at, at)}"
    return f"{holds}, {heard}"


def _ago(moment: datetime, at: datetime) -> str:
    return f"{max(0, int((at - moment).total_seconds()))} s ago"


async def _credential(
    settings: "TrackerSettings", asked: "Enrolment", *, replaces_sealing: bool
) -> "Credential":
    from tracker.commands.engines import court_of, load_admission_keys, open_registry
    from tracker.domain.people import system_actor
    from tracker.services.enrolment import Enrolling, enrol_instance

    what = Enrolling(enrolment=asked, replaces_sealing=replaces_sealing)
    keys = load_admission_keys(settings)
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.transaction() as tx:
            return await enrol_instance(tx, system_actor(court_of(settings)), keys, what)


def _read(path: Path) -> "Enrolment":
    from pydantic import ValidationError

    from schemas.enrolment import Enrolment
    from schemas.text import field_problems
    from tracker.commands.start import CannotRun

    try:
        return Enrolment.model_validate_json(path.read_bytes())
    except OSError as failure:
        raise CannotRun(f"{path}: {failure.strerror}; name the file that `adapter enrol` wrote") from None
    except ValidationError as error:
        faults = "; ".join(f"{one.field} {one.message}" for one in field_problems(error))
        raise CannotRun(f"{path} is no enrolment ({faults}): let `adapter enrol` write it anew") from None


def _write_for_owner(path: Path, text: str) -> None:
    from tracker.commands.start import CannotRun

    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, OWNER_ONLY), "w") as file:
            file.write(text)
    except OSError as failure:
        raise CannotRun(f"--out: {failure.strerror}; choose another place and enrol again") from None
