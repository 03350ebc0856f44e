"""`python -m tracker`, also installed as `tracker`: the court's commands.

Everything heavy is imported only once it is clear which command was asked for, so that `--help` answers at
once.
"""

import gc
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from tracker.commands.agency import agency_app
from tracker.domain.dead_letters import DiscardReason

if TYPE_CHECKING:
    from tracker.commands.start import Work

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The court's service. Settings are environment variables TRACKER_...; docs/operator.md lists them.",
)
keys_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The court's key file.")
dead_letters_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Messages of agencies that were refused for their fault.",
)
broker_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="RabbitMQ's users and queues.")
webhook_keys_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Who may post signed webhooks, and with which key."
)
audit_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The audit log and its chain.")
app.add_typer(keys_app, name="keys")
app.add_typer(webhook_keys_app, name="webhook-keys")
app.add_typer(broker_app, name="broker")
app.add_typer(agency_app, name="agency")
app.add_typer(dead_letters_app, name="dead-letters")
app.add_typer(audit_app, name="audit")


@app.command()
def serve() -> None:
    """Serve console, webhooks and adapters, and do what time brings, until SIGTERM."""
    from tracker.commands import serve as command

    _run(command.NEEDED, command.serve)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from tracker.commands import migrate as command

    _run(command.NEEDED, command.migrate)


@app.command()
def restored() -> None:
    """Say that the database was restored from a backup, before anything serves from it."""
    from tracker.commands import restored as command

    _run(command.NEEDED, command.restored)


@app.command()
def found(
    court: Annotated[Path, typer.Argument(help="The court as TOML; docs/court.example.toml is one.")],
) -> None:
    """Found a court from a file, or change it to what the file says."""
    from tracker.commands import found as command

    _run(command.NEEDED, partial(command.found, path=court))


@app.command()
def password(login: Annotated[str, typer.Argument(help="Of whoever has lost theirs.")]) -> None:
    """Give somebody a new first password, and sign the old one out."""
    from tracker.commands import password as command

    _run(command.NEEDED, partial(command.renew_password, login=login))


@app.command()
def doctor() -> None:
    """Say in plain words what is wrong and what to do; exit code 1 when something is."""
    from tracker.commands import doctor as command

    raise typer.Exit(command.examine(os.environ))


@keys_app.command("make")
def make_keys() -> None:
    """Make the key file; one that is there is left as it is."""
    from tracker.commands import keys as command

    _run(command.NEEDED, command.make_keys)


@keys_app.command("complete")
def complete_keys() -> None:
    """Add the keys that a file of an earlier version lacks; never to one that has lost them."""
    from tracker.commands import keys as command

    _run(command.NEEDED, command.complete_keys)


@broker_app.command("setup")
def set_up_broker() -> None:
    """Make users, queues and rights for the court and its agencies."""
    from tracker.commands import broker as command

    _run(command.NEEDED, command.set_up_broker)


@broker_app.callback()
def _broker() -> None:
    """RabbitMQ's users and queues."""


@dead_letters_app.command("list")
def list_dead_letters() -> None:
    """List refused messages, oldest first."""
    from tracker.commands import dead_letters as command

    _run(command.NEEDED, command.list_dead_letters)


@dead_letters_app.command("replay")
def replay_dead_letters(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids from the list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Put refused messages back into their queues."""
    from tracker.commands import dead_letters as command

    if bool(ids) == everything:
        raise typer.BadParameter("name the messages by their ids, or say --all")
    _run(command.NEEDED, partial(command.replay_dead_letters, ids=ids or [], everything=everything))


@dead_letters_app.command("discard")
def discard_dead_letter(
    mark: Annotated[str, typer.Argument(help="Of one message: the first column of the list.")],
    reason: Annotated[DiscardReason, typer.Option(help="Why nobody needs it; the audit log keeps it.")],
) -> None:
    """Drop one refused message for good."""
    from tracker.commands import dead_letters as command

    _run(command.NEEDED, partial(command.discard_dead_letter, mark=mark, reason=reason))


@webhook_keys_app.command("give")
def give_webhook_key(
    sender: Annotated[str, typer.Argument(help="Id of an agency, or case-system for the account system.")],
    public: Annotated[
        Path | None, typer.Option(help="Its Ed25519 public key as PEM; without it a shared secret is made.")
    ] = None,
) -> None:
    """Let a sender sign with one more key."""
    from tracker.commands import webhook_keys as command

    _run(command.NEEDED, partial(command.give_key, sender=sender, public=public))


@webhook_keys_app.command("list")
def list_webhook_keys() -> None:
    """List the keys that are believed."""
    from tracker.commands import webhook_keys as command

    _run(command.NEEDED, command.list_keys)


@webhook_keys_app.command("end")
def end_webhook_key(key_id: Annotated[str, typer.Argument(help="From the list.")]) -> None:
    """Believe nothing more that a key signs."""
    from tracker.commands import webhook_keys as command

    _run(command.NEEDED, partial(command.end_key, key_id=key_id))


@audit_app.command("verify")
def verify_audit(
    proof: Annotated[
        Path | None, typer.Option(help="A proof of an alert, as the console gave it out.")
    ] = None,
    witness: Annotated[
        Path | None, typer.Option(help="What an adapter has kept of the chain (`adapter witness`).")
    ] = None,
) -> None:
    """Follow the audit chain from its beginning; see whether it is still the one that adapters were told of,
    and whether a proof is what the court gave out.
    """
    from tracker.commands import audit as command

    _run(command.NEEDED, partial(command.verify_chain, proof=proof, witness=witness))


@audit_app.callback()
def _audit() -> None:
    """The audit log and its chain."""


def _run(needed: Iterable[str], work: "Work") -> NoReturn:
    from tracker.commands.start import run

    raise typer.Exit(run(os.environ, needed, work))


def main() -> None:
    """The console script."""
    # While a command loads nothing becomes garbage: to look for it takes a quarter of the start.
    gc.disable()
    app(prog_name="tracker")


if __name__ == "__main__":
    main()
