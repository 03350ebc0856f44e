"""`tracker password LOGIN`: a new first password for somebody who has lost theirs.

What must not break: it is shown once, on standard output, and is nowhere else but hashed.
"""

from contextlib import AsyncExitStack
from typing import Final

from tracker.commands.engines import court_of, open_registry
from tracker.commands.found import draw_password
from tracker.commands.start import WELL, say
from tracker.domain.people import system_actor
from tracker.services.people.sign_in import hash_password, replace_password
from tracker.settings import TrackerSettings

NEEDED: Final = ("court_id", "database_url", "keys_file")


async def renew_password(settings: TrackerSettings, login: str) -> int:
    """Replace it, and sign out whoever is signed in with the old one."""
    password = draw_password()
    password_hash = await hash_password(password)
    async with AsyncExitStack() as opened:
        registry = await open_registry(settings, opened)
        async with registry.transaction() as tx:
            await replace_password(tx, system_actor(court_of(settings)), login, password_hash)
    say(f"new password of {login}, shown this once; hand it over in person: {password}")
    return WELL
