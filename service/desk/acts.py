"""The trail of a file as its page tells it: plain words, who did it, what it was about, day by day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from service.audit.event import Event

ACTS = {
    "file.opened": "建立档案", "file.changed": "修改档案", "file.leave": "登记离职", "file.come-back": "登记复职",
    "record.added": "录入材料", "record.changed": "修改材料", "record.submit": "提交材料", "record.file": "归档材料",
    "record.send-back": "退回材料", "record.verified": "登记核验结论", "scan.added": "上传扫描件",
    "scan.read": "扫描件识别完成", "scan.failed": "扫描件识别失败", "scan.retried": "重新识别扫描件",
    "scan.arranged": "整理扫描件各页", "scan.corrected": "更正识别文字", "scan.moved": "移动扫描件",
    "place.put": "登记原件位置",
    "loans.create": "申请借阅原件", "loans.sign": "借阅：部门签字", "loans.approve": "借阅：批准",
    "loans.refuse": "借阅：不同意", "loans.withdraw": "借阅：撤回", "loans.hand-over": "借出原件",
    "loans.extend": "申请续借",
    "loans.grant-extension": "同意续借", "loans.refuse-extension": "不同意续借", "loans.return": "收回原件",
    "loans.close": "归还办结", "scan.came": "移入扫描件",
    "view_requests.create": "申请查阅", "view_requests.sign": "查阅申请签字",
    "view_requests.grant": "批准查阅", "view_requests.refuse": "退回查阅申请", "view_requests.withdraw": "撤回查阅",
    "view_requests.revoke": "收回查阅通行证",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What one person did of one kind in a row: how often, and what kinds of record it was about, each once."""

    at: datetime
    account: str
    act: str
    times: int
    about: tuple[str, ...]


def days(events: Sequence[Event], kinds: Mapping[str, str], zone: ZoneInfo) -> list[tuple[date, list[Told]]]:
    """Events, newest first, by the office's days; what one person did several times in a row is told once.

    `kinds` says of what sub-category each record is that the reader may know of.
    """
    return [
        (day, [_told(list(same), kinds) for _, same in groupby(of_day, key=lambda one: (one.account, one.action))])
        for day, of_day in groupby(events, key=lambda one: one.at.astimezone(zone).date())
    ]


def _told(events: Sequence[Event], kinds: Mapping[str, str]) -> Told:
    first = events[0]
    about = dict.fromkeys(kinds[one.ids["record"]] for one in reversed(events) if one.ids.get("record") in kinds)
    return Told(first.at, first.account, ACTS.get(first.action, first.action), len(events), tuple(about))
