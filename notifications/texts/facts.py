"""What a text is rendered from, and what rendering gives back.

Times are aware; they are shown as Asia/Shanghai. A fact may be given in Chinese whatever the language of the
text: what has an English word is translated, the rest is romanised.
"""

from dataclasses import dataclass, field
from datetime import datetime


# Without slots: what was not given stands in the class, and costs nothing where hundreds are read.
@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of one text to one person. Only those that the text needs have to be given."""

    court: str
    """Short name, as in the SMS signature: 云河法院."""
    sent_at: datetime
    """A clock without a day is the day of sending."""

    case: str | None = None
    """Short number: 26执1357."""
    case_english: str | None = None
    """26 Zhi 1357."""
    surname: str | None = None
    code: str | None = None
    """Five digits, the receiver's own for this alert."""
    service: str | None = None
    """Train or flight: Z38."""
    coach: str | None = None
    berth: str | None = None
    """Berth or seat as written on the ticket: 12下, 41座."""
    act_at: datetime | None = None
    act_place: str | None = None
    act_from: datetime | None = None
    previous_act_at: datetime | None = None
    """Act point of the plan that no longer holds."""
    sighted_at: datetime | None = None
    sighted_place: str | None = None
    sighted_detail: str | None = None
    """出站闸机."""
    sighting_phrase: str | None = None
    """How the person was seen; what stands after the first comma may be dropped:
    入住西直门如归旅店，人在店内.
    """
    exit_ban: bool = False
    """An order not to let the person out of the country is in force; unless given, no text claims one."""
    judge: str | None = None
    """Surname of the responsible judge: 沈."""
    taker: str | None = None
    """Surname and title: 沈法官."""
    taken_at: datetime | None = None
    raised_at: datetime | None = None
    escalates_at: datetime | None = None
    muster_at: datetime | None = None
    muster_place: str | None = None
    leader: str | None = None
    """Surname and title of who leads the team: 沈法官."""
    agency: str | None = None
    silent_from: datetime | None = None
    """Since when nothing came over the agency's line."""
    heard_at: datetime | None = None
    """When something came again."""
    confirm_by: datetime | None = None
    case_state: str = "已终止"
    """What became of `case` while `other_case` still stands: 已终止, or 已暂停."""
    other_case: str | None = None
    """Short number of the case that still stands."""
    other_measure_phrase: str | None = None
    """仅通报行踪，勿控制."""
    performed_at: datetime | None = None
    """When the debt was paid, or the entry ended for another `reason`."""
    reason: str | None = None
    """Why it ended: 已履行."""
    missing_agency: str | None = None
    """Whose receipt is missing; while set, no text says that the entry is gone everywhere."""
    may_release: bool = False
    """The measure holds people, so the stand-down repeats the signed order to release."""
    held_at: datetime | None = None
    held_by: str | None = None
    release_at: datetime | None = None
    ends_at: datetime | None = None
    """The first moment that no longer belongs to the entry."""
    validate_by: datetime | None = None
    """When the entry is suspended unless somebody says that it is still needed."""
    rows_listed: int | None = None
    """Rows of an imported file that are on the list now."""
    rows_refused: int | None = None
    """Rows that were right when they were checked and are not on it; none: left out."""
    colleague: str | None = None
    """Surname and title of who was asked to take it over: 高干警."""
    missed: int | None = None
    """Alerts that nobody acted on and that have no outcome yet."""
    missed_from: datetime | None = None
    """When the first of them was missed."""
    more: int | None = None
    """How many alerts one text stands for; the rest of it tells of the nearest."""
    desk_phone: str | None = None
    member: str | None = None
    """Surname and title of whom a notice about the court's own people speaks of: 高干警."""
    wrong_replies: int | None = None
    """Replies within an hour that meant nothing."""
    check_code: str | None = field(default=None, repr=False)
    """Six digits that prove a phone."""
    counts_until: datetime | None = None
    """Until when the receiver's device counts without another test."""
    provider: str | None = None
    """Which provider a probe tries."""
    work: str | None = None
    """Which of the court's own work is late."""
    late_from: datetime | None = None
    """Since when it is."""
    caught_up_at: datetime | None = None
    """When it no longer was."""
    shift_at: datetime | None = None
    """When the receiver's shift begins."""
    given_shift_at: datetime | None = None
    """When the shift begins that the receiver gives for it in a swap."""
    half_taken: bool = False
    """The ladder wants judge and officer, and only one of them has it."""
    open_alerts: int | None = None
    """How many alerts are handed over with it; `act_at` and `act_place` are of the nearest."""
    post: str | None = None
    """What nobody is on shift for, in the language of the text: 带班领导."""
    gap_from: datetime | None = None
    gap_until: datetime | None = None
    gaps: int | None = None
    """How many there are in all; left out when it is the only one."""
    phoneless: int | None = None
    """How many people on shift have no phone, or nothing leads to them; none: left out."""
    year: int | None = None
    repeat: bool = False
    """Sent again because the result of the first try is unknown."""
    drill: bool = False
    """Of a drill: every text says so before anything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    sms: str
    """Empty where the text may not go out as SMS."""
    units: int
    """UTF-16 units of a text in UCS-2, septets of one in GSM-7."""
    push_title: str
    push_body: str
    push_actions: tuple[str, ...]
    voice: str
    silent: bool
    """The push must not ring."""


_GIVEN_BY = {
    "act_day": "act_at",
    "act_clock": "act_at",
    "previous_plan": "previous_act_at and act_at",
    "sighted_clock": "sighted_at",
    "whereabouts": "sighted_at and sighting_phrase, or act_at and act_place",
    "all_lifted": "performed_at, and no missing_agency",
    "last_day": "ends_at",
}


class FactMissing(LookupError):
    """A text was asked for without a fact it cannot do without. Give that fact, or ask for another text."""

    def __init__(self, text_id: str, word: str) -> None:
        self.text_id = text_id
        self.fact = _GIVEN_BY.get(word, word)
        super().__init__(f"text {text_id} needs {self.fact}")
