"""Opens the books that the settings name: keys and database.

What must not break: what cannot be opened is told in one line with its setting and its remedy; no address
with a password in it is repeated.
"""

import fcntl
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Final

from adapters.machine import SystemClock
from adapters.sqlite import SqliteDatabase
from tracker.commands.start import CannotRun
from tracker.domain.ids import CourtId
from tracker.domain.keys import AdmissionKeys, CourtKeys
from tracker.entropy import SystemEntropy
from tracker.key_files import (
    KeyFileUnusable,
    load_or_make_admission_keys,
    load_or_make_keys,
    load_or_make_web_push_key,
)
from tracker.migrations.upgrade import newest_revision, revision_of
from tracker.services.feeds.journal import Journal
from tracker.settings import TrackerSettings
from tracker.storage.engine.postgresql import PostgresDatabase
from tracker.storage.registry import CourtDatabase, Registry

MIGRATE: Final = "run `tracker migrate`"


def load_keys(settings: TrackerSettings) -> CourtKeys:
    """The court's keys from their file, which must be there and whole."""
    with _told_of_keys():
        return load_or_make_keys(_key_file(settings), settings.court_id)


def load_admission_keys(settings: TrackerSettings) -> AdmissionKeys:
    """The keys that let agencies in, from the same file."""
    with _told_of_keys():
        return load_or_make_admission_keys(_key_file(settings))


def load_web_push_key(settings: TrackerSettings) -> bytes:
    """The key that browsers bind their subscriptions to, from the same file."""
    with _told_of_keys():
        return load_or_make_web_push_key(_key_file(settings))


def snapshot_folder(settings: TrackerSettings) -> Path:
    """Where this process keeps whole lists for adapters; no two processes share one."""
    folder = settings.snapshots or _key_file(settings).parent / "snapshots"
    return folder / settings.worker


def journal_of(settings: TrackerSettings, keys: CourtKeys) -> Journal:
    """The withdrawal journal; a trial that does not say where has one beside its keys."""
    folder = settings.journal
    if folder is None:
        folder = _key_file(settings).parent / "journal"
        folder.mkdir(exist_ok=True)
    return Journal(folder=folder, court_id=court_of(settings), key=keys.chain)


@contextmanager
def _told_of_keys() -> Iterator[None]:
    try:
        yield
    except KeyFileUnusable as reason:
        raise CannotRun(f"TRACKER_KEYS_FILE: {reason}") from None


def _key_file(settings: TrackerSettings) -> Path:
    path = settings.keys_file
    assert path is not None, "a command that opens keys needs keys_file"
    try:
        path.open("rb").close()
    except FileNotFoundError:
        raise CannotRun(
            "TRACKER_KEYS_FILE: there is no such file; put the court's key file there, "
            "or for a new court run `tracker keys make`"
        ) from None
    except OSError as failure:
        raise CannotRun(f"TRACKER_KEYS_FILE: {failure.strerror}; give the file to our user") from None
    return path


async def open_database(settings: TrackerSettings, opened: AsyncExitStack) -> CourtDatabase:
    """The migrated database, closed with the stack."""
    try:
        database = await _open(settings)
    except CannotRun:
        raise
    except Exception as error:
        # The kind only: the error's own text may repeat the address with its password.
        raise CannotRun(
            f"TRACKER_DATABASE_URL: the database cannot be opened ({_kind_of(error)}); "
            "check that it runs, and the address, user and password"
        ) from None
    opened.push_async_callback(database.close)
    async with database.reading() as connection:
        revision = await revision_of(connection)
    if revision != newest_revision():
        raise CannotRun(f"the database has schema {revision}, this program {newest_revision()}: {MIGRATE}")
    return database


async def _open(settings: TrackerSettings) -> CourtDatabase:
    file = settings.database_file
    if file is None:
        return await PostgresDatabase.open(settings.database_url.get_secret_value())
    if not file.exists():
        raise CannotRun(f"TRACKER_DATABASE_URL: there is no such file yet: {MIGRATE}")
    return await SqliteDatabase.open(file)


def _kind_of(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return type(getattr(cause, "__cause__", None) or cause).__name__


def hold_file(file: Path, opened: AsyncExitStack) -> None:
    """One process at a time serves a SQLite file: the embedded engines wake nobody elsewhere."""
    lock = opened.enter_context(file.with_suffix(".lock").open("a"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotRun(
            "TRACKER_DATABASE_URL: another process serves this file; end it, or use PostgreSQL for several"
        ) from None


async def open_registry(settings: TrackerSettings, opened: AsyncExitStack) -> Registry:
    """The court's books, for a command that reads or writes them and ends."""
    keys = load_keys(settings)
    database = await open_database(settings, opened)
    return Registry(database=database, keys=keys, entropy=SystemEntropy(), now=SystemClock().now)


def court_of(settings: TrackerSettings) -> CourtId:
    return CourtId(settings.court_id)
