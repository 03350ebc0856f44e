"""What an agency will see of a person, line by line in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.documents import Sex
from schemas.messages import NamedDetails
from tracker.services.agencies.disclosure import Disclosure, Preview
from tracker.web.words.labels import label


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """One thing that the agency sees. `is_number`: it shows digits of a document's number."""

    what: str
    value: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBy:
    """What one agency, or several alike, will see, in the reader's language."""

    agency: str
    lines: tuple[SeenLine, ...]


def seen_by(previews: Sequence[Preview], language: str) -> tuple[SeenBy, ...]:
    """Everything that each agency will see, and nothing else; those that will see the same stand together."""
    names: dict[tuple[SeenLine, ...], list[str]] = {}
    for one in previews:
        lines = (*_of_all(one.disclosure, language), *_named(one.disclosure.named, language))
        name = one.agency.name if language == "zh" else one.agency.name_en
        names.setdefault(lines, []).append(name)
    between = "、" if language == "zh" else ", "
    return tuple(SeenBy(agency=between.join(agencies), lines=lines) for lines, agencies in names.items())


def _of_all(disclosed: Disclosure, language: str) -> tuple[SeenLine, ...]:
    count = len(disclosed.documents)
    if language == "zh":
        return (
            SeenLine(what="证件号码", value=f"{count} 个加密标记，无法读出号码"),
            SeenLine(what="编号", value="一个随机编号"),
            SeenLine(what="措施", value=label(disclosed.measure, language)),
            SeenLine(what="最后一日", value=disclosed.valid_until.isoformat()),
        )
    marks = "1 keyed mark" if count == 1 else f"{count} keyed marks"
    return (
        SeenLine(what="Document number", value=f"{marks}: no number can be read from it"),
        SeenLine(what="Reference", value="a random number"),
        SeenLine(what="Measure", value=label(disclosed.measure, language)),
        SeenLine(what="Last day", value=disclosed.valid_until.isoformat()),
    )


def _named(named: NamedDetails | None, language: str) -> tuple[SeenLine, ...]:
    if named is None:
        nothing = (
            ("姓名等", "没有，任何个人信息都读不到")
            if language == "zh"
            else ("Name", "none: nothing personal")
        )
        return (SeenLine(what=nothing[0], value=nothing[1]),)
    words = _WORDS[language]
    born = "" if named.birth_year is None else str(named.birth_year)
    return (
        SeenLine(what=words["name"], value=named.name),
        SeenLine(what=words["sex"], value=_SEX[language][named.sex] if named.sex else words["unknown"]),
        SeenLine(what=words["birth_year"], value=born or words["unknown"]),
        SeenLine(what=words["masked_number"], value=named.masked_number, is_number=True),
        SeenLine(what=words["case_number"], value=named.case_number),
        SeenLine(what=words["instructions"], value=named.instructions),
        SeenLine(what=words["phone_24h"], value=named.phone_24h),
    )


_SEX = {
    "zh": {Sex.MALE: "男", Sex.FEMALE: "女"},
    "en": {Sex.MALE: "male", Sex.FEMALE: "female"},
}
_WORDS = {
    "zh": {
        "name": "姓名",
        "sex": "性别",
        "birth_year": "出生年份",
        "masked_number": "遮盖后的号码",
        "case_number": "案号",
        "instructions": "指示",
        "phone_24h": "24 小时电话",
        "unknown": "未登记",
    },
    "en": {
        "name": "Name",
        "sex": "Sex",
        "birth_year": "Birth year",
        "masked_number": "Masked number",
        "case_number": "Case number",
        "instructions": "Instruction",
        "phone_24h": "24-hour phone",
        "unknown": "not known",
    },
}
