"""The Chinese catalogue, in the markup of `markup`.

Order of dropping: 1 coach and seat, 2 address detail, 3 the word 次, 4 polite words, 5 and up what the rest
of the text says already. Case, time, place, verb and code stand outside brackets. No text authorises a stop
or a release: stand-downs and the wrong-person order repeat what the signed instruction says.
"""

from notifications.texts.catalogue import Catalogue
from notifications.texts.ids import Asks, TextId

_SMS = {
    TextId.PLANNED_JUDGE: (
        "行踪预警：{case}{surname}某[?，{service}[3次][1{coach}车[?{berth}]]]，{act_at}到{act_place}。"
        "接手[4请]回{code}"
    ),
    TextId.PLANNED_DUTY: (
        "值班预警：{case}{surname}某[?，{service}[3次][1{coach}车[?{berth}]]]，{act_at}到{act_place}"
        "[5，承办{judge}法官]。接手[4请]回{code}"
    ),
    TextId.IMMINENT: (
        "紧急预警：{case}{surname}某[?，{service}[3次][1{coach}车[?{berth}]]]，{whereabouts}。"
        "接手[4请]回{code}[5，{escalates_at}起逐级上报]"
    ),
    TextId.LADDER: (
        "无人接手：{case}{surname}某，{act_at}到{act_place}[5，{raised_at}起无人接手]。能接手[4请]回{code}"
    ),
    TextId.TAKEN: "{case}{surname}某的预警，{taker}{taken_at}已接手[4，您无需再回][5，行程有变会另行通知]",
    TextId.PLAN_CHANGED: (
        "行程有变：{case}{surname}某[?改乘{service}[3次][1{coach}车[?{berth}]]]，{act_at}到{act_place}"
        "[5，{previous_plan}作废]。接手[4请]回{code}"
    ),
    TextId.PLAN_CONFIRMED: (
        "行程证实：{case}{surname}某{sighted_at}已在{sighted_place}检票，{act_at}到{act_place}[4。无需回复]"
    ),
    TextId.NOBODY_DISPATCHED: (
        "无人出动：{case}{surname}某{act_at}到{act_place}[5，至{act_from}仍未派员]。"
        "[4请]立即派员，接手[4请]回{code}"
    ),
    TextId.NOT_ARRIVED: (
        "未报到位：{case}{surname}某，{act_at}到{act_place}，派员尚未报到位[5，带队{leader}]。"
        "[6[4请]联系核实，]接手[4请]回{code}"
    ),
    TextId.TRACE: (
        "行踪线索：{case}{surname}某，{whereabouts}[5，已过处置时间]，仅供查找。接手[4请]回{code}"
    ),
    TextId.AT_ACT_POINT: (
        "人已到点：{case}{surname}某{sighted_at}在{sighted_place}[2{sighted_detail}]。"
        "[4无需回复，][4请]按派员单行动"
    ),
    TextId.DISPATCHED: (
        "派员：{case}{surname}某，{act_at}到{act_place}[?，{muster_at}{muster_place}集合][5，带队{leader}]。"
        "收到[4请]回{code}"
    ),
    TextId.PAUSED: (
        "暂停行动：{case}{surname}某暂停协查，勿拦截，原地待命[5，待承办法官答复]。收到[4请]回{code}"
    ),
    TextId.RESUMED: (
        "恢复行动：{case}{surname}某[5恢复协查]，{act_at}到{act_place}。[4请][6登录]核对后行动，收到[4请]回{code}"
    ),
    TextId.OTHER_CASE_STANDS: (
        "案件变更：{case}{surname}某[5一案]{case_state}，另案{other_case}[6仍在协查]，{other_measure_phrase}。"
        "收到[4请]回{code}"
    ),
    TextId.PLAN_ENDED: (
        "行程取消：{case}{surname}某{act_day}[?{service}[3次]]已退票[5，原行程作废]。"
        "[4请]暂不出动[5，有新线索再通知]"
    ),
    TextId.CONFIRMATION_DUE: (
        "答复将逾时：{agency}等待{case}{surname}某复核，{confirm_by}前须答复。[4请]登录答复，接手[4请]回{code}"
    ),
    TextId.BORDER_COUNTER: (
        "口岸预警：{case}{surname}某，{sighted_clock}在{sighted_place}[5{border_counter}][6，{exit_ban}]，"
        "[4请]{confirm_by}前核实。接手[4请]回{code}"
    ),
    TextId.STAND_DOWN: (
        "停止行动：{case}{surname}某{performed_at}{reason}[5，{gone_everywhere}]。"
        "勿查找勿拦截[?，{release_order}]。收到[4请]回{code}"
    ),
    TextId.STAND_DOWN_RECEIPT_MISSING: (
        "停止行动：{case}{surname}某{performed_at}{reason}，{missing_agency}尚未回执[5，值班室正电话通知]。"
        "收到[4请]回{code}"
    ),
    TextId.WRONG_PERSON: (
        "停止行动：{case}现场人员并非本人，立即停止接触并放行[5，说明情况并留电话]。收到[4请]回{code}"
    ),
    TextId.AFTER_OUTCOME: (
        "{closing_title}：{case}{surname}某{performed_at}{closing}[5，{gone_everywhere}]。勿再查找[4，无需回复]"
    ),
    TextId.HOLD_HALF_GONE: (
        "控制时限：{case}{surname}某{held_at}[7起]由{held_by}[6控制]，{release_at}前须移交[5，逾时放行]。"
        "接手[4请]回{code}"
    ),
    TextId.PERFORMED_PERSON: (
        "{case}案款已到账，[4对您的]协助查找{performed_at}{all_lifted}。出行如仍被拦，[4请]拨{desk_phone}"
    ),
    TextId.ENTRY_ENDS: (
        "到期提醒：{case}{surname}某的协查{last_day}到期，届时自动撤控[5，仍需协查须提前申请延期][4，无需回复]"
    ),
    TextId.VALIDATION_DUE: (
        "核验提醒：{case}{surname}某的协查须{validate_by}前核验，逾期自动暂停。[4请]登录核验[4，无需回复]"
    ),
    TextId.LINE_SILENT: (
        "线路告警：{agency}{silent_from}起无心跳无回执[5，该线名单或已失效]。[4请]联系对方值班室"
    ),
    TextId.LINE_HEARD: "线路恢复：{agency}{heard_at}起恢复[5，此前自{silent_from}起中断][4。无需回复]",
    TextId.LINE_CLOSED: (
        "线路关闭：{agency}名单已停用，该单位不再比对、不再报告[5，正在办理的请电话联系]。[4请]登录查看"
    ),
    TextId.MESSAGE_REFUSED: (
        "消息被拒：{agency}发来的消息无法读取，可能是行踪，未生成预警[5，原因见单位页]。[4请]致电对方值班室"
    ),
    TextId.WRONG_REPLY: (
        "回复未能识别，未作任何处理。[4请]只回预警短信中的五位代码[5，或致电值班室{desk_phone}]"
    ),
    TextId.WRONG_REPLIES: (
        "回复异常：{member}的手机一小时内{wrong_replies}次回复无法识别[5，或有人冒用其号码]。[4请]电话核实"
    ),
    TextId.SMS_STOPPED: (
        "短信停收：{member}回复退订，预警短信不再发往其手机[5，本人回复“恢复”可重新接收]。[4请]电话联系本人"
    ),
    TextId.PHONE_CODE: "验证码{check_code}，用于核实您接收预警的手机号，10分钟内有效[5，请勿转告他人]",
    TextId.CHANNEL_TEST: "测试通知：您能由此收到本院预警[4，无需回复]",
    TextId.PROBE: "通道探测：本条经{provider}发送，检验短信通道是否畅通[4，无需回复]",
    TextId.PROVIDER_SILENT: (
        "通道告警：{provider}连续两次探测未送达[5，预警短信改由其他通道优先]。[4请]联系服务商"
    ),
    TextId.PROVIDER_HEARD: "通道恢复：{provider}的探测已送达[4。无需回复]",
    TextId.CHANNELS_BACK: "渠道恢复：{member}的设备验证已过期，其关闭的短信已恢复发送。[4请]本人重新验证设备",
    TextId.DEVICE_TEST_DUE: (
        "设备测试：您的推送设备{counts_until}起不计入可靠渠道[5，须每月测试一次]。[4请]登录后重新测试[6，不用的设备请移除]"
    ),
    TextId.NUMBER_DEAD: "号码失效：{member}的手机号已无法送达[5，下次值班前须更换]。[4请]登录人员页更新",
    TextId.WORK_LATE: "系统告警：{work}{late_from}起未按时处理[5，预警可能迟到]。[4请]立即检查系统",
    TextId.WORK_ON_TIME: "系统恢复：{work}{caught_up_at}起按时处理[5，此前自{late_from}起延误][4。无需回复]",
    TextId.DRILL: ("{agency}线路测试预警，{act_place}{act_clock}，无真实人员。[4请][5按实战]接手，回{code}"),
    TextId.DRILL_LADDER: (
        "{agency}线路测试预警，{raised_at}起无人接手，无真实人员。[5[4请]按实战接手，]能接手[4请]回{code}"
    ),
    TextId.DRILL_TAKEN: "{agency}线路测试预警，{taker}{taken_at}已接手[4，您无需再回]",
    TextId.DRILL_OVER: "{agency}线路测试预警已结束[5，自{raised_at}起无人接手][4，无需回复]",
    TextId.SHIFT_HANDED_OVER: (
        "交班：{shift_at}您接班，未结预警{open_alerts}件，最近一件{act_clock}{act_place}[6，{alert_state}]。"
        "[4请]登录确认[5接班]"
    ),
    TextId.SWAP_ASKED: (
        "换班申请：{colleague}请您值{shift_at}{post}班[5，换您{given_shift_at}的班]。[4请]登录答复"
    ),
    TextId.SWAP_AGREED: (
        "换班已定：您值{shift_at}{post}班[5，{given_shift_at}的班由{colleague}值][4。无需回复]"
    ),
    TextId.SWAP_REFUSED: "换班未成：{colleague}不同意，{shift_at}{post}班仍由您值[4。无需回复]",
    TextId.SWAP_WITHDRAWN: "换班撤回：{colleague}已撤回申请，您的班不变[4。无需回复]",
    TextId.ROSTER_GAP: (
        "值班缺口[?：{post}{gap_from}至{gap_until}无人值班][5[?，共{gaps}处]][6[?，{phoneless}人联系不上]]。"
        "[4请]登录排班"
    ),
    TextId.CALENDAR_MISSING: (
        "节假日安排：{year}年尚未录入[5，值班和期限暂按周末推算]。[4请]登录录入[4。无需回复]"
    ),
    TextId.NOBODY_REACHED: (
        "无人可通知：{case}{surname}某，{act_at}到{act_place}[5，值班人员均联系不上]。接手[4请]回{code}"
    ),
    TextId.NOBODY_TO_CALL: (
        "无人可通知：{case}预警[5自{raised_at}起]值班人员均联系不上。[4请]立即核对值班表和电话[6，安排人员]"
    ),
    TextId.MISSED: "未处置预警：{missed}件[5，最早{missed_from}起]过时无人处置。[4请]登录登记结果和原因",
    TextId.OFFERED: (
        "请您接手：{case}{surname}某，{act_at}到{act_place}[5，{taker}请您接替]。接手[4请]回{code}"
    ),
    TextId.OFFER_LAPSED: (
        "仍由您负责：{case}{surname}某，{colleague}未接手[5，{act_at}到{act_place}][4。请另作安排]"
    ),
    TextId.MORE_ALERTS: (
        "预警汇总：还有{more}件预警，最近一件{case}{surname}某，{act_at}到{act_place}。[4请]登录查看"
    ),
    TextId.ACT_POINT_MOVED: (
        "行动点变更：{case}{surname}某，改于{act_at}在{act_place}[5，原行动点作废]。接手[4请]回{code}"
    ),
}

_VOICE = {
    TextId.STAND_DOWN_RECEIPT_MISSING: (
        "停止行动：{case}{surname}某{performed_at}{reason}，勿查找勿拦截[?，{release_order}]。"
        "{missing_agency}尚未回执，值班室正电话通知。收到请回{code}"
    ),
}

_TRAIN = "[? · {service}次[? {coach}车[?{berth}]]]"
_PLAN = " · {act_at} {act_place}"

_PUSH = {
    TextId.PLANNED_JUDGE: (f"行踪预警{_PLAN}", f"{{case}} {{surname}}某{_TRAIN} · 点开看剩余时间与文书"),
    TextId.PLANNED_DUTY: (
        f"值班预警{_PLAN}",
        f"{{case}} {{surname}}某{_TRAIN}[? · 承办{{judge}}法官] · 点开看剩余时间与文书",
    ),
    TextId.IMMINENT: ("紧急预警 · {case}", f"{{surname}}某{_TRAIN} · {{whereabouts}} · 点开看剩余时间与文书"),
    TextId.LADDER: (f"无人接手{_PLAN}", "{case} {surname}某[? · {raised_at}起无人接手]"),
    TextId.TAKEN: ("已接手 · {case}", "{surname}某 · {taker}{taken_at}已接手"),
    TextId.PLAN_CHANGED: (
        f"行程有变{_PLAN}",
        f"{{case}} {{surname}}某{_TRAIN}[? · {{previous_plan}}作废] · 点开看剩余时间与文书",
    ),
    TextId.PLAN_CONFIRMED: (f"行程证实{_PLAN}", "{case} {surname}某 · {sighted_at}已在{sighted_place}检票"),
    TextId.NOBODY_DISPATCHED: (f"无人出动{_PLAN}", "{case} {surname}某[? · 至{act_from}仍未派员]"),
    TextId.NOT_ARRIVED: (f"未报到位{_PLAN}", "{case} {surname}某 · 派员尚未报到位[? · 带队{leader}]"),
    TextId.TRACE: ("行踪线索 · {case}", "{surname}某 · {whereabouts} · 已过处置时间，仅供查找"),
    TextId.AT_ACT_POINT: (
        "人已到点 · {sighted_at} {sighted_place}[?{sighted_detail}]",
        "{case} {surname}某 · 请按派员单行动",
    ),
    TextId.DISPATCHED: (
        f"派员{_PLAN}",
        "{case} {surname}某[? · {muster_at}{muster_place}集合][? · 带队{leader}]",
    ),
    TextId.PAUSED: ("暂停行动 · {case}", "{surname}某暂停协查 · 勿拦截，原地待命"),
    TextId.RESUMED: ("恢复行动 · {case}", f"{{surname}}某恢复协查{_PLAN} · 请核对后行动"),
    TextId.OTHER_CASE_STANDS: (
        "案件变更 · {case}",
        "{surname}某一案{case_state} · 另案{other_case}仍在协查 · {other_measure_phrase}",
    ),
    TextId.PLAN_ENDED: (
        "行程取消 · {case}",
        "{surname}某{act_day}[?{service}次]已退票 · 请暂不出动",
    ),
    TextId.CONFIRMATION_DUE: ("答复将逾时 · {case}", "{agency}等待{surname}某复核 · {confirm_by}前须答复"),
    TextId.BORDER_COUNTER: (
        "口岸预警 · {case}",
        "{surname}某 · {sighted_clock}在{sighted_place}{border_counter}[? · {exit_ban}]"
        " · 请{confirm_by}前核实",
    ),
    TextId.STAND_DOWN: (
        "停止行动 · {case}",
        "{surname}某{performed_at}{reason} · 勿查找勿拦截[? · {release_order}]",
    ),
    TextId.STAND_DOWN_RECEIPT_MISSING: (
        "停止行动 · {case}",
        "{surname}某{performed_at}{reason} · 勿查找勿拦截[? · {release_order}] · {missing_agency}尚未回执",
    ),
    TextId.WRONG_PERSON: ("停止行动 · {case}", "现场人员并非本人 · 立即停止接触并放行"),
    TextId.AFTER_OUTCOME: ("{closing_title} · {case}", "{surname}某{performed_at}{closing} · 勿再查找"),
    TextId.HOLD_HALF_GONE: ("控制时限 · {case}", "{surname}某由{held_by}控制 · {release_at}前须移交"),
    TextId.LINE_SILENT: (
        "线路告警 · {agency}",
        "{silent_from}起无心跳无回执 · 该线名单或已失效 · 请联系对方值班室",
    ),
    TextId.LINE_HEARD: ("线路恢复 · {agency}", "{heard_at}起恢复 · 此前自{silent_from}起中断"),
    TextId.END_OR_RESUME: (
        "待决定 · {case}",
        "{surname}某[?{performed_at}{reason}]，协查已暂停 · 请决定终止或恢复",
    ),
    TextId.END_OR_KEEP: ("待决定 · {case}", "{surname}某，预警已结束 · 请决定终止或继续协查"),
    TextId.ENTRY_ENDS: ("到期提醒 · {case}", "{surname}某的协查{last_day}到期，届时自动撤控"),
    TextId.VALIDATION_DUE: ("核验提醒 · {case}", "{surname}某的协查须{validate_by}前核验，逾期自动暂停"),
    TextId.LINE_CLOSED: ("线路关闭 · {agency}", "名单已停用，该单位不再比对、不再报告 · 点开看原因"),
    TextId.MESSAGE_REFUSED: (
        "消息被拒 · {agency}",
        "发来的消息无法读取，可能是行踪，未生成预警 · 请致电对方值班室 · 点开看原因",
    ),
    TextId.WORK_LATE: ("系统告警 · {work}", "{late_from}起未按时处理 · 预警可能迟到 · 请立即检查系统"),
    TextId.WORK_ON_TIME: ("系统恢复 · {work}", "{caught_up_at}起按时处理 · 此前自{late_from}起延误"),
    TextId.DRILL: ("{agency}线路测试预警", "{act_place}{act_clock} · 无真实人员 · 请按实战接手"),
    TextId.DRILL_LADDER: ("无人接手 · {agency}线路测试预警", "{raised_at}起无人接手 · 无真实人员"),
    TextId.DRILL_TAKEN: ("已接手 · {agency}线路测试预警", "{taker}{taken_at}已接手"),
    TextId.DRILL_OVER: ("已结束 · {agency}线路测试预警", "自{raised_at}起无人接手"),
    TextId.IMPORT_LISTED: ("批量导入完成", "{rows_listed}行已入名单[?，{rows_refused}行未入] · 点开看明细"),
    TextId.WRONG_REPLIES: (
        "回复异常 · {member}",
        "其手机一小时内{wrong_replies}次回复无法识别 · 或有人冒用其号码 · 请电话核实",
    ),
    TextId.SMS_STOPPED: ("短信停收 · {member}", "回复退订，预警短信不再发往其手机 · 请电话联系本人"),
    TextId.CHANNEL_TEST: ("测试通知", "您能由此收到本院预警"),
    TextId.PROBE: ("通道探测", "本条经{provider}发送"),
    TextId.PROVIDER_SILENT: ("通道告警 · {provider}", "连续两次探测未送达 · 请联系服务商"),
    TextId.PROVIDER_HEARD: ("通道恢复 · {provider}", "探测已送达"),
    TextId.CHANNELS_BACK: ("渠道恢复 · {member}", "设备验证已过期，短信已恢复发送 · 请本人重新验证"),
    TextId.DEVICE_TEST_DUE: ("设备测试", "{counts_until}起不计入可靠渠道，须每月测试 · 点开后在“设备”页测试"),
    TextId.NUMBER_DEAD: ("号码失效 · {member}", "其手机号已无法送达 · 下次值班前须更换"),
    TextId.SHIFT_HANDED_OVER: (
        "交班 · 未结预警{open_alerts}件",
        "{shift_at}您接班 · 最近一件{act_clock}{act_place}，{alert_state} · 点开确认接班",
    ),
    TextId.SWAP_ASKED: (
        "换班申请 · {colleague}",
        "请您值{shift_at}{post}班，换您{given_shift_at}的班 · 点开答复",
    ),
    TextId.SWAP_AGREED: ("换班已定 · {colleague}", "您值{shift_at}{post}班，对方值{given_shift_at}的班"),
    TextId.SWAP_REFUSED: ("换班未成 · {colleague}", "{shift_at}{post}班仍由您值"),
    TextId.SWAP_WITHDRAWN: ("换班撤回 · {colleague}", "申请已撤回，您的班不变"),
    TextId.ROSTER_GAP: (
        "值班缺口[? · {post}]",
        "[?{gap_from}至{gap_until}无人值班][?，共{gaps}处][?，{phoneless}人联系不上] · 点开排班",
    ),
    TextId.CALENDAR_MISSING: ("节假日安排 · {year}年未录入", "值班和期限暂按周末推算 · 点开录入"),
    TextId.NOBODY_REACHED: (f"无人可通知{_PLAN}", "{case} {surname}某 · 值班人员均联系不上"),
    TextId.NOBODY_TO_CALL: ("无人可通知 · {case}", "值班人员均联系不上 · 请立即核对值班表和电话"),
    TextId.MISSED: ("未处置预警", "{missed}件过时无人处置[?，最早{missed_from}起] · 请登记结果和原因"),
    TextId.OFFERED: (f"请您接手{_PLAN}", "{case} {surname}某[? · {taker}请您接替] · 点开看剩余时间与文书"),
    TextId.OFFER_LAPSED: ("仍由您负责 · {case}", "{surname}某 · {colleague}未接手 · 请另作安排"),
    TextId.MORE_ALERTS: ("预警汇总 · 还有{more}件", f"最近一件 {{case}} {{surname}}某{_PLAN}"),
    TextId.ACT_POINT_MOVED: (f"行动点变更{_PLAN}", "{case} {surname}某 · 点开看剩余时间与文书"),
}

CHINESE = Catalogue(
    sms_signature="【{court}】",
    voice_signature="{court}。",
    repeat_mark="重发：",
    drill_mark="演练：",
    reply_by_sms="回{code}",
    reply_by_key="按1",
    sms=_SMS,
    longer_voice=_VOICE,
    push=_PUSH,
    actions={Asks.TAKE: ("接手", "不便出动"), Asks.CONFIRM: ("收到",), Asks.NOTHING: ()},
)
