"""`adapter enrol`: makes the instance's own keys and its enrolment, then stores the court's answer."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from adapters.commands.outset import CannotRun, read_settings
from adapters.identity import (
    NotEnrolled,
    Wanted,
    load_own_keys,
    make_own_keys,
    store_credential,
    write_enrolment,
)
from adapters.machine import SystemChance
from schemas.enrolment import Word


def begin(environment: Mapping[str, str], wanted: Wanted, sealing_from: Path | None) -> str:
    """Make the keys and write the enrolment; what to do next, in words."""
    folder = read_settings(environment, ("data",)).folder
    _check_names(wanted)
    try:
        if sealing_from is not None:
            wanted = Wanted(
                agency=wanted.agency,
                instance=wanted.instance,
                renews=wanted.renews,
                sealing=load_own_keys(sealing_from).sealing,
            )
        own = make_own_keys(folder, wanted, SystemChance().random_bytes)
        path = write_enrolment(folder, own)
    except (NotEnrolled, OSError) as failure:
        raise CannotRun(str(failure)) from None
    return (
        f"wrote {path}: it holds public parts only, key {own.signing.key_id}\n"
        "next, at the court: tracker agency enrol enrolment.json --out credential.json\n"
        "then, here: adapter enrol --credential credential.json"
    )


def finish(environment: Mapping[str, str], credential: Path) -> str:
    """Store what the court answered; what it is good for, in words."""
    folder = read_settings(environment, ("data",)).folder
    try:
        identity = store_credential(folder, credential.read_text(encoding="utf-8"))
    except (NotEnrolled, OSError, UnicodeDecodeError) as failure:
        raise CannotRun(str(failure)) from None
    who = identity.credential
    return (
        f"stored: {who.agency}.{who.instance} at {who.court}, valid until {identity.valid_until:%Y-%m-%d}\n"
        f"delete {credential}: it holds the broker's password\n"
        f"next: adapter run --agency {who.agency}"
    )


def _check_names(wanted: Wanted) -> None:
    word = TypeAdapter[str](Word)
    for option, name in (("--agency", wanted.agency), ("--instance", wanted.instance)):
        try:
            word.validate_python(name)
        except ValidationError:
            raise CannotRun(f"{option}: give small letters, digits and hyphens, at most 32") from None
