"""The register of loans as a page, on paper, and as a sheet."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.circulation.lending.register import Line, LoansRegister, Wanted
from service.circulation.lending.views import CONDITIONS
from service.clock import Clock
from service.web.identity import current_person
from service.web.registers import below, days, moment, numbered, part, said, tabs
from service.web.registers import page as shown
from service.web.sheets import sent, written

HEAD = (
    "序号", "借阅人", "单位或部门", "借阅内容", "事由", "借出时间", "经办人", "应还日期", "归还时间", "归还情况",
    "责任人",
)  # fmt: skip
"""The columns that such a register usually has, in their order."""
TITLE = "档案借阅登记簿"
SCOPES = {"": "全部", "yes": "未归还"}


def blueprint(register: LoansRegister, departments: Callable[[], Mapping[str, str]], clock: Clock) -> Blueprint:
    pages = Blueprint("loans", __name__)

    @pages.get("/registers/loans")
    def page() -> ResponseReturnValue:
        person, asked = current_person(), wanted("below")
        found = part(lambda: register.read(person, asked), lambda: register.whole(person, asked))
        looked = {name: said(name) for name in ("account", "file_no", "department", "out", "from", "to")}
        return shown(
            "lending/register.html", found, _rows(found[0]), here="loans.page", export="loans.export", asked=looked,
            head=HEAD, title=TITLE, mono=(4, 6, 8, 9), none="没有符合条件的借阅", departments=departments(),
            tabs=tabs("loans.page", "out", SCOPES, looked, looked["out"]),
        )  # fmt: skip

    @pages.post("/registers/loans/export")
    def export() -> ResponseReturnValue:
        rows = numbered(_rows(register.export(current_person(), wanted("below"))))
        return sent(written(str(_(TITLE)), [str(_(one)) for one in HEAD], rows), "loans")

    def _rows(lines: Sequence[Line]) -> list[list[str]]:
        names = departments()
        return [_cells(line, names) for line in lines]

    def _cells(line: Line, names: Mapping[str, str]) -> list[str]:
        case, loan = line.kept.case, line.kept.content
        whose = (loan and loan.organisation) or names.get(case.department, case.department)
        what = str(_("、")).join(loan.named if loan else case.files)
        check = loan.check if loan else None
        found = f"{_(CONDITIONS[check.condition])} {check.note}".strip() if check else "—"
        if loan and loan.found:
            found += str(_("（找到 %(n)s 件）", n=len(loan.found)))
        return [
            line.borrower, whose, what, loan.reason if loan else "—", moment(line.handed, clock), line.by or "—",
            line.due.isoformat() if line.due else "—", moment(line.returned, clock), found,
            (check.answers if check else "") or "—",
        ]  # fmt: skip

    return pages


def wanted(place: str) -> Wanted:
    """What a query string or form asks for; `place` names where it says from where to go on."""
    return Wanted(said("file_no"), said("department"), said("out") == "yes", below(place), said("account"), days())
