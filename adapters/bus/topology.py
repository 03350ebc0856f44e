"""What stands where on the broker: exchanges, queues, users, and what each user may do. Pure names.

An exchange per direction, private to its writer: the court's reaches the queues of the agencies, an agency's
reaches its own queue at the court and its own dead letters, so that one which floods them crowds out no
other. Nobody may use the default exchange, which reaches every queue there is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

COURT: Final = "court"
FROM_COURT: Final = "from.court"
DEAD_LETTERS: Final = "dead"
"""The queue of what the broker itself buries, which no agency may write to; behind a dot, an agency's own."""
LANES: Final = ("feed", "express", "orders")
NOTHING: Final = "^$"

MOST_DELIVERIES: Final = 1_000
"""A message that kills its consumer each time ends here, and not before: trouble of the consumer's own never
counts, for it keeps the message in hand."""

MOST_PACKETS: Final = 10_000
"""What the queue of a feed holds at most."""
LONGEST_WAIT_MS: Final = 7 * 24 * 60 * 60 * 1000
"""And for how long."""

MOST_WAITING_BYTES: Final = 2**30
"""Of one agency, until the court takes it: a week of a busy railway's sightings."""
MOST_DEAD_BYTES: Final = 2**28
"""Of one agency, and of what the broker buries."""
MOST_CONNECTIONS: Final = 64
"""Of one agency: an adapter has one, and a second one while it comes back."""
MOST_CHANNELS: Final = 16 * MOST_CONNECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue and the exchanges that reach it, each with the routing key under which it does."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    bound_to: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may wait in each queue of these names: what comes then is refused, and its sender keeps it."""

    name: str
    queues: str
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the broker and what it may write to and read from; nobody but an administrator configures.

    `limits` are the broker's own, by their names there.
    """

    name: str
    write: str
    read: str
    configure: str = NOTHING
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    exchanges: tuple[str, ...]
    queues: tuple[Queue, ...]
    users: tuple[User, ...]
    rooms: tuple[Room, ...] = (
        Room(name="from-agencies", queues=r"^from\.", most_bytes=MOST_WAITING_BYTES),
        Room(name="dead-letters", queues=rf"^{DEAD_LETTERS}(\.|$)", most_bytes=MOST_DEAD_BYTES),
    )


def user_of(agency_id: str) -> str:
    """The broker's user of an agency, which the broker vouches for on each of its messages."""
    return f"agency.{agency_id}"


def exchange_of(user: str) -> str:
    """The one exchange that a user may write to."""
    return FROM_COURT if user == COURT else f"from.{user.removeprefix('agency.')}"


def dead_letters_of(agency_id: str) -> str:
    """The queue of what an agency sent or was sent, and somebody refused."""
    return f"{DEAD_LETTERS}.{agency_id}"


def burial_key(user: str, queue: str) -> str:
    """The routing key under which a user's exchange takes a message of a queue to the dead letters.

    An agency's exchange reaches its own alone, under the one name that adapters of every version know.
    """
    return dead_letters_of(queue.split(".")[1]) if user == COURT else DEAD_LETTERS


def topology_of(instances: Mapping[str, Iterable[str]]) -> Topology:
    """Everything for a court and its agencies; `instances` maps each agency to the names of its adapters."""
    agencies = sorted(instances)
    exchanges = (FROM_COURT, *(exchange_of(user_of(agency_id)) for agency_id in agencies))
    queues = [_dead_letters(DEAD_LETTERS, {FROM_COURT: DEAD_LETTERS})]
    for agency_id in agencies:
        own, dead = exchange_of(user_of(agency_id)), dead_letters_of(agency_id)
        queues.append(_dead_letters(dead, {own: DEAD_LETTERS, FROM_COURT: dead}))
        queues.append(_work_queue(f"from.{agency_id}", own, FROM_COURT))
        for name in sorted(instances[agency_id]):
            here = f"{agency_id}.{name}"
            queues.append(_feed_queue(f"feed.{here}", FROM_COURT))
            queues += [_work_queue(f"{lane}.{here}", FROM_COURT) for lane in LANES if lane != "feed"]
    return Topology(
        exchanges=exchanges,
        queues=tuple(queues),
        users=(_court(), *(_agency(agency_id) for agency_id in agencies)),
    )


def _feed_queue(name: str, *bound_to: str) -> Queue:
    """The table of packets is the log, and an adapter fetches from it what it misses: the queue of one that
    is asleep drops its oldest, and holds nothing for long.
    """
    arguments = {
        "x-queue-type": "quorum",
        "x-single-active-consumer": True,
        "x-delivery-limit": MOST_DELIVERIES,
        "x-max-length": MOST_PACKETS,
        "x-overflow": "drop-head",
        "x-message-ttl": LONGEST_WAIT_MS,
    }
    return Queue(name=name, arguments=arguments, bound_to=dict.fromkeys(bound_to, name))


def _work_queue(name: str, *bound_to: str) -> Queue:
    arguments = {
        "x-queue-type": "quorum",
        # Order: of several consumers one is served, the next takes over when it is gone.
        "x-single-active-consumer": True,
        "x-delivery-limit": MOST_DELIVERIES,
        "x-dead-letter-exchange": FROM_COURT,
        # Not the agency's own: the arguments of a queue that is there already cannot be changed.
        "x-dead-letter-routing-key": DEAD_LETTERS,
        # A dead letter that the broker buries is confirmed too before it leaves its queue.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return Queue(name=name, arguments=arguments, bound_to=dict.fromkeys(bound_to, name))


def _dead_letters(name: str, bound_to: Mapping[str, str]) -> Queue:
    """A classic queue: it is read by looking through it, which a quorum queue would count as deliveries."""
    return Queue(name=name, arguments={"x-queue-type": "classic"}, bound_to=bound_to)


def _court() -> User:
    """It consumes its own queues, and looks whether the agencies' are there: RabbitMQ 4.3 lets nobody look
    who may do nothing there.
    """
    lanes = "|".join(("from", *LANES))
    return User(
        name=COURT,
        write=f"^{re.escape(FROM_COURT)}$",
        read=rf"^(({lanes})\..*|{DEAD_LETTERS}(\..*)?)$",
    )


def _agency(agency_id: str) -> User:
    user = user_of(agency_id)
    own = re.escape(agency_id)
    return User(
        name=user,
        write=f"^{re.escape(exchange_of(user))}$",
        read=rf"^(feed|express|orders)\.{own}\.[^.]+$",
        limits={"max-connections": MOST_CONNECTIONS, "max-channels": MOST_CHANNELS},
    )
