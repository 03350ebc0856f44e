"""The path of one case, row by row as the design's table has it, and every arrow that a life crosses on it.

A commit is known by the rows it has written. What no rule names gets a name that stands in no row, so that
a new arrow fails the tests until somebody has said where it belongs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PATH: Final = {
    1: "an entry is registered; a second person approves it",
    2: "the feed writer numbers, signs and publishes what has committed",
    3: "the edge applies a packet, and says what its replica holds",
    4: "an identity document is used",
    5: "the edge reports the sighting; or a signed webhook is answered",
    6: "the court takes the sighting",
    7: "a notice is sent",
    8: "a delivery report or a reply arrives",
    9: "taken, or nobody answered",
    10: "dispatch, confirmation, hold, hand-over, outcome",
    11: "the entry stops being in force",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A name for every commit that has written all of this; the first that fits counts."""

    name: str
    wrote: frozenset[str]
    only: bool = False
    """Nothing beside it either, but for columns of the same rows."""

    def fits(self, written: frozenset[str]) -> bool:
        if self.only:
            return {one for one in written if "." not in one} == {
                one for one in self.wrote if "." not in one
            } and self.wrote <= written
        return self.wrote <= written


def commit(name: str, *wrote: str) -> Commit:
    return Commit(name=name, wrote=frozenset(wrote))


def lone(name: str, *wrote: str) -> Commit:
    return Commit(name=name, wrote=frozenset(wrote), only=True)


AT_THE_COURT: Final = (
    commit("case opened", "insert enforcement_case"),
    commit("entry registered", "insert watch_entry"),
    commit("entry stopped", "update watch_entry", "insert feed_change", "insert outbox"),
    commit("entry approved", "update watch_entry", "insert feed_change"),
    commit("entry ended", "update watch_entry", "insert notice"),
    lone("audit sealed", "update audit_event"),
    commit("packet numbered", "insert feed_packet"),
    lone("packets published", "update feed", "feed.published_up_to"),
    lone("what awaited the last receipt due", "update notice", "notice.due_at"),
    commit("receipt taken", "insert inbox", "update agency_instance"),
    # With the attempts of its first notices, once the life has looked for notices that waited.
    commit("alert opened from the bus", "insert alert", "insert inbox"),
    commit("alert opened from a webhook", "insert alert", "update inbox"),
    commit("hold recorded", "insert hold", "insert inbox"),
    commit("hand-over recorded", "update hold", "insert inbox"),
    commit("stand-down answer taken", "update stand_down_order", "insert inbox"),
    lone("webhook kept", "insert inbox"),
    lone("inbox row claimed", "update inbox", "inbox.lease_token"),
    commit("notices claimed", "insert attempt", "update notice", "notice.lease_token"),
    commit("result recorded", "update attempt", "update notice"),
    lone("delivery reported", "update attempt"),
    commit("alert taken by reply", "insert reply", "insert taking"),
    commit("order answered by reply", "insert reply", "notice.answered_at"),
    commit("team sent", "insert dispatch"),
    commit("team arrived", "update dispatch", "dispatch.arrived_at"),
    commit("agency answered", "update confirmation", "insert outbox"),
    commit("outcome set", "update alert", "alert.outcome"),
    lone("messages published", "update outbox", "outbox.published_at"),
    lone("messages claimed", "update outbox", "outbox.lease_token"),
    lone("judgement of lines put off", "update due_work", "due_work.due_at"),
    lone("withdrawal given its place in the journal", "update journal_line"),
    lone("due row claimed", "update due_work", "due_work.lease_token"),
    commit("ladder climbed", "delete due_work", "insert notice"),
    lone("due row done", "delete due_work"),
)
AT_THE_EDGE: Final = (
    commit("hit spooled", "insert hits", "insert reports"),
    commit("hit waits for a proven list", "insert hits"),
    lone("reports published", "delete reports"),
    commit("receipt of a withdrawal written", "delete gone", "insert reports"),
    commit("receipt written", "insert told", "insert reports"),
    commit("stand-down kept and answered", "insert orders", "insert reports"),
    commit("confirmation kept", "insert orders"),
    commit("hold reported", "insert holds", "insert reports"),
    commit("hand-over reported", "update holds", "insert reports"),
    commit("withdrawal noted", "insert gone"),
)
ARROWS: Final = {
    1: (
        "court commit: case opened",
        "court commit: entry registered",
        "court commit: entry approved",
        "court commit: audit sealed",
    ),
    2: (
        "court commit: packet numbered",
        "bus publish: court.feed.packet",
        "court commit: packets published",
        "bus publish: court.feed.heartbeat",
    ),
    3: (
        "bus deliver: court.feed.packet",
        "replica commit: packet applied",
        "bus ack: court.feed.packet",
        "bus deliver: court.feed.heartbeat",
        "bus ack: court.feed.heartbeat",
        "edge commit: receipt written",
        "bus publish: agency.receipt",
        "bus deliver: agency.receipt",
        "court commit: receipt taken",
        "bus ack: agency.receipt",
        "court commit: judgement of lines put off",
    ),
    4: ("edge commit: hit spooled",),
    5: (
        "bus publish: agency.sighting",
        "edge commit: reports published",
        "webhook: sightings",
        "court commit: webhook kept",
        "court commit: inbox row claimed",
    ),
    6: (
        "bus deliver: agency.sighting",
        "court commit: alert opened from the bus",
        "bus ack: agency.sighting",
        "court commit: alert opened from a webhook",
    ),
    7: (
        "channel send: sms",
        "channel send: push",
        "court commit: result recorded",
        "court commit: notices claimed",
        "channel send: voice",
    ),
    8: ("court commit: delivery reported", "court commit: order answered by reply"),
    9: (
        "court commit: alert taken by reply",
        "court commit: due row claimed",
        "court commit: ladder climbed",
        "court commit: due row done",
    ),
    10: (
        "court commit: team sent",
        "court commit: team arrived",
        "court commit: agency answered",
        "court commit: messages claimed",
        "bus publish: court.order.confirmation",
        "court commit: messages published",
        "bus deliver: court.order.confirmation",
        "edge commit: confirmation kept",
        "bus ack: court.order.confirmation",
        "edge commit: hold reported",
        "bus publish: agency.hold",
        "bus deliver: agency.hold",
        "court commit: hold recorded",
        "bus ack: agency.hold",
        "edge commit: hand-over reported",
        "bus publish: agency.hand-over",
        "bus deliver: agency.hand-over",
        "court commit: hand-over recorded",
        "bus ack: agency.hand-over",
        "court commit: outcome set",
    ),
    11: (
        "webhook: case-events",
        "court commit: entry stopped",
        "court commit: withdrawal given its place in the journal",
        "bus publish: court.express.tombstone",
        "bus deliver: court.express.tombstone",
        "replica commit: tombstone",
        "edge commit: withdrawal noted",
        "bus ack: court.express.tombstone",
        "replica commit: tombstone cleared",
        "edge commit: receipt of a withdrawal written",
        "court commit: what awaited the last receipt due",
        "bus publish: court.order.stand-down",
        "bus deliver: court.order.stand-down",
        "edge commit: stand-down kept and answered",
        "bus ack: court.order.stand-down",
        "bus publish: agency.stand-down-answer",
        "bus deliver: agency.stand-down-answer",
        "court commit: stand-down answer taken",
        "bus ack: agency.stand-down-answer",
        "court commit: entry ended",
    ),
}
"""Each row's arrows in their order."""


def court_commit(written: frozenset[str]) -> str:
    return _name(AT_THE_COURT, written)


def edge_commit(written: frozenset[str]) -> str:
    return _name(AT_THE_EDGE, written)


def _name(rules: Sequence[Commit], written: frozenset[str]) -> str:
    for rule in rules:
        if rule.fits(written):
            return rule.name
    return f"in no row: {', '.join(sorted(one for one in written if '.' not in one))}"
