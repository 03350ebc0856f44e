"""What the court's people are told of their shifts and of the ways to them: each text, its facts, how long it
is and how it reads.
"""

from notifications.texts import Facts, TextId
from tests.unit.notifications.story_facts import about_a_shift, about_gao, february

STAFF_TEXTS: list[tuple[TextId, Facts, int, str]] = [
    (
        TextId.PROBE,
        about_gao(provider="kannel"),
        38,
        "【云河法院】通道探测：本条经kannel发送，检验短信通道是否畅通，无需回复",
    ),
    (
        TextId.PROVIDER_SILENT,
        about_gao(provider="kannel"),
        46,
        "【云河法院】通道告警：kannel连续两次探测未送达，预警短信改由其他通道优先。请联系服务商",
    ),
    (
        TextId.PROVIDER_HEARD,
        about_gao(provider="kannel"),
        28,
        "【云河法院】通道恢复：kannel的探测已送达。无需回复",
    ),
    (
        TextId.CHANNELS_BACK,
        about_gao(),
        44,
        "【云河法院】渠道恢复：高干警的设备验证已过期，其关闭的短信已恢复发送。请本人重新验证设备",
    ),
    (
        TextId.DEVICE_TEST_DUE,
        about_gao(counts_until=february(28, "19:42")),
        59,
        "【云河法院】设备测试：您的推送设备28日19:42起不计入可靠渠道，须每月测试一次。请登录后重新测试，不用的设备请移除",
    ),
    (
        TextId.SWAP_ASKED,
        about_a_shift(colleague="白值班员", post="带班领导", given_shift_at=february(28, "08:00")),
        50,
        "【云河法院】换班申请：白值班员请您值27日08:00带班领导班，换您28日08:00的班。请登录答复",
    ),
    (
        TextId.SWAP_AGREED,
        about_a_shift(colleague="白值班员", post="带班领导", given_shift_at=february(28, "08:00")),
        48,
        "【云河法院】换班已定：您值27日08:00带班领导班，28日08:00的班由白值班员值。无需回复",
    ),
    (
        TextId.SWAP_REFUSED,
        about_a_shift(colleague="白值班员", post="带班领导"),
        41,
        "【云河法院】换班未成：白值班员不同意，27日08:00带班领导班仍由您值。无需回复",
    ),
    (
        TextId.SWAP_WITHDRAWN,
        about_a_shift(colleague="白值班员"),
        31,
        "【云河法院】换班撤回：白值班员已撤回申请，您的班不变。无需回复",
    ),
]
