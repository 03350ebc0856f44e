"""What the audit log calls what was done, why personal data were read, and what it was about."""

from collections.abc import Mapping, Sequence
from typing import Final

from schemas.messages import Answer
from tracker.domain.alerts import OUTCOME_ZH, Outcome
from tracker.web.words.labels import CHINESE, spelled

AUDIT_ZH: Final[Mapping[str, str]] = {
    "case opened": "建案",
    "entry registered": "登记条目",
    "entry submitted": "提交审批",
    "entry approved": "审批通过",
    "entry turned down": "不予批准",
    "entry suspended": "暂停协查",
    "entry resumed": "恢复协查",
    "entry validated": "核验：仍需协查",
    "entry ended": "终止条目",
    "paper revoked": "登记文书撤销",
    "amendment asked for": "申请延期或变更措施",
    "amendment approved": "延期或变更措施审批通过",
    "amendment dropped": "延期或变更措施退回",
    "import uploaded": "上传批量导入",
    "import submitted": "批量导入提交审批",
    "import approved": "批量导入审批通过",
    "import rejected": "批量导入退回",
    "import discarded": "批量导入作废",
    "import listed": "批量导入完成",
    "import purged": "批量导入明细清除",
    "payment received": "案款到账",
    "payment reversed": "案款冲正",
    "alert opened": "生成预警",
    "alert taken": "接手",
    "alert declined": "不便出动",
    "team dispatched": "派员",
    "team arrived": "到达集合点",
    "hold reported": "单位报告控制",
    "hold handed-over": "移交",
    "hold released": "放行",
    "signed in": "登录",
    "sign-in failed": "登录失败",
    "order answered": "回复收到指令",
    "wants no messages": "要求不再发短信",
    "wants messages again": "恢复接收短信",
    "desk told of wrong replies": "多次回复无法识别，已报值班室",
    "phone verified": "手机号验证",
    "number dead": "手机号失效",
    "number changed": "更换手机号",
    "channels chosen": "选择接收渠道",
    "language chosen": "选择通知语言",
    "device added": "登记设备",
    "device removed": "移除设备",
    "device proven": "设备测试通知已看到",
    "read": "查阅",
    "restore begun": "开始恢复备份",
    "restore done": "恢复备份完成",
    "restored entries put back": "恢复备份后批量恢复协查",
    "entry gone at agency": "联动单位报告已撤出",
    "line closed": "关闭线路",
    "channels on again": "恢复已关闭的联系渠道",
    "lead saved": "设定地点提前量",
    "lead removed": "取消地点提前量",
    "line opened": "重新开通线路",
    "agency telephone changed": "变更联动单位值班电话",
    "list removed": "适配器报告已删除名单",
    "journeys kept": "适配器报告依法留存行程",
    "journeys kept no more": "适配器报告不再留存行程",
    "epoch rolled": "更换名单密钥",
    "dead letter discarded": "丢弃被拒收的消息",
    "epoch ended": "停用旧密钥名单",
    "sighting joins": "线索并入预警",
    "sighting confirms": "线索证实行程",
    "sighting at-act-point": "线索：人已到点",
    "sighting changes": "线索改变行程",
    "sighting ends-plan": "线索取消行程",
    "sighting contradicts": "线索两地矛盾",
    "line silent": "线路中断",
    "line heard again": "线路恢复",
    "proof exported": "导出举证材料",
    "drill started": "发起演练",
    "drill begun": "演练开始",
    "drill taken": "演练：接手",
    "drill ended": "演练结束",
    "drill called off": "取消演练",
    "drill planned": "安排定期演练",
    "drill plan ended": "取消定期演练",
    "roster rule added": "新增班次",
    "roster rule ended": "停用班次",
    "stand-in added": "安排替班",
    "leave added": "登记请假",
    "stand-in ended": "取消替班或请假",
    "swap asked for": "申请换班",
    "swap agreed": "同意换班",
    "swap refused": "不同意换班",
    "swap withdrawn": "撤回换班申请",
    "shift taken over": "确认接班",
    "calendar day set": "录入节假日",
    "calendar day removed": "删除节假日",
    "ladder saved": "修改逐级上报",
    "text saved": "修改通知文本",
    "nobody reached": "无人可通知",
    "alert missed": "过时无人处置",
    "missed alert settled": "未处置预警登记",
    "taking offered": "请同事接手",
    "taking passed on": "转由同事接手",
    "taking offer lapsed": "同事未接手",
    "act point moved": "变更行动点",
    "alert retracted": "撤销预警",
    "alert paused": "暂停行动",
    "alert resumed": "恢复行动",
    "alert stands on another case": "预警改依另案",
    "alert stands on other terms": "预警依据的措施变更",
    "taking lapsed": "接手失效",
    "paging ended": "已过处置时间，不再通知",
    "hold without confirmation": "单位未经复核即控制",
    "stand-down answered": "单位答复停止行动",
    "stand-down told by telephone": "电话通知停止行动",
    "password-replaced": "更换密码",
    "keys-handed-out": "发放名单密钥",
    "instance-enrolled": "登记适配器",
    "instance-key-replaced": "更换适配器密钥",
    "instance-revoked": "注销适配器",
    "instance-by-folder": "适配器改为按文件夹联络",
    "instance-by-broker": "适配器改为经消息线路联络",
    "credential-renewed": "适配器凭证换发",
    "webhook-key-given": "发放签名密钥",
    "webhook-key-ended": "停用签名密钥",
    "court-founded": "建立法院",
    "court-changed": "修改法院信息",
    "team-added": "新增团队",
    "team-renamed": "团队更名",
    "person-added": "新增人员",
    "person-changed": "修改人员信息",
    "role-granted": "授予角色",
    "role-ended": "取消角色",
    "rule-added": "设定措施规则",
    "agency-added": "新增联动单位",
    "agency-changed": "修改联动单位",
    "shift-added": "新增班次（建院文件）",
    "notice-limit-changed": "修改发送上限",
}

PURPOSE_ZH: Final[Mapping[str, str]] = {
    "entry list": "名单页",
    "entry search": "查找",
    "restored list": "恢复备份后核对",
    "entry page": "条目页",
    "approval list": "待审批页",
    "approval page": "审批页",
    "revocation page": "文书撤销页",
    "amendment form": "延期或变更措施页",
    "listed already": "登记时查重",
    "import page": "批量导入页",
    "import report": "批量导入核对报告",
    "alert list": "预警列表",
    "alert page": "预警页",
    "people page": "人员页",
    "proof page": "举证页",
    "proof export": "举证导出",
    "drill page": "演练页",
    "missed list": "未处置页",
    "stand-down page": "停止行动页",
    "audit log": "审计日志",
}

ABOUT_ZH: Final[Mapping[str, str]] = {
    "person": "人员",
    "case": "案件",
    "entry": "条目",
    "import": "批量导入",
    "alert": "预警",
    "list": "列表",
    "agency": "单位",
    "instance": "适配器",
    "drill": "演练",
    "court": "法院",
    "roster rule": "班次",
    "stand-in": "替班或请假",
    "swap": "换班",
    "calendar": "日历",
    "ladder": "逐级上报",
    "text": "通知文本",
    "instruction": "指令",
    "webhook-key": "签名密钥",
    "team": "团队",
    "measure": "措施",
    "channel": "渠道",
    "dead letter": "被拒收的消息",
}


KNOWN_ACTIONS: Final[Sequence[str]] = (
    *AUDIT_ZH,
    *(f"answer {one}" for one in Answer),
    *(f"outcome {one}" for one in Outcome),
)
"""Every kind of event there is."""


def action_label(action: str, language: str) -> str:
    """What the audit log calls an action; English where there is no other word."""
    return AUDIT_ZH.get(action, _of_answers(action)) if language == "zh" else spelled(action)


def purpose_label(purpose: str, language: str) -> str:
    """Why personal data were read, as the audit log has it."""
    return PURPOSE_ZH.get(purpose, purpose) if language == "zh" else purpose


def about_label(kind: str, language: str) -> str:
    """What kind of thing an audit event is about."""
    return ABOUT_ZH.get(kind, kind) if language == "zh" else kind


def _of_answers(action: str) -> str:
    kind, _, value = action.partition(" ")
    if kind == "answer" and value in set(Answer):
        return f"答复：{CHINESE[Answer][Answer(value)]}"
    if kind == "outcome" and value in set(Outcome):
        return f"反馈：{OUTCOME_ZH[Outcome(value)]}"
    return action
