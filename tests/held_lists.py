"""What lies on the disk of a closed edge, entry by entry: to be compared with what the court lists."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from adapters.replica.codec import BUCKETS
from adapters.replica.lists import Lists
from adapters.replica.ordered_state import OrderedState
from adapters.replica.replica import LISTS, TOMBSTONES
from adapters.replica.tags import Tags
from adapters.replica.tombstones import Tombstones
from adapters.replica.values import FeedKey
from schemas.listed import ListedEntry
from schemas.tokens import TOKEN_BYTES, EpochKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldList:
    """What whoever screens by it is shown: the entries that no tombstone hides, and all that is found under
    their tokens.
    """

    entries: tuple[ListedEntry, ...]
    found: dict[bytes, tuple[int, ...]]


def held_list(replica: Path, keys: EpochKeys, feed: FeedKey) -> HeldList:
    """The list of a feed in the folder of a replica."""
    lists = Lists(replica / LISTS, Tags({keys.epoch: keys.digest_key}))
    tombstones = Tombstones(replica / TOMBSTONES)
    gone = tombstones.versions()
    with lists.reading() as ordered:
        stored = [one for bucket in range(BUCKETS) for one in _entries(ordered, feed, bucket)]
        entries = tuple(one for one in stored if one.version > gone.get(one.reference, 0))
        found = {token: ordered.references(feed, token) for token in found_under(entries)}
    tombstones.close()
    lists.close()
    return HeldList(entries=entries, found=found)


def found_under(entries: Iterable[ListedEntry]) -> dict[bytes, tuple[int, ...]]:
    """The references under each token, as entries name them."""
    found: defaultdict[bytes, list[int]] = defaultdict(list)
    for one in sorted(entries):
        for at in range(0, len(one.tokens), TOKEN_BYTES):
            found[one.tokens[at : at + TOKEN_BYTES]].append(one.reference)
    return {token: tuple(references) for token, references in found.items()}


def _entries(ordered: OrderedState, feed: FeedKey, bucket: int) -> list[ListedEntry]:
    return [
        ListedEntry.unpack(entry) for entries, _tags in ordered.entries(feed, bucket) for entry in entries
    ]
