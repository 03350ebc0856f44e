"""The adapter as a program: `python -m adapters`, or `adapter` where it is installed.

What must not break: what is wrong is told in one line with its remedy, never as a traceback; everything heavy
is imported only by the command that needs it, so that `--help` answers at once.
"""

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from adapters.commands.outset import Transport

app: Final = typer.Typer(
    name="adapter",
    help="An agency's adapter: keeps the list, screens card uses, reports hits, takes the court's word.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def run(
    agency: Annotated[str, typer.Option(help="whose adapter: rail, police, border, exit-entry")],
    screeners: Annotated[
        int, typer.Option(min=0, max=64, help="processes that screen beside it; 0: it screens by itself")
    ] = 0,
    transport: Annotated[str, typer.Option(help="broker, or folder where a gateway copies files")] = "broker",
) -> None:
    """Run the adapter until it is ended."""
    from adapters.commands.run import run as run_adapter

    way = _transport(transport)
    _do(lambda: run_adapter(os.environ, agency, way, screeners))


@app.command(hidden=True)
def screen(name: str, folder: Path, listening: int, keeper: int) -> None:
    """What `run --screeners` starts, with two sockets that it inherits."""
    from adapters.commands.screen import Inherited
    from adapters.commands.screen import screen as run_screener

    inherited = Inherited(name=name, folder=folder, listening=listening, keeper=keeper)
    _do(lambda: run_screener(os.environ, inherited))


@app.command()
def enrol(
    agency: Annotated[str | None, typer.Option(help="make keys and enrolment.json for this agency")] = None,
    instance: Annotated[str, typer.Option(help="name of this adapter among the agency's")] = "one",
    new_keys: Annotated[bool, typer.Option("--new-keys", help="a new signing and TLS key")] = False,
    sealing_from: Annotated[
        Path | None, typer.Option(help="folder of another instance of the agency, for its sealing key")
    ] = None,
    credential: Annotated[Path | None, typer.Option(help="store what the court answered")] = None,
) -> None:
    """Make the instance's keys and its enrolment; then store the court's credential."""
    from adapters.commands import enrol as enrolling
    from adapters.identity import Wanted

    if (agency is None) == (credential is None):
        raise typer.BadParameter("give either --agency or --credential")
    if credential is not None:
        _do(lambda: enrolling.finish(os.environ, credential))
    elif agency is not None:
        wanted = Wanted(agency=agency, instance=instance, renews=new_keys)
        _do(lambda: enrolling.begin(os.environ, wanted, sealing_from))


@app.command("keep-keys")
def keep_keys() -> None:
    """Seal the keys of the list under a passphrase, for a restart while the court is away."""
    from adapters.commands.keep_keys import keep_keys as keep

    _do(lambda: keep(os.environ))


@app.command()
def doctor(
    transport: Annotated[str, typer.Option(help="broker or folder, as the adapter runs")] = "broker",
) -> None:
    """Say in plain words what is wrong, and what to do."""
    from adapters.commands.doctor import examine

    raise typer.Exit(examine(os.environ, _transport(transport)))


@app.command()
def witness(
    out: Annotated[Path, typer.Option(help="where the file is written; it holds no secret")],
) -> None:
    """Write what was kept here of the court's audit chain, for `tracker audit verify --witness`."""
    from adapters.commands.witness import write_witness

    _do(lambda: write_witness(os.environ, out))


def _transport(typed: str) -> "Transport":
    from adapters.commands.outset import Transport

    try:
        return Transport(typed)
    except ValueError:
        raise typer.BadParameter("give --transport broker or --transport folder") from None


def _do(work: Callable[[], str | None]) -> None:
    from adapters.commands.outset import CannotRun

    try:
        said = work()
    except CannotRun as reason:
        typer.echo(f"error: {reason}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if said:
        typer.echo(said)


def main() -> None:
    """The console script."""
    # While a command loads nothing becomes garbage: to look for it takes a quarter of the start.
    gc.disable()
    app(prog_name="adapter")


if __name__ == "__main__":
    main()
