"""The notice that proves a device: it is about nobody, and asks for one tap."""

from dataclasses import dataclass

from notifications.texts.ids import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTestText:
    title: str
    body: str
    actions: tuple[str, ...]


_CHINESE = DeviceTestText(
    title="测试通知", body="看到后请点一下本通知，此设备即可接收预警", actions=("看到了",)
)
_ENGLISH = DeviceTestText(
    title="Test notice", body="Tap this notice when you see it: alerts then come here too", actions=("Seen",)
)


def device_test_text(language: Language) -> DeviceTestText:
    return _CHINESE if language is Language.CHINESE else _ENGLISH
