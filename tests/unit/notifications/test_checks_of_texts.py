"""An edited text is refused before anybody gets it: with an unknown word, too long, or without what must
never be missing.
"""

from dataclasses import replace

import pytest

from notifications.texts import Language, TextId
from notifications.texts.catalogue import Phrasing
from notifications.texts.checks import Fault, Way, built_in, faults_of, known_words, longest_case
from notifications.texts.examples import example_facts
from notifications.texts.render import render

COURT = "云河法院"
ZH, EN = Language.CHINESE, Language.ENGLISH
PAGE = built_in(TextId.PLANNED_JUDGE, ZH)


def faults(text_id: TextId, language: Language, **edited: str) -> list[Fault]:
    phrasing = replace(built_in(text_id, language), **edited)
    return list(faults_of(text_id, language, phrasing, COURT))


def first_fault(text_id: TextId, language: Language, **edited: str) -> tuple[Way, str]:
    fault = faults(text_id, language, **edited)[0]
    return fault.way, fault.zh if language is ZH else fault.en


@pytest.mark.parametrize(("language", "court"), [(ZH, "新巴尔虎右旗法院"), (EN, "克孜勒苏中院")])
def test_every_built_in_text_passes_its_own_check_with_the_longest_court(
    language: Language, court: str
) -> None:
    found = [
        (text_id, fault)
        for text_id in TextId
        for fault in faults_of(text_id, language, built_in(text_id, language), court)
    ]

    assert found == []


def test_an_unknown_word_is_refused_with_those_there_are() -> None:
    way, told = first_fault(TextId.TAKEN, ZH, sms="{case}{surname}某的预警{nobody}{taker}{taken_at}已接手")

    assert (way, told) == (
        Way.SMS,
        "没有{nobody}，可用的有：{case} {surname} {taker} {taken_at}",
    )


def test_a_text_too_long_says_by_how_much_and_in_which_case() -> None:
    way, told = first_fault(
        TextId.PLANNED_JUDGE, ZH, sms=f"{PAGE.sms}，务必请于出发前登录系统核对文书和行动点"
    )

    assert way is Way.SMS
    assert told == (
        "最长时78字符，超出8字符。请删短，或把可省的部分写进[5…]："
        "【云河法院】重发：行踪预警：26执恢12345买买提某，CZ3101，23日10:58到呼和浩特东。接手回40718，务必请于出发前登录系统核对文书和行动点"
    )


def test_what_may_be_dropped_makes_no_text_too_long() -> None:
    assert faults(TextId.PLANNED_JUDGE, ZH, sms=f"{PAGE.sms}[9，务必请于出发前登录系统核对]") == []


@pytest.mark.parametrize(
    ("text_id", "language", "edited", "told"),
    [
        (
            TextId.PLANNED_JUDGE,
            ZH,
            {"sms": "预警：{case}，{act_at}到{act_place}"},
            "缺少{code}：不可省略，须写在方括号之外",
        ),
        (
            TextId.PLANNED_JUDGE,
            ZH,
            {"sms": "预警：{case}[5，{act_at}到{act_place}]，回{code}"},
            "缺少{act_at}、{act_place}：不可省略，须写在方括号之外",
        ),
        (
            TextId.PLANNED_JUDGE,
            EN,
            {"sms": "Alert: {case}, {act_at} at {act_place}, answer {code}"},
            'the code must be asked for as "Reply {code}": a voice asks for a key in its place',
        ),
        (
            TextId.PAUSED,
            ZH,
            {"sms": "暂停行动：{case}{surname}某，回{code}"},
            "缺少“勿拦截”：不可省略，须写在方括号之外",
        ),
        (
            TextId.STAND_DOWN,
            EN,
            {"push_title": "News - {case}"},
            "“STOP” must stand in it, outside brackets",
        ),
        (
            TextId.DRILL,
            ZH,
            {"sms": "{agency}线路测试预警，{act_place}{act_clock}。回{code}"},
            "缺少“无真实人员”：不可省略，须写在方括号之外",
        ),
        (
            TextId.STAND_DOWN,
            ZH,
            {"voice": "停止行动：{case}{performed_at}{reason}，勿拦截，立即放行。回{code}"},
            "“放行”：是否放行只由签名指令决定，请删去",
        ),
        (
            TextId.PLANNED_JUDGE,
            ZH,
            {"push_body": "{case} {surname}某，请予拦截"},
            "“拦截”：通知不授权任何强制措施，请删去",
        ),
        (
            TextId.AFTER_OUTCOME,
            EN,
            {
                "sms": "{closing_title}: {case} {surname} {closing} {performed_at}, off all agencies. "
                "Do not search any more"
            },
            '"all agencies": it may be said only when all receipts are in: take it out, or use the word of '
            "this text for it",
        ),
        (
            TextId.PERFORMED_PERSON,
            ZH,
            {"sms": "{case}案款{performed_at}{all_lifted}，见https://a，电话{desk_phone}"},
            "“://”：通知中不放网址，请删去：收件人登录后查看",
        ),
    ],
)
def test_what_must_never_be_missing_and_what_must_never_be_said(
    text_id: TextId, language: Language, edited: dict[str, str], told: str
) -> None:
    assert first_fault(text_id, language, **edited)[1] == told


@pytest.mark.parametrize(
    ("text_id", "language", "way", "added"),
    [
        (TextId.AT_ACT_POINT, ZH, "sms", "，立即控制带走"),
        (TextId.AT_ACT_POINT, ZH, "sms", "，截停扣留"),
        (TextId.AT_ACT_POINT, ZH, "sms", "，抓 捕"),
        (TextId.AT_ACT_POINT, ZH, "sms", "，抓\u034f捕"),
        (TextId.AT_ACT_POINT, ZH, "sms", "，抓[1了]捕"),
        (TextId.AT_ACT_POINT, EN, "sms", ". Detain and hold him"),
        (TextId.AT_ACT_POINT, EN, "sms", ". Stop him"),
        (TextId.STAND_DOWN, EN, "voice", ". Stop him"),
        (TextId.DISPATCHED, ZH, "sms", "，立即拘传"),
        (TextId.IMMINENT, ZH, "push_body", "，立即控制"),
        (TextId.HOLD_HALF_GONE, ZH, "sms", "，可拘留"),
    ],
)
def test_no_text_authorises_a_stop_of_its_own(
    text_id: TextId, language: Language, way: str, added: str
) -> None:
    own = built_in(text_id, language)
    edited = (own.sms if way == "voice" else getattr(own, way)) + added

    [fault] = faults(text_id, language, **{way: edited})

    assert fault.en.endswith("no text authorises to stop anybody: take it out")


@pytest.mark.parametrize(
    ("text_id", "language", "prefix", "told"),
    [
        (TextId.IMMINENT, ZH, "停止行动：", "“停止行动”：本通知不下达此指令，请删去"),
        (TextId.IMMINENT, ZH, "停 止行动：", "“停止行动”：本通知不下达此指令，请删去"),
        (TextId.STAND_DOWN, ZH, "不", "“不停止行动”：与本通知的指令相反，请删去"),
        (TextId.STAND_DOWN, ZH, "不予", "“不予停止行动”：与本通知的指令相反，请删去"),
        (TextId.IMMINENT, EN, "STOP: ", '"STOP": this text gives no such order: take it out'),
        (
            TextId.STAND_DOWN,
            EN,
            "Do not ",
            '"not STOP": the opposite of what this text orders: take it out',
        ),
        (
            TextId.STAND_DOWN_RECEIPT_MISSING,
            ZH,
            "名单已全部撤销。",
            "“已全部”：回执未齐时不得这样说：请删去，或改用本通知可用的变量",
        ),
        (
            TextId.STAND_DOWN_RECEIPT_MISSING,
            EN,
            "Off at every agency. ",
            '"every agency": it may be said only when all receipts are in: take it out, or use the word of '
            "this text for it",
        ),
    ],
)
def test_no_text_gives_an_order_that_is_not_its_own_nor_its_opposite(
    text_id: TextId, language: Language, prefix: str, told: str
) -> None:
    assert first_fault(text_id, language, sms=prefix + built_in(text_id, language).sms) == (Way.SMS, told)


def test_a_word_that_may_be_unknown_stands_in_brackets() -> None:
    assert first_fault(TextId.PLANNED_JUDGE, ZH, sms="{service}" + PAGE.sms) == (
        Way.SMS,
        "{service}并非每次都有，须放在方括号内，例如 [?，{service}]",
    )


@pytest.mark.parametrize(
    ("sms", "told"),
    [
        (PAGE.sms + "[请", "左方括号后须紧跟1至9或问号，例如 [5，请勿转告]"),
        (PAGE.sms + "[5请", "有方括号没有关闭，请补上 ]"),
        (PAGE.sms + "]", "有多余的 ]，请删去"),
        (PAGE.sms + "{Case}", "花括号内须是可用的变量，例如 {case}"),
        (PAGE.sms + "［5请］", "括号须用半角 [ ] { }"),
        (PAGE.sms + "\n请", "含有换行或不可见字符，请写成一行"),
        (PAGE.sms + "长" * 600, "过长，请不超过600字"),
        ("", "不能为空"),
    ],
)
def test_markup_that_would_be_misread_is_refused(sms: str, told: str) -> None:
    assert first_fault(TextId.PLANNED_JUDGE, ZH, sms=sms) == (Way.SMS, told)


def test_a_text_goes_out_by_no_other_way_than_the_built_in_one() -> None:
    assert first_fault(TextId.END_OR_RESUME, EN, sms="To decide: {case}") == (
        Way.SMS,
        "this text does not go out this way: leave it empty",
    )
    assert first_fault(TextId.PHONE_CODE, EN, push_title="Code")[0] is Way.PUSH_TITLE


def test_an_english_sms_that_would_count_as_chinese_is_refused() -> None:
    assert first_fault(TextId.CHANNEL_TEST, EN, sms="Test — this way the court’s alerts reach you") == (
        Way.SMS,
        "— ’ cannot stand in an English SMS: use plain letters and signs",
    )


def test_the_longest_case_is_what_goes_out_then() -> None:
    longest = longest_case(TextId.PLANNED_DUTY, ZH, built_in(TextId.PLANNED_DUTY, ZH), COURT)

    assert (longest.units, longest.limit, longest.shortened) == (67, 70, True)
    assert longest.sms == (
        "【云河法院】重发：值班预警：26执恢12345买买提某，CZ3101次，23日10:58到呼和浩特东，承办欧阳法官。接手请回40718"
    )


def test_other_words_are_said_by_every_way() -> None:
    phrasing = Phrasing(
        sms="请看：{case}，{act_at}到{act_place}。回{code}",
        voice="请注意：{case}，{act_at}到{act_place}。请回{code}",
        push_title="请看 {act_at} {act_place}",
        push_body="{case}",
    )

    rendered = render(TextId.PLANNED_JUDGE, example_facts(TextId.PLANNED_JUDGE, COURT), ZH, phrasing)

    assert faults_of(TextId.PLANNED_JUDGE, ZH, phrasing, COURT) == ()
    assert rendered.sms == "【云河法院】请看：26执1357，28日06:59到北京西。回40718"
    assert rendered.voice == "云河法院。请注意：26执1357，28日06:59到北京西。请按1"
    assert (rendered.push_title, rendered.push_body) == ("请看 28日06:59 北京西", "26执1357")


def test_the_words_of_a_text_are_those_of_its_built_in_form() -> None:
    assert known_words(TextId.LINE_SILENT) == ("agency", "silent_from")
