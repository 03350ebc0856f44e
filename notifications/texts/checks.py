"""What an edited text must keep before anybody gets it: the words it may say and those it must, what no text
may claim, and the length with the longest real names.

What the built-in text never leaves out, an edited one never leaves out: case, time, place, code, the order.
The mark of a drill stands before any text, outside of what can be edited.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import category, normalize

from notifications.texts.catalogue import Phrasing
from notifications.texts.ids import Language, TextId
from notifications.texts.markup import Malformed, Node, find_malformed, literal, outside, parse, words_in
from notifications.texts.render import CATALOGUES, say
from notifications.texts.units import GSM7_LIMIT, UTF16_LIMIT, is_gsm7, units_of
from notifications.texts.worst_facts import worst_facts


class Way(StrEnum):
    """The parts of a phrasing, by their names in it."""

    SMS = "sms"
    VOICE = "voice"
    PUSH_TITLE = "push_title"
    PUSH_BODY = "push_body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one part, and the remedy."""

    way: Way
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LongestCase:
    """What goes out with the longest facts, and how long that is. `shortened`: parts were left out."""

    sms: str
    units: int
    limit: int
    shortened: bool


LONGEST_MARKUP: Final = 600
# A little more than the longest of the built-in texts. WeCom shows 36 characters of a title, Web Push 80.
_LONGEST: Final = {Way.VOICE: 300, Way.PUSH_TITLE: 110, Way.PUSH_BODY: 160}
_LIMITS: Final = {Language.CHINESE: UTF16_LIMIT, Language.ENGLISH: GSM7_LIMIT}
_MAY_GO: Final = frozenset({"surname"})
_ORDERS: Final[Mapping[Language, tuple[str, ...]]] = {
    Language.CHINESE: ("停止行动", "暂停行动", "勿拦截", "暂不出动", "并非本人", "放行", "无真实人员"),
    Language.ENGLISH: (
        "STOP",
        "PAUSE",
        "do not search",
        "do not stop",
        "do not set out",
        "not the person",
        "release at once",
        "no real person",
    ),
}
# Marks and fillers that nobody sees, and spaces where Chinese has none.
_INVISIBLE: Final = frozenset({"Cf", "Mn", "Me"})
_BLANK: Final = "\u115f\u1160\u2800"
_BETWEEN_CHARACTERS: Final = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
# What turns an order that follows into its opposite.
_NOT: Final[Mapping[Language, str]] = {
    Language.CHINESE: r"(?:[不未勿别莫非没][得予必要用能可应宜准许须需再]{0,2}|无须|无需|停止|取消|撤销)",
    Language.ENGLISH: r"\b(?:not|never|no|cannot|without|don't) (?:to )?",
}
_MALFORMED: Final[Mapping[Malformed, tuple[str, str]]] = {
    Malformed.RANK: (
        "左方括号后须紧跟1至9或问号，例如 [5，请勿转告]",
        "after an opening bracket stands a digit from 1 to 9 or a question mark, like [5, tell nobody]",
    ),
    Malformed.BRACE: (
        "花括号内须是可用的变量，例如 {case}",
        "a brace holds one of the words, like {case}",
    ),
    Malformed.UNCLOSED: ("有方括号没有关闭，请补上 ]", "a bracket is not closed: add ]"),
    Malformed.UNOPENED: ("有多余的 ]，请删去", "there is a ] too many: take it out"),
    Malformed.FULL_WIDTH: ("括号须用半角 [ ] { }", "use plain brackets and braces: [ ] { }"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ban:
    """What no text says unless its built-in form says the same word."""

    said: re.Pattern[str]
    zh: str
    en: str


_BANS: Final = (
    _Ban(
        said=re.compile(
            r"抓捕|逮捕|拘捕|抓获|通缉|(?<!勿)拦截|控制|扣留|拘传|拘留|带走|截停|拦下|留置"
            r"|\b(?:arrest|catch|seize|apprehend|detain|hold|custody)"
            # In capitals it is the order to stop looking for somebody.
            r"|(?<!not )(?<!not search or )\b(?!(?-i:STOP\b))stop",
            re.I,
        ),
        zh="通知不授权任何强制措施，请删去",
        en="no text authorises to stop anybody: take it out",
    ),
    _Ban(
        said=re.compile(r"放行|释放|\brelease", re.I),
        zh="是否放行只由签名指令决定，请删去",
        en="only a signed instruction says whom to let go: take it out",
    ),
    _Ban(
        said=re.compile(
            r"各单位|撤控|已全部|全部解除|全部撤销|均已"
            r"|\b(?:all agencies|every agency|fully lifted|everywhere|removed at)",
            re.I,
        ),
        zh="回执未齐时不得这样说：请删去，或改用本通知可用的变量",
        en="it may be said only when all receipts are in: take it out, or use the word of this text for it",
    ),
    _Ban(
        said=re.compile(r"不准出境|限制出境|\bexit ban", re.I),
        zh="仅在限制出境有效时可说：请删去，或改用{exit_ban}",
        en="it may be said only while a ban is in force: take it out, or use {exit_ban}",
    ),
    _Ban(
        said=re.compile(r"://|\bwww\.", re.I),
        zh="通知中不放网址，请删去：收件人登录后查看",
        en="no text bears an address of the web: take it out, people sign in to see more",
    ),
)


def faults_of(text_id: TextId, language: Language, phrasing: Phrasing, court: str) -> tuple[Fault, ...]:
    """What is wrong with an edited text; `court`: the short name that signs it. How it is written is judged
    first, then what it says, and its length only when both are right.
    """
    own = built_in(text_id, language)
    said = _parts(phrasing)
    return (
        tuple(_wrongly_there(own, phrasing))
        or tuple(_unreadable(said))
        or tuple(_unknown(text_id, language, said))
        or (*_left_out(language, own, phrasing), *_forbidden(own, said), *_misordered(language, own, said))
        or tuple(_too_long(text_id, language, phrasing, court))
    )


def built_in(text_id: TextId, language: Language) -> Phrasing:
    """The words of the catalogue."""
    return CATALOGUES[language].phrasing(text_id)


def known_words(text_id: TextId) -> tuple[str, ...]:
    """The words that may stand in a text, those it has in any language, in the order of the first."""
    own = [_parts(built_in(text_id, language)).values() for language in Language]
    return tuple(dict.fromkeys(word for parts in own for one in parts for word in words_in(parse(one))))


def sure_words(text_id: TextId, language: Language) -> frozenset[str]:
    """Those of them that are always known, so that they may stand outside brackets."""
    parts = _parts(built_in(text_id, language)).values()
    return frozenset(word for one in parts for word in words_in(outside(parse(one))))


def longest_case(text_id: TextId, language: Language, phrasing: Phrasing, court: str) -> LongestCase:
    """The SMS with the longest facts. Raises FactMissing for a word that the text does not have."""
    worst = max(
        worst_facts(text_id, language, court),
        key=lambda facts: units_of(say(text_id, facts, language, phrasing, lambda _: False).sms),
    )
    said = say(text_id, worst, language, phrasing).sms
    whole = say(text_id, worst, language, phrasing, lambda _: True).sms
    return LongestCase(sms=said, units=units_of(said), limit=_LIMITS[language], shortened=said != whole)


def _parts(phrasing: Phrasing) -> dict[Way, str]:
    """Those that are there."""
    parts = {way: str(getattr(phrasing, way.value)) for way in Way}
    return {way: markup for way, markup in parts.items() if markup}


def _wrongly_there(own: Phrasing, phrasing: Phrasing) -> Iterator[Fault]:
    """Each text goes out by the ways of its built-in form."""
    needed = {*_parts(own)} - {Way.VOICE}
    allowed = needed | ({Way.VOICE} if own.sms else set())
    said = {*_parts(phrasing)}
    for way in sorted(needed - said):
        yield Fault(way=way, zh="不能为空", en="must not be empty")
    for way in sorted(said - allowed):
        yield Fault(
            way=way,
            zh="本通知不以此方式发送，请留空",
            en="this text does not go out this way: leave it empty",
        )


def _unreadable(said: Mapping[Way, str]) -> Iterator[Fault]:
    for way, markup in said.items():
        malformed = find_malformed(markup)
        if len(markup) > LONGEST_MARKUP:
            yield Fault(
                way=way,
                zh=f"过长，请不超过{LONGEST_MARKUP}字",
                en=f"is too long: at most {LONGEST_MARKUP} characters",
            )
        elif not markup.isprintable():
            yield Fault(
                way=way,
                zh="含有换行或不可见字符，请写成一行",
                en="holds line breaks or invisible characters: write one line",
            )
        elif malformed is not None:
            yield Fault(way=way, zh=_MALFORMED[malformed][0], en=_MALFORMED[malformed][1])


def _unknown(text_id: TextId, language: Language, said: Mapping[Way, str]) -> Iterator[Fault]:
    known, sure = known_words(text_id), sure_words(text_id, language)
    for way, markup in said.items():
        nodes = parse(markup)
        unknown = [word for word in dict.fromkeys(words_in(nodes)) if word not in known]
        bare = [word for word in dict.fromkeys(words_in(outside(nodes))) if word not in sure]
        if unknown:
            yield Fault(
                way=way,
                zh=f"没有{_listed(unknown)}，可用的有：{_listed(known)}",
                en=f"there is no {_listed(unknown)}; there are {_listed(known)}",
            )
        elif bare:
            yield Fault(
                way=way,
                zh=f"{_listed(bare)}并非每次都有，须放在方括号内，例如 [?，{{{bare[0]}}}]",
                en=f"{_listed(bare)} is not always known: put it in brackets, like [?, {{{bare[0]}}}]",
            )


def _left_out(language: Language, own: Phrasing, phrasing: Phrasing) -> Iterator[Fault]:
    """What the built-in form never leaves out. Title and body of a push are read together."""
    pairs = (
        (Way.SMS, own.sms, phrasing.sms),
        (Way.VOICE, own.voice or own.sms, phrasing.voice),
        (Way.PUSH_BODY, own.push_title + own.push_body, phrasing.push_title + phrasing.push_body),
    )
    for way, needed, markup in pairs:
        if not markup:
            continue
        before, now = outside(parse(needed)), outside(parse(markup))
        words = [one for one in dict.fromkeys(words_in(before)) if one not in {*words_in(now), *_MAY_GO}]
        orders = [one for one in _ORDERS[language] if _says(before, one) and not _says(now, one)]
        missing = [f"{{{word}}}" for word in words] + [f"“{order}”" for order in orders]
        if missing:
            yield Fault(
                way=way,
                zh=f"缺少{'、'.join(missing)}：不可省略，须写在方括号之外",
                en=f"{', '.join(missing)} must stand in it, outside brackets",
            )
        elif markup.count("{code}") != markup.count(CATALOGUES[language].reply_by_sms):
            reply = CATALOGUES[language].reply_by_sms
            yield Fault(
                way=way,
                zh=f"回复代码须写作“{reply}”：语音据此改说按键",
                en=f'the code must be asked for as "{reply}": a voice asks for a key in its place',
            )


def _says(nodes: tuple[Node, ...], order: str) -> bool:
    return _is_in(literal(nodes), order)


def _is_in(text: str, order: str) -> bool:
    return order in _as_written(text, order)


def _as_written(text: str, order: str) -> str:
    """An order in capitals is no other word."""
    return text if order.isupper() else text.lower()


def _forbidden(own: Phrasing, said: Mapping[Way, str]) -> Iterator[Fault]:
    usual = _usual(own)
    for way, markup in said.items():
        for ban in _BANS:
            allowed = {one[0].lower() for one in ban.said.finditer(usual)}
            found = (one[0] for text in _heard(markup) for one in ban.said.finditer(text))
            banned = next((one for one in found if one.lower() not in allowed), None)
            if banned is not None:
                yield Fault(way=way, zh=f"“{banned}”：{ban.zh}", en=f'"{banned}": {ban.en}')


def _misordered(language: Language, own: Phrasing, said: Mapping[Way, str]) -> Iterator[Fault]:
    """An order that the built-in form does not give, or the opposite of one that it gives."""
    usual = _usual(own)
    for way, markup in said.items():
        heard = " | ".join(_heard(markup))
        for order in _ORDERS[language]:
            opposite = re.search(_NOT[language] + order, _as_written(heard, order))
            if _is_in(usual, order):
                if opposite:
                    yield Fault(
                        way=way,
                        zh=f"“{opposite[0]}”：与本通知的指令相反，请删去",
                        en=f'"{opposite[0]}": the opposite of what this text orders: take it out',
                    )
            # What is banned anyhow is told once.
            elif _is_in(heard, order) and not any(ban.said.search(order) for ban in _BANS):
                yield Fault(
                    way=way,
                    zh=f"“{order}”：本通知不下达此指令，请删去",
                    en=f'"{order}": this text gives no such order: take it out',
                )


def _usual(own: Phrasing) -> str:
    return "|".join(_heard(markup)[0] for markup in _parts(own).values())


def _heard(markup: str) -> tuple[str, str]:
    """As a reader takes it, however it is spaced: with all that may be dropped, and without. A bar stands in
    the place of a fact.
    """
    nodes = parse(markup)
    return _unspaced(literal(nodes, "|")), _unspaced(literal(outside(nodes), "|"))


def _unspaced(text: str) -> str:
    visible = (
        one for one in normalize("NFKC", text) if category(one) not in _INVISIBLE and one not in _BLANK
    )
    return _BETWEEN_CHARACTERS.sub("", " ".join("".join(visible).split()))


def _too_long(text_id: TextId, language: Language, phrasing: Phrasing, court: str) -> Iterator[Fault]:
    if phrasing.sms:
        yield from _too_long_by_sms(text_id, language, phrasing, court)
    said = [say(text_id, one, language, phrasing) for one in worst_facts(text_id, language, court)]
    for way, most in _LONGEST.items():
        longest = max((_parts(one).get(way, "") for one in said), key=len)
        over = len(longest) - most
        if over > 0:
            yield Fault(
                way=way,
                zh=f"最长时{len(longest)}字，超出{over}字，请删短：{longest}",
                en=f"{len(longest)} characters at the longest, {over} too many: shorten it. {longest}",
            )


def _too_long_by_sms(text_id: TextId, language: Language, phrasing: Phrasing, court: str) -> Iterator[Fault]:
    foreign = sorted({one for one in literal(parse(phrasing.sms)) if not is_gsm7(one)})
    if language is Language.ENGLISH and foreign:
        yield Fault(
            way=Way.SMS,
            zh=f"英文短信不能含有 {' '.join(foreign)}：须用短信基本字符集",
            en=f"{' '.join(foreign)} cannot stand in an English SMS: use plain letters and signs",
        )
        return
    longest = longest_case(text_id, language, phrasing, court)
    over = longest.units - longest.limit
    if over > 0:
        yield Fault(
            way=Way.SMS,
            zh=f"最长时{longest.units}字符，超出{over}字符。请删短，或把可省的部分写进[5…]：{longest.sms}",
            en=f"{longest.units} characters at the longest, {over} too many: shorten it, or put what may be "
            f"left out in [5…]. {longest.sms}",
        )


def _listed(words: Sequence[str]) -> str:
    return " ".join(f"{{{word}}}" for word in words)
