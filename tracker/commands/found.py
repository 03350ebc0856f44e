"""`tracker found COURT.toml`: court, teams, people, rules, agencies and roster from a file, any number of
times.

What must not break: a first password is shown once, on standard output, and is nowhere else but hashed.
"""

import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from tracker.commands.court_file import CourtFileRefused, read_court_file
from tracker.commands.engines import open_registry
from tracker.commands.start import FAILED, WELL, CannotRun, complain, say
from tracker.services.founding import CourtPlan, found_court, list_new_logins
from tracker.services.people.sign_in import hash_password
from tracker.settings import TrackerSettings

NEEDED: Final = ("court_id", "database_url", "keys_file")
PASSWORD_BYTES: Final = 12


async def found(settings: TrackerSettings, path: Path) -> int:
    """Carry the file out in one transaction, and say what was done."""
    try:
        plan = read_court_file(path)
    except CourtFileRefused as refused:
        complain(f"{path} cannot be used; nothing was changed:", *refused.problems)
        return FAILED
    if plan.court.court_id != settings.court_id:
        raise CannotRun(f"{path}: court id is not that of TRACKER_COURT_ID; mend one of them")
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.reading() as tx:
            logins = await list_new_logins(tx, plan)
        passwords = {login: draw_password() for login in logins}
        # Before the transaction: hashing takes long on purpose.
        hashes = {login: await hash_password(password) for login, password in passwords.items()}
        async with registry.transaction() as tx:
            done = await found_court(tx, plan, hashes)
    _tell(plan, done, passwords)
    return WELL


def draw_password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def _tell(plan: CourtPlan, done: tuple[str, ...], passwords: dict[str, str]) -> None:
    for line in done:
        say(line)
    if not done:
        say(f"court {plan.court.court_id} is as the file says: nothing to do")
    if passwords:
        say("first passwords, shown this once; hand each over in person:")
    for login, password in passwords.items():
        say(f"  {login}  {password}")
