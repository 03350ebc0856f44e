"""`tracker keys`: the court's key file. Lost keys cannot be replaced, so one that is there is left alone, and
completed only where a person says that it comes from an earlier version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tracker.commands.start import WELL, CannotRun, say
from tracker.key_files import KeyFileUnusable, complete_key_file, load_or_make_keys
from tracker.settings import TrackerSettings

NEEDED: Final = ("keys_file", "court_id")
KEEP_A_COPY: Final = "keep a copy apart from the database: without it nothing sealed can be read again"


async def make_keys(settings: TrackerSettings) -> int:
    """Make the file with mode 0600, or say that it is there."""
    path = settings.keys_file
    assert path is not None
    was_there = path.exists()
    with _told_of_the_file():
        load_or_make_keys(path, settings.court_id)
    say("the key file was there; it was left as it is" if was_there else "the key file is made")
    say(KEEP_A_COPY)
    return WELL


async def complete_keys(settings: TrackerSettings) -> int:
    """Draw the keys that an earlier version did not have, and name them."""
    path = settings.keys_file
    assert path is not None
    with _told_of_the_file():
        added = complete_key_file(path)
    if not added:
        say("the key file is whole; it was left as it is")
        return WELL
    say(f"the key file has new keys now: {', '.join(added)}")
    say(KEEP_A_COPY)
    return WELL


@contextmanager
def _told_of_the_file() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise CannotRun(f"TRACKER_KEYS_FILE: {failure.strerror}; choose a folder that is ours") from None
    except KeyFileUnusable as reason:
        raise CannotRun(f"TRACKER_KEYS_FILE: {reason}") from None
