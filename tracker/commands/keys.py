"""`tracker keys make`: the court's key file. Lost keys cannot be replaced, so one that is there is left
alone.
"""

from typing import Final

from tracker.commands.start import WELL, CannotRun, say
from tracker.key_files import load_or_make_keys
from tracker.settings import TrackerSettings

NEEDED: Final = ("keys_file", "court_id")


async def make_keys(settings: TrackerSettings) -> int:
    """Make the file with mode 0600, or say that it is there."""
    path = settings.keys_file
    assert path is not None
    was_there = path.exists()
    try:
        load_or_make_keys(path, settings.court_id)
    except OSError as failure:
        raise CannotRun(f"TRACKER_KEYS_FILE: {failure.strerror}; choose a folder that is ours") from None
    except (ValueError, KeyError):
        raise CannotRun("TRACKER_KEYS_FILE: this is no key file; it was left as it is") from None
    say("the key file was there; it was left as it is" if was_there else "the key file is made")
    say("keep a copy apart from the database: without it nothing sealed can be read again")
    return WELL
