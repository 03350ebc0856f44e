"""The court's log of packets, its snapshots and the keys of its epochs, fetched from its edge listener."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from adapters.edge.settings import LogAway, SnapshotDue, SnapshotGone
from adapters.identity import Identity
from adapters.replica.values import FeedKey
from adapters.web.court_client import Answered, CourtAnswer, CourtAway, ask_court
from adapters.web.key_client import Fetched, fetch_keys
from schemas.catch_up import packets_path, split_packets
from schemas.envelope import MAX_ENVELOPE_BYTES
from schemas.snapshots import manifest_path, snapshot_path
from schemas.tokens import EpochKeys

MOST_BYTES: Final = 64 * 2**20
NO_LONGER_THERE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)


class HttpCourtLog:
    def __init__(self, court_url: str, identity: Identity) -> None:
        self._court_url = court_url
        self._identity = identity

    async def epochs(self) -> Sequence[EpochKeys]:
        answer = await fetch_keys(self._court_url, self._identity)
        if not isinstance(answer, Fetched):
            raise LogAway(answer.why)
        return [epoch.keys for epoch in answer.keys.epochs]

    async def packets_after(self, feed: FeedKey, sequence: int) -> Sequence[bytes] | SnapshotDue:
        path = packets_path(feed.epoch, feed.incarnation, sequence)
        answer = await ask_court(self._court_url + path, self._identity, MOST_BYTES)
        if isinstance(answer, CourtAway) and answer.status == HTTPStatus.SEE_OTHER:
            return SnapshotDue()
        return split_packets(_body(answer))

    async def manifest(self, feed: FeedKey) -> bytes:
        path = manifest_path(feed.epoch, feed.incarnation)
        answer = await ask_court(self._court_url + path, self._identity, MAX_ENVELOPE_BYTES)
        if isinstance(answer, CourtAway) and answer.status == HTTPStatus.ACCEPTED:
            raise LogAway("it is making a snapshot of the list, and is asked again")
        return _body(answer)

    async def snapshot_part(self, feed: FeedKey, sequence: int, begin: int, length: int) -> bytes:
        path = snapshot_path(feed.epoch, feed.incarnation, sequence)
        answer = await ask_court(self._court_url + path, self._identity, length, begin)
        if isinstance(answer, CourtAway) and answer.status in NO_LONGER_THERE:
            raise SnapshotGone("it has another snapshot now, which is fetched instead")
        return _body(answer)


def _body(answer: CourtAnswer) -> bytes:
    if not isinstance(answer, Answered):
        raise LogAway(answer.why)
    return answer.body
