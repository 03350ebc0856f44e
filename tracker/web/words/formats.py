"""How times, days and money are written on the screen and read from a form. Court time, yuan; pure.

What must not break: money is kept in whole fen, and a sum that was typed is never rounded.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from tracker.domain.calendar import Calendar
from tracker.domain.court_time import COURT_ZONE, court_day

FEN: Final = 100
LARGEST_FEN: Final = 2**63 - 1
_YUAN: Final = re.compile(r"(\d{1,16})(?:\.(\d{1,2}))?")
_WEEKDAYS: Final = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def yuan(fen: int) -> str:
    """1,003,000.00 for 100300000 fen."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN:,}.{abs(fen) % FEN:02d}"


def fen_of(typed: str) -> int | None:
    """Fen from what was typed in yuan; None where it is no sum."""
    plain = typed.strip().replace(",", "").replace("，", "").removeprefix("¥").removeprefix("￥")
    read = _YUAN.fullmatch(plain)
    if read is None:
        return None
    fen = int(read[1]) * FEN + int((read[2] or "").ljust(2, "0"))
    return fen if fen <= LARGEST_FEN else None


def moment(at: datetime) -> str:
    """2026-02-28 06:59 by the court's clock."""
    return f"{at.astimezone(COURT_ZONE):%Y-%m-%d %H:%M}"


def moment_to_the_second(at: datetime) -> str:
    """2026-02-25 19:42:07 by the court's clock."""
    return f"{at.astimezone(COURT_ZONE):%Y-%m-%d %H:%M:%S}"


def clock(at: datetime) -> str:
    """06:59 by the court's clock."""
    return f"{at.astimezone(COURT_ZONE):%H:%M}"


def time_left(until: datetime, at: datetime, language: str) -> str:
    """10小时57分; whole minutes, rounded down."""
    minutes = int(abs(until - at).total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    chinese, english = ("天", "小时", "分"), ("d ", "h ", "min")
    words = chinese if language == "zh" else english
    parts = [(days, words[0]), (hours, words[1]), (rest, words[2])]
    while len(parts) > 1 and parts[0][0] == 0:
        parts.pop(0)
    return "".join(f"{number}{word}" for number, word in parts).strip()


def ago(since: datetime, at: datetime, language: str) -> str:
    """10小时57分前; within the first minute, 刚刚."""
    if at - since < timedelta(minutes=1):
        return "刚刚" if language == "zh" else "just now"
    return time_left(since, at, language) + ("前" if language == "zh" else " ago")


def duration(seconds: int, language: str) -> str:
    """90秒, 15分钟 or 2小时: in the largest unit that holds it whole."""
    units = ((3600, "小时", " h"), (60, "分钟", " min"), (1, "秒", " s"))
    size, chinese, english = next(one for one in units if seconds % one[0] == 0 and (seconds or one[0] == 1))
    return f"{seconds // size}{chinese if language == 'zh' else english}"


def field_moment(at: datetime) -> str:
    """As a form field of the type `datetime-local` wants it."""
    return f"{at.astimezone(COURT_ZONE):%Y-%m-%dT%H:%M}"


def moment_of(typed: str) -> datetime | None:
    """A moment (UTC) from court time as a form field sends it; None where it is none."""
    try:
        local = datetime.fromisoformat(typed.strip())
        return local.replace(tzinfo=COURT_ZONE).astimezone(UTC) if local.tzinfo is None else None
    except (ValueError, OverflowError):
        return None


def day_of(typed: str) -> date | None:
    """A day as a form field sends it; None where it is none."""
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def time_of(typed: str) -> time | None:
    """A time of day as a form field sends it; None where it is none."""
    try:
        read = time.fromisoformat(typed.strip())
    except ValueError:
        return None
    return read if read.tzinfo is None else None


def hours(begins_at: datetime, ends_at: datetime) -> str:
    """08:00–20:00; a day that ends at midnight ends at 24:00."""
    until = clock(ends_at)
    return f"{clock(begins_at)}–{'24:00' if until == '00:00' else until}"


def duty_day(at: datetime, calendar: Calendar, language: str) -> str:
    """28日 周六（调休上班）: the day, its weekday, and what the calendar says of it."""
    day = court_day(at)
    weekday = _WEEKDAYS[language][day.weekday()]
    if language == "zh":
        return f"{day.day}日 周{weekday}（{_kind_of_day(day, calendar)[0]}）"
    return f"{weekday} {day:%d %b} ({_kind_of_day(day, calendar)[1]})"


def _kind_of_day(day: date, calendar: Calendar) -> tuple[str, str]:
    if calendar.is_makeup_workday(day):
        return "调休上班", "make-up workday"
    known = ("", "") if calendar.is_planned(day) else ("，节假日安排未公布", ", holiday plan not announced")
    kind = ("工作日", "workday") if calendar.is_workday(day) else ("休息日", "rest day")
    return kind[0] + known[0], kind[1] + known[1]
