"""The register of loans as a page, on paper, and as a sheet."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.circulation.lending.register import Line, LoansRegister, Wanted
from service.circulation.lending.views import CONDITIONS
from service.clock import Clock
from service.web.identity import current_person
from service.web.inputs import whole_number
from service.web.sheets import sent, written

HEAD = (
    "序号", "借阅人", "单位或部门", "借阅内容", "事由", "借出时间", "经办人", "应还日期", "归还时间", "归还情况",
    "责任人",
)  # fmt: skip
"""The columns that such a register usually has, in their order."""
TITLE = "档案借阅登记簿"


def blueprint(register: LoansRegister, departments: Callable[[], Mapping[str, str]], clock: Clock) -> Blueprint:
    pages = Blueprint("loans", __name__)

    @pages.get("/registers/loans")
    def page() -> ResponseReturnValue:
        lines, more = register.read(current_person(), wanted("below"))
        return render_template(
            "lending/register.html", rows=list(zip(lines, _rows(lines), strict=True)), head=HEAD, more=more,
            title=TITLE, departments=departments(),
            asked={name: request.args.get(name, "") for name in ("file_no", "department", "out")},
        )  # fmt: skip

    @pages.post("/registers/loans/export")
    def export() -> ResponseReturnValue:
        lines = register.export(current_person(), wanted("below"))
        return sent(written(str(_(TITLE)), [str(_(one)) for one in HEAD], _rows(lines)), "loans")

    def _rows(lines: Sequence[Line]) -> list[list[str]]:
        names = departments()
        return [[str(number), *_cells(line, names)] for number, line in enumerate(lines, 1)]

    def _cells(line: Line, names: Mapping[str, str]) -> list[str]:
        case, loan = line.kept.case, line.kept.content
        whose = (loan and loan.organisation) or names.get(case.department, case.department)
        what = str(_("、")).join(loan.named if loan else case.files)
        check = loan.check if loan else None
        found = f"{_(CONDITIONS[check.condition])} {check.note}".strip() if check else "—"
        return [
            line.borrower, whose, what, loan.reason if loan else "—", _moment(line.handed), line.by or "—",
            line.due.isoformat() if line.due else "—", _moment(line.returned), found,
            (check.answers if check else "") or "—",
        ]  # fmt: skip

    def _moment(at: datetime | None) -> str:
        return f"{at.astimezone(clock.zone):%Y-%m-%d %H:%M}" if at else "—"

    return pages


def wanted(place: str) -> Wanted:
    """What a query string or form asks for; `place` names where it says from where to go on."""
    file_no, department = (request.values.get(name, "").strip()[:60] for name in ("file_no", "department"))
    below = whole_number(place) if request.method == "GET" else None
    return Wanted(file_no, department, request.values.get("out") == "yes", below)
