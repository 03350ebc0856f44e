"""The invented people of the model case, and the court they work at. Nobody here exists."""

from dataclasses import dataclass
from datetime import date, timedelta

from schemas.documents import check_character
from tracker.domain.ids import CourtId, PersonId, TeamId
from tracker.domain.people import Days, Duty, HeldRole, Role
from tracker.domain.rosters import RosterRule
from tracker.services.founding import CourtPlan, PlannedPerson, found_court
from tracker.storage.people import Court
from tracker.storage.transaction import Tx

COURT = Court(
    court_id=CourtId("yunhe"),
    code="京0199",
    name="云河区人民法院",
    sms_name="云河法院",
    desk_phone="010-00000000",
)
TEAM = TeamId("team-one")
TEAM_NAME = "执行一队"
DEMO_PASSWORD = "court-demo"
# Quick to check: a password that everybody is told keeps nobody out, however slow it is to guess.
DEMO_PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$/VC5AEsy/esWNx/Egxkg+A$Vs8zvf1keOb+GmCHcKpVYml1guvJgJTh2ZGVYhujaiU"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of the court; `number` is the last two digits of the demo phone."""

    login: str
    name: str
    role: Role
    number: int
    in_team: bool = False

    @property
    def person_id(self) -> PersonId:
        return PlannedPerson.id_of(self.login)

    @property
    def phone(self) -> str:
        return demo_phone(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A person on the list."""

    name: str
    number: str
    phone: str


def demo_phone(number: int) -> str:
    """A number of the range that no live provider sends to."""
    return f"+86100000000{number:02d}"


def resident_number(born: date, sequence: int) -> str:
    """A resident number of the test range with a right check character."""
    first_17 = f"990000{born:%Y%m%d}{sequence:03d}"
    return first_17 + check_character(first_17)


JUDGE = Member(login="shen", name="沈清和", role=Role.JUDGE, number=1, in_team=True)
CLERK = Member(login="he", name="何以宁", role=Role.CLERK, number=2, in_team=True)
DUTY_OFFICER = Member(login="gao", name="高鸣", role=Role.DUTY_OFFICER, number=3)
ASSISTANT = Member(login="lin", name="林溪", role=Role.ASSISTANT, number=4, in_team=True)
BAILIFF_ONE = Member(login="qin", name="秦守一", role=Role.BAILIFF, number=5)
BAILIFF_TWO = Member(login="luo", name="罗定", role=Role.BAILIFF, number=6)
LEADER = Member(login="gu", name="顾长河", role=Role.BUREAU_LEADER, number=7)
DESK = Member(login="bai", name="白露", role=Role.COMMAND_DESK, number=8)
PRESIDENT = Member(login="yue", name="岳衡", role=Role.PRESIDENT, number=9)
AUDITOR = Member(login="audit", name="卓然", role=Role.AUDITOR, number=12)
ADMINISTRATOR = Member(login="admin", name="钟正行", role=Role.ADMINISTRATOR, number=16)

MEMBERS = (
    JUDGE,
    CLERK,
    DUTY_OFFICER,
    ASSISTANT,
    BAILIFF_ONE,
    BAILIFF_TWO,
    LEADER,
    DESK,
    PRESIDENT,
    AUDITOR,
    ADMINISTRATOR,
)

A = Wanted(name="佟大川", number=resident_number(date(1979, 3, 12), 13), phone=demo_phone(10))
B = Wanted(name="程远舟", number=resident_number(date(1985, 11, 5), 17), phone=demo_phone(11))
B_DEBT_FEN = 8_640_000
A_DEBT_FEN = 100_300_000
A_COLLECTED_FEN = 9_700_000
A_CASE = "（2026）京0199执1357号"
B_CASE = "（2026）京0199执1402号"


async def engage(
    tx: Tx, first_day: date, last_day: date, duty_days: tuple[date, date], language: str = "zh"
) -> None:
    """Found the court with its people, rules and roster. `duty_days`: the duty officer's; the desk serves on
    the others.
    """
    plan = CourtPlan(
        court=COURT,
        teams={TEAM: TEAM_NAME},
        people=tuple(
            PlannedPerson(
                login=member.login,
                name=member.name,
                phone=member.phone,
                language=language,
                held=(HeldRole(role=member.role, team_id=TEAM if member.in_team else None),),
            )
            for member in MEMBERS
        ),
        shifts=_shifts(first_day, last_day, duty_days),
    )
    await found_court(tx, plan, dict.fromkeys((member.login for member in MEMBERS), DEMO_PASSWORD_HASH))


def _shifts(first_day: date, last_day: date, duty_days: tuple[date, date]) -> tuple[RosterRule, ...]:
    a_day = timedelta(days=1)
    shifts = (
        (Duty.DUTY_OFFICER, DUTY_OFFICER, Days.EVERY_DAY, duty_days),
        (Duty.DUTY_OFFICER, DESK, Days.EVERY_DAY, (first_day, duty_days[0] - a_day)),
        (Duty.DUTY_OFFICER, DESK, Days.EVERY_DAY, (duty_days[1] + a_day, last_day)),
        (Duty.TEAM, ASSISTANT, Days.EVERY_DAY, (first_day, last_day)),
        (Duty.TEAM, CLERK, Days.WORKDAYS, (first_day, last_day)),
        (Duty.LEADER, LEADER, Days.EVERY_DAY, (first_day, last_day)),
        (Duty.DESK, DESK, Days.EVERY_DAY, (first_day, last_day)),
    )
    return tuple(
        RosterRule(
            court_id=COURT.court_id,
            duty=duty,
            people=(member.person_id,),
            days=days,
            first_day=first,
            last_day=last,
            team_id=TEAM if duty is Duty.TEAM else None,
        )
        for duty, member, days, (first, last) in shifts
        if first <= last
    )
