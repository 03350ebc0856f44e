"""What the devices page calls providers, states and reasons, in Chinese and English."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from tracker.domain.devices import DeviceProvider, DeviceStanding, DeviceTestState

DEVICES_ZH: Final[Mapping[type[StrEnum], Mapping[Any, str]]] = {
    DeviceProvider: {
        DeviceProvider.WEB_PUSH: "浏览器",
        DeviceProvider.APP: "法院应用",
        DeviceProvider.WECOM: "企业微信",
    },
    DeviceStanding: {
        DeviceStanding.REACHES: "可用",
        DeviceStanding.UNTESTED: "未经测试，不计入",
        DeviceStanding.TEST_AGAIN: "须重新测试，不计入",
        DeviceStanding.DEAD: "已失效",
    },
    DeviceTestState: {
        DeviceTestState.SENDING: "正在发送",
        DeviceTestState.SENT: "已发出，等待点击",
        DeviceTestState.SEEN: "已看到",
        DeviceTestState.REFUSED: "被拒",
        DeviceTestState.UNKNOWN: "结果不明，请重试",
    },
}

DEVICES_EN: Final[Mapping[type[StrEnum], Mapping[Any, str]]] = {
    DeviceProvider: {
        DeviceProvider.WEB_PUSH: "Browser",
        DeviceProvider.APP: "The court's app",
        DeviceProvider.WECOM: "WeCom",
    },
    DeviceStanding: {
        DeviceStanding.UNTESTED: "Never tested, does not count",
        DeviceStanding.TEST_AGAIN: "To be tested again, does not count",
    },
    DeviceTestState: {
        DeviceTestState.SENT: "Sent, waiting for a tap",
        DeviceTestState.UNKNOWN: "Unknown: test again",
    },
}

_REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "http-404": ("推送服务已无此设备", "the push service no longer knows it"),
    "http-410": ("设备已退订", "it has unsubscribed"),
    "http-401": ("推送服务不认本院的密钥", "the push service does not accept the court's key"),
    "http-403": ("推送服务不认本院的密钥", "the push service does not accept the court's key"),
    "private-address": ("地址通向内部网络", "its address leads into a private network"),
    "unreadable-address": ("登记的地址无法读取", "its address cannot be read"),
    "unreachable": ("暂时无法连接", "it cannot be reached just now"),
    "gone": ("账号已停用", "the account is closed"),
}


def reason_label(code: str, language: str) -> str:
    """Why a provider refuses a device; its own code where there is no word."""
    chinese, english = _REASONS.get(code, (code, code))
    return chinese if language == "zh" else english
