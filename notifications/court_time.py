"""The one time zone people read: times are stored in UTC and shown as court time."""

from zoneinfo import ZoneInfo

COURT_ZONE = ZoneInfo("Asia/Shanghai")
