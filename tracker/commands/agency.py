"""`tracker agency`: lets an agency's adapter in, puts it out, and says how its line stands."""

import getpass
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tracker.domain.line_closing import ClosingReason

if TYPE_CHECKING:
    from schemas.enrolment import Credential, Enrolment
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


@agency_app.command("roll")
def roll_epoch(agency: Annotated[str, typer.Argument(help="id of the agency, such as rail")]) -> None:
    """Give an agency's list new keys and references, beside the present ones until every adapter has them."""
    raise typer.Exit(roll_with(os.environ, agency))


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
        from tracker.services.agencies.enrolment import revoke_instance

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
        from tracker.commands.line_standing import lines_of
        from tracker.services.lines.status import list_statuses

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.reading() as tx:
                statuses = await list_statuses(tx, court_of(settings))
        for one in statuses:
            for line in lines_of(one, registry.now()):
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
        from tracker.services.lines.closing import close_line

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
        from tracker.services.lines.closing import open_line

        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.transaction() as tx:
                await open_line(tx, system_actor(court_of(settings)), AgencyId(agency))
        say(f"opened the line to {agency}: its list begins anew, under new keys")
        say("next: run `tracker broker setup`")
        return WELL

    return run(environment, NEEDED, work)


def roll_with(environment: Mapping[str, str], agency: str) -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.domain.ids import AgencyId
        from tracker.domain.people import system_actor
        from tracker.services.lines.epoch_rolls import roll_epoch

        actor = system_actor(court_of(settings))
        async with AsyncExitStack() as opened:
            registry = await open_registry(settings, opened)
            async with registry.transaction() as tx:
                epoch = await roll_epoch(tx, actor, AgencyId(agency), operator=getpass.getuser())
        say(f"opened epoch {epoch} for {agency}: it fills beside the present one, and both are in force")
        say("next: `tracker agency status` says what the old epoch still waits for; it ends by itself")
        return WELL

    return run(environment, NEEDED, work)


def by_folder_with(environment: Mapping[str, str], agency: str, instance: str, *, is_by_folder: bool) -> int:
    """The exit code."""
    from tracker.commands.start import WELL, run, say

    async def work(settings: "TrackerSettings") -> int:
        from tracker.commands.engines import court_of, open_registry
        from tracker.domain.ids import AgencyId
        from tracker.domain.people import system_actor
        from tracker.services.agencies.enrolment import set_transport

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


async def _credential(
    settings: "TrackerSettings", asked: "Enrolment", *, replaces_sealing: bool
) -> "Credential":
    from tracker.commands.engines import court_of, load_admission_keys, open_registry
    from tracker.domain.people import system_actor
    from tracker.services.agencies.enrolment import Enrolling, enrol_instance

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
