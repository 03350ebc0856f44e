"""How the line to an agency stands, in the words of `tracker agency status`."""

from collections.abc import Iterator
from datetime import datetime

from tracker.domain.line_closing import CLOSING_REASON_EN
from tracker.services.lines.epoch_rolls import RollStatus
from tracker.services.lines.status import AgencyStatus, Carried, InstanceStatus
from tracker.web.words.formats import clock, moment
from tracker.web.words.refusals import refused_there_label


def lines_of(status: AgencyStatus, at: datetime) -> Iterator[str]:
    """All that `tracker agency status` says of an agency."""
    feed = status.feed
    yield (
        f"{status.agency.agency_id}: epoch {feed.keys.epoch}, incarnation {feed.incarnation}, "
        f"change {feed.head.sequence}, {feed.head.count} references"
    )
    closing = status.agency.closing
    if closing is not None:
        yield (
            f"  LINE CLOSED {_ago(closing.at, at)}: {CLOSING_REASON_EN[closing.reason]}; "
            "nothing is published, nothing is taken"
        )
    if status.roll is not None:
        yield f"  {describe_roll(status.roll, at)}"
    for one in status.instances:
        yield from _lines_of_instance(one, at)
    if not status.instances:
        yield "  no adapter: enrol one with `tracker agency enrol`"
    yield from _what_came_back(status, at)


def describe_roll(roll: RollStatus, at: datetime) -> str:
    """Since when two epochs are in force, and what the old one waits for."""
    said = f"epoch {roll.roll.to_epoch} since {_ago(roll.begun_at, at)}, beside epoch {roll.roll.from_epoch}"
    waits = []
    if not roll.is_filled:
        waits.append("its list still fills")
    waits += [f"{name} {_behind(name in roll.keyless)}" for name in roll.behind]
    if roll.withdrawn:
        waits.append(f"{roll.withdrawn} withdrawn not gone everywhere yet")
    if roll.answered:
        waits.append(f"{roll.answered} open alerts answered or held by the old names")
    return f"{said}: {', '.join(waits) or 'the old epoch ends within seconds'}"


def _behind(is_keyless: bool) -> str:
    return (
        "needs the new keys (`adapter keep-keys`, brought and started with)" if is_keyless else "still behind"
    )


def _what_came_back(status: AgencyStatus, at: datetime) -> Iterator[str]:
    if status.sighted_at is not None:
        yield f"  last sighting: {_ago(status.sighted_at, at)}"
    for gone in status.withdrawals:
        took = gone.gone_since and (gone.gone_since - gone.withdrawn_at).total_seconds()
        waits = (
            "by folder: gone after the next carrying" if status.is_by_folder else "not gone everywhere yet"
        )
        ended = waits if took is None else f"gone after {took:.1f} s"
        yield f"  withdrawal {_ago(gone.withdrawn_at, at)}: {ended}"
    for refusal in status.refusals:
        yield f"  refused {refusal.times} times, last {_ago(refusal.last_at, at)}: {refusal.reason}"


def _lines_of_instance(one: InstanceStatus, at: datetime) -> Iterator[str]:
    yield f"  {one.name}: {_holds(one, at)}"
    if one.closed_at is None:
        yield f"  {one.name}: {_canary_of(one, at)}"
    for refused in one.refused:
        said = refused_there_label(refused.kind, "en")
        last = _ago(refused.last_at, at)
        yield f"  {one.name}: refused {refused.times} times what came as the court's, last {last}: {said}"
    if one.is_by_folder:
        there, back = _carried(one.carried_there), _carried(one.carried_back)
        yield f"  {one.name}: by folder, there {there}; back {back}"


def _canary_of(instance: InstanceStatus, at: datetime) -> str:
    last = "never" if instance.canary_at is None else _ago(instance.canary_at, at)
    if instance.silent_since is None:
        return f"canary came back {last}" if instance.canary_at else "canary has not come back yet"
    return f"silent since {_ago(instance.silent_since, at)} (canary came back {last}): call the agency"


def _carried(carried: Carried | None) -> str:
    if carried is None:
        return "not carried yet"
    expected = "" if carried.next_about is None else f", next about {clock(carried.next_about)}"
    return f"carried {moment(carried.at)}{expected}"


def _holds(instance: InstanceStatus, at: datetime) -> str:
    if instance.emptied_at is not None:
        return f"closed, says that it removed its list {_ago(instance.emptied_at, at)}"
    if instance.closed_at is not None:
        return "closed, has not said that it removed its list"
    holds = "holds the same" if instance.is_equal else f"is {instance.behind} changes behind"
    if not instance.is_equal and not instance.behind:
        holds = "holds another list: it fetches it anew by itself; look at its log"
    if instance.list_percent is not None:
        holds = f"fetches a whole list, {instance.list_percent} % has come; meanwhile it {holds}"
    if instance.heard_at is None:
        return f"{holds}, never heard"
    if instance.is_equal:
        # Every change has its receipt, so the last one tells since when.
        return f"{holds} since {_ago(instance.heard_at, at)}"
    return f"{holds}, heard {_ago(instance.heard_at, at)}"


def _ago(then: datetime, at: datetime) -> str:
    return f"{max(0, int((at - then).total_seconds()))} s ago"
