"""The drawings in docs/workflows.md are those of the tables; `python -m tests.house.test_workflows` draws them anew."""

from pathlib import Path
from typing import Any

from service.bootstrap import Archive
from service.care import rules as care
from service.circulation.lending import rules as lending
from service.circulation.viewing import rules as viewing
from service.files import rules as files
from service.intake.submissions import rules as submissions
from service.records import rules as records
from service.workflow import Step, Workflow

PAGE = Path(__file__).parents[2] / "docs" / "workflows.md"
TABLES: dict[str, tuple[str, Workflow[Any, Any]]] = {
    "提交 submissions": ("Records that a department hands in (B3).", submissions.WORKFLOW),
    "特殊情况补充 supplements": ("The same with evidence and a clock (B4).", submissions.SUPPLEMENTS),
    "查阅申请 view-requests": ("From the application to the pass, and its end (V2).", viewing.WORKFLOW),
    "借阅 loans": ("Paper originals, inside and outside (L1-L6).", lending.WORKFLOW),
    "库房看护 duties": ("What falls due about a facility or a designated archivist (K1, K3, K4).", care.WORKFLOW),
    "材料 records": ("A record by itself; one that was handed in moves with its submission.", records.WORKFLOW),
    "档案 files": ("An agent leaves, and comes back.", files.WORKFLOW),
}


INTRODUCTION = """# Workflows

Drawn from the tables in the code; what is not in a table cannot happen (409). Who takes a step is named by what they
are to the case; the policy's action is asked besides, and nobody takes the steps of two parties of one case.
"""


def _row(step: Step[Any, Any]) -> str:
    notes = [*(guard.fact for guard in step.guards), f"due: {step.deadline}" if step.deadline else ""]
    told = f"tells {', '.join(step.notice)}" if step.notice else ""
    said = "; ".join(note for note in (*notes, told) if note)
    return f"| {step.state} | {step.event} | {step.after} | {', '.join(step.who)} | {said} |"


def page() -> str:
    """The whole document."""
    parts = [INTRODUCTION]
    for title, (said, table) in TABLES.items():
        rows = "\n".join(_row(step) for step in table.steps.values())
        head = "| state | event | after | who | guard, deadline, notice |\n|---|---|---|---|---|"
        parts.append(f"## {title}\n{said}\n\n```mermaid\n{table.drawn()}\n```\n\n{head}\n{rows}\n")
    return "\n".join(parts)


def test_the_drawings_are_those_of_the_tables() -> None:
    """No table is drawn otherwise than it is."""
    assert PAGE.read_text() == page(), "python -m tests.house.test_workflows"


def test_every_kind_of_case_is_drawn(archive: Archive) -> None:
    """What stands in my work has its table in the document."""
    drawn = [table for _, table in TABLES.values()]
    assert [kind.name for kind in archive.work.kinds if kind.workflow not in drawn] == []


if __name__ == "__main__":
    PAGE.write_text(page())
