"""Files as clerks upload them: right rows about invented people, to change in one point."""

import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta

from scripts import cast

RIGHT: Mapping[str, str] = {
    "案号": cast.B_CASE,
    "姓名": cast.B.name,
    "证件号码": cast.B.number,
    "身份核实来源": "户籍信息（住址相符）",
    "措施": "协助送达",
    "最后一日": "2026-05-20",
    "解除金额": "10,000.00",
    "联动单位": "铁路;公安;边检;出入境",
    "待送达文书文号": "（2026）京0199执1402号之一",
    "待送达文书日期": "2026-01-12",
    "待送达文书签发人": "岳衡",
}
FIRST_BORN = date(1970, 1, 1)


def row(**changes: str) -> dict[str, str]:
    """A row that is right, but for the changes."""
    return {**RIGHT, **changes}


def stranger(position: int) -> cast.Wanted:
    """One of many invented people of the same name."""
    number = cast.resident_number(FIRST_BORN + timedelta(days=position), 20)
    return cast.Wanted(name="张三", number=number, phone="")


def rows_about(count: int) -> list[dict[str, str]]:
    """Right rows about so many different people."""
    people = [stranger(position) for position in range(count)]
    return [row(姓名=one.name, 证件号码=one.number) for one in people]


def sheet(*rows: Mapping[str, str]) -> bytes:
    """The rows as CSV."""
    written = io.StringIO()
    columns = dict.fromkeys(name for one in rows for name in one)
    writer = csv.DictWriter(written, list(columns))
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()
