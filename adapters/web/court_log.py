"""The court's log of packets, fetched from its edge listener."""

from collections.abc import Sequence
from typing import Final

from adapters.edge.settings import LogAway
from adapters.identity import Identity
from adapters.replica.values import FeedKey
from adapters.web.court_client import Answered, ask_court
from schemas.catch_up import packets_path, split_packets

MOST_BYTES: Final = 64 * 2**20


class HttpCourtLog:
    def __init__(self, court_url: str, identity: Identity) -> None:
        self._court_url = court_url
        self._identity = identity

    async def packets_after(self, feed: FeedKey, sequence: int) -> Sequence[bytes]:
        path = packets_path(feed.epoch, feed.incarnation, sequence)
        answer = await ask_court(self._court_url + path, self._identity, MOST_BYTES)
        if not isinstance(answer, Answered):
            raise LogAway(answer.why)
        return split_packets(answer.body)
