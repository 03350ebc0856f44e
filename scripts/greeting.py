"""What the server prints at its start: where it is, who can sign in, what to try first, which keys sign."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.cast import DEMO_PASSWORD, MEMBERS
from scripts.partners import PARTNERS
from scripts.webhook_keys import KeyFiles
from tracker.web.settings import Language
from tracker.web.words.labels import label

UNPROVEN: Final = {
    "zh": (
        "  “人员”页上每人都有缺口，这是实情：消息只是录下，没有真手机和推送服务可以验证。",
        "  点右上角的姓名，用“手机”上收到的验证码可验证号码；推送设备须在正式安装中登记",
    ),
    "en": (
        "  the page People shows a gap for everybody, and rightly: messages are only recorded, and there is",
        "  no push service to prove a device with. Click your name to verify the number by a code on phones",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Where the server is and what it was started with."""

    url: str
    keys: KeyFiles
    rate: float


def welcome(to: Welcome, language: Language) -> str:
    """The whole text; its last line is the first that a program should wait for."""
    return "\n".join(_chinese(to) if language == "zh" else _english(to))


def _chinese(to: Welcome) -> list[str]:
    return [
        "",
        f"  控制台    {to.url}",
        f"  手机      {to.url}/demo/phones     录下的短信、推送、语音，可回复",
        f"  联动单位  {to.url}/demo/agencies   刷证、警员终端",
        "",
        f"  演示账号（密码均为 {DEMO_PASSWORD}；人员全部虚构）",
        *_logins("zh"),
        "",
        "  先试这三步",
        "  1. 打开“联动单位”，让佟大川买一张票：沈清和、高鸣的手机立即收到预警",
        "  2. 在“手机”上点沈清和的“回复”按钮接手：其他人随即得知",
        "  3. 用 shen 登录控制台，打开预警：派员、答复铁路、暂停协查，再看手机和警员终端",
        "",
        *UNPROVEN["zh"],
        "",
        "  Webhook 签名密钥（写法见 README.zh.md）",
        *_keys(to),
        "",
        f"  已就绪：{to.url}    Ctrl-C 结束，数据保留；--fresh 重新开始",
    ]


def _english(to: Welcome) -> list[str]:
    return [
        "",
        f"  console   {to.url}",
        f"  phones    {to.url}/demo/phones     recorded SMS, push and calls; you can reply",
        f"  agencies  {to.url}/demo/agencies   use cards, officers' displays",
        "",
        f"  demo logins (password {DEMO_PASSWORD}; everybody is invented)",
        *_logins("en"),
        "",
        "  try this first",
        "  1. agencies: let 佟大川 buy a ticket; the phones of 沈清和 and 高鸣 ring at once",
        "  2. phones: take it with the reply button on 沈清和's phone; the others learn of it",
        "  3. console, as shen: open the alert, dispatch, answer the railway, suspend; watch the phones",
        "",
        *UNPROVEN["en"],
        "",
        "  keys that sign webhooks (how: README.md)",
        *_keys(to),
        "",
        f"  ready: {to.url}    Ctrl-C ends it and keeps the data; --fresh starts anew",
    ]


def _logins(language: Language) -> list[str]:
    return [f"    {member.login:<6} {member.name}　{label(member.role, language)}" for member in MEMBERS]


def _keys(to: Welcome) -> list[str]:
    return [
        *(f"    {_short(partner.agency_id)} {_secret(to, partner.agency_id)}" for partner in PARTNERS),
        f"    {_short('case-system')} {to.keys.case_system}",
    ]


def _short(sender: str) -> str:
    return f"{sender:<12}"


def _secret(to: Welcome, agency_id: str) -> str:
    path: Path = to.keys.agencies[agency_id]
    return f"{path.read_text().strip()}  {path}"
