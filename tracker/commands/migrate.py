"""`tracker migrate`: the database gets the newest schema; what is there stays."""

from typing import Final

from tracker.commands.start import WELL, CannotRun, say
from tracker.migrations.upgrade import (
    LOCK_TIMEOUT_S,
    TablesInUse,
    Upgrade,
    upgrade_postgresql,
    upgrade_sqlite,
)
from tracker.settings import TrackerSettings

NEEDED: Final = ("database_url",)


async def migrate(settings: TrackerSettings) -> int:
    """Migrate and say what was done."""
    try:
        done = await _upgrade(settings)
    except TablesInUse:
        raise CannotRun(
            f"TRACKER_DATABASE_URL: not migrated, nothing was changed: for {LOCK_TIMEOUT_S:.0f} s another "
            "transaction held a table that has to change; end what runs long on the database (a backup, a "
            "report, a forgotten session: see pg_stat_activity), then migrate again"
        ) from None
    except Exception as error:
        # The kind only: the error's own text may repeat the address with its password.
        cause = getattr(error, "orig", None) or error
        raise CannotRun(
            f"TRACKER_DATABASE_URL: not migrated ({type(cause.__cause__ or cause).__name__}); nothing was "
            "changed: check that the database runs, the address, and that the user owns the database"
        ) from None
    if done.before == done.after:
        say(f"schema {done.after}: nothing to do")
    else:
        say(f"schema {done.after} (was {done.before or 'empty'})")
    return WELL


async def _upgrade(settings: TrackerSettings) -> Upgrade:
    file = settings.database_file
    if file is not None:
        return await upgrade_sqlite(file)
    return await upgrade_postgresql(settings.database_url.get_secret_value())
