"""What is handed in, and how it goes from the clerk to the archives office and back (B2-B4). Pure: no I/O, no clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.casework.shown import Shown
from service.errors import FieldError
from service.intake.workbook import Line
from service.person import Person
from service.records.rules import Verdict
from service.workflow import Case, Guard, Party, Step, Workflow

MOST = 100
"""Records of one submission: they move in one transaction."""
SPECIAL = (("career", "promotion"), ("rewards", "award"), ("rewards", "penalty"))
"""What is handed in as a supplement: a change of post, an important award, a penalty (B4)."""
ALWAYS_SPECIAL = (("career", "promotion"), ("rewards", "penalty"))
"""What departments hand in as a supplement and not otherwise; whether an award is important, they say themselves."""
AS_SUPPLEMENT = FieldError(
    "subcategory", "岗位变动和处罚须附证明文件、按期归档：请在“特殊情况补充”中提交，不能按一般材料提交"
)


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHECKED = "checked"
    FILED = "filed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SUBMIT = "submit"
    CHECK = "check"
    FILE = "file"
    SEND_BACK = "send-back"
    WITHDRAW = "withdraw"
    TAKE_OVER = "take-over"


EVIDENCE = Guard("evidence", "有材料没有可以查看的证明文件扫描件：请先上传，再办理")
UNCHANGED = Guard("checked", "材料在核验之后有改动：请重新核验，再归档")
JUDGED = Guard("judged", "还有材料没有核验结论：请先核验，再归档")
_CLERK, _OFFICE = (Party.REQUESTER,), (Party.ARCHIVIST, Party.ARCHIVES_HEAD)


def table(deadline: str = "", evidence: Guard | None = None) -> Workflow[State, Event]:
    """The table of submissions; supplements have a clock besides, and need their evidence, when filed as well."""
    filing = (UNCHANGED, JUDGED, *([evidence] if evidence else []))
    return Workflow[State, Event](
        Step(State.DRAFT, Event.SUBMIT, State.SUBMITTED, _CLERK, guard=evidence or (), deadline=deadline),
        Step(State.RETURNED, Event.SUBMIT, State.SUBMITTED, _CLERK, guard=evidence or (), deadline=deadline),
        Step(State.DRAFT, Event.WITHDRAW, State.WITHDRAWN, _CLERK, waits=False),
        Step(State.RETURNED, Event.WITHDRAW, State.WITHDRAWN, _CLERK, waits=False),
        # Whoever takes it over is its requester from then on, and bound by what requesters are bound by.
        Step(State.DRAFT, Event.TAKE_OVER, State.DRAFT, _CLERK, waits=False),
        Step(State.RETURNED, Event.TAKE_OVER, State.RETURNED, _CLERK, waits=False),
        Step(State.SUBMITTED, Event.CHECK, State.CHECKED, _OFFICE),
        Step(State.CHECKED, Event.CHECK, State.CHECKED, _OFFICE),
        Step(State.CHECKED, Event.FILE, State.FILED, _OFFICE, guard=filing, notice=_CLERK),
        Step(State.SUBMITTED, Event.SEND_BACK, State.RETURNED, _OFFICE, notice=_CLERK),
        Step(State.CHECKED, Event.SEND_BACK, State.RETURNED, _OFFICE, notice=_CLERK),
    )


def handed_at(case: Case) -> datetime | None:
    """When a case was first handed in; a draft never was."""
    return next((move.at for move in case.history if move.after == State.SUBMITTED), None)


def left_to(person: Person, case: Case, gone: bool) -> bool:
    """Whether somebody may take over what a colleague of their department has: what came back, and the drafts of one
    who is `gone`."""
    colleague = bool(person.department) and person.department == case.department and person.account != case.requester
    return colleague and (case.state == State.RETURNED or (case.state == State.DRAFT and gone))


WORKFLOW = table()
SUPPLEMENTS = table("supplement_working_days", EVIDENCE)
_VERBS: dict[str, str] = {
    State.DRAFT: "提交",
    State.RETURNED: "修改后重交",
    State.SUBMITTED: "审核",
    State.CHECKED: "归档",
}
DOUBTED: Mapping[str, str] = {
    Verdict.FALSE: "归档的材料中有经核验为虚假的，请查看是哪一份及原因",
    Verdict.DOUBTFUL: "归档的材料中有存疑的，请查看是哪一份及原因",
}
"""What is told in place of the filing alone, where something was found of it (B2); HR is told too."""
SHOWN = Shown(
    "材料提交", "submissions.detail", _VERBS,
    {
        Event.FILE: "您提交的材料已归档", Event.SEND_BACK: "您提交的材料被退回，请查看原因",
        Event.TAKE_OVER: "您的材料提交已由本部门同事接手", **DOUBTED,
    },
)  # fmt: skip
SHOW_SUPPLEMENTS = Shown(
    "特殊情况补充", "supplements.detail", _VERBS,
    {
        Event.FILE: "您提交的补充材料已归档", Event.SEND_BACK: "您提交的补充材料被退回，请查看原因",
        Event.TAKE_OVER: "您的特殊情况补充已由本部门同事接手", **DOUBTED,
    },
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Handed:
    """What a case hands in: its records, a remark, and of those with a verdict how they were then (`mark`)."""

    records: tuple[str, ...]
    remark: str = ""
    checked: Mapping[str, str] = field(default_factory=dict)


def loaded(said: Mapping[str, Any]) -> Handed:
    return Handed(tuple(said["records"]), said["remark"], {one: str(mark) for one, mark in said["checked"].items()})


def spread(
    category: str, subcategory: str, common: Mapping[str, Any], agents: Sequence[Mapping[str, Any]]
) -> list[Line]:  # fmt: skip
    """One line for each agent: what was filled in once for all, and over it what was filled in for them."""
    lines = []
    for number, agent in enumerate(agents, 1):
        file_no = str(agent.get("file_no") or "").strip().partition(" ")[0]  # a name may stand behind the number
        own = {name: value for name, value in agent.items() if name != "file_no" and _filled(value)}
        if file_no or own:
            lines.append(Line("", number, file_no, category, subcategory, {**common, **own}))
    return lines


def worst(verdicts: Collection[str]) -> str | None:
    """What of the verdicts somebody must hear of."""
    return next((one for one in DOUBTED if one in verdicts), None)


def _filled(value: Any) -> bool:
    return value is not None and str(value).strip() != ""
