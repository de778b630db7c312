"""The register of views as a page, on paper, and as a sheet."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.grants import PURPOSES
from service.access.operations import AccountOperations
from service.catalogue.model import Catalogue
from service.circulation.registers.api import wanted
from service.circulation.registers.operations import Line, ViewsRegister
from service.clock import Clock
from service.web.acts import ACTS
from service.web.identity import current_person
from service.web.sheets import sent, written

HEAD = ("序号", "查阅时间", "查阅人", "部门", "档案编号", "查阅内容", "查阅用途", "通行证", "网络地址")
"""The columns that such a register usually has, in their order."""


def blueprint(
    register: ViewsRegister, accounts: AccountOperations, catalogue: Catalogue, clock: Clock
) -> Blueprint:  # fmt: skip
    pages = Blueprint("registers", __name__)

    @pages.get("/registers/views")
    def views() -> ResponseReturnValue:
        lines, more = register.read(current_person(), wanted("before"))
        return render_template(
            "registers/views.html", rows=_rows(lines), head=HEAD, more=more,
            asked={name: request.args.get(name, "") for name in ("account", "file_no", "day")},
        )  # fmt: skip

    @pages.post("/registers/views/export")
    def export() -> ResponseReturnValue:
        lines = register.export(current_person(), wanted("before"))
        head = [str(_(one)) for one in HEAD]
        return sent(written(str(_("档案查阅登记簿")), head, _rows(lines)), "views")

    def _rows(lines: list[Line]) -> list[list[str]]:
        departments = accounts.departments()
        return [_row(number, line, departments) for number, line in enumerate(lines, 1)]

    def _row(number: int, line: Line, departments: dict[str, str]) -> list[str]:
        event = line.event
        purpose = event.ids.get("purpose", "")
        return [
            str(number), f"{event.at.astimezone(clock.zone):%Y-%m-%d %H:%M:%S}", line.name or event.account,
            departments.get(line.department, line.department), event.ids.get("file", ""), _what(line),
            str(_(PURPOSES[purpose])) if purpose in PURPOSES else "—", event.ids.get("pass", "—"), event.origin or "—",
        ]  # fmt: skip

    def _what(line: Line) -> str:
        parts = [str(_(ACTS.get(line.event.action, line.event.action)))]
        if line.kind is not None:
            parts.append(catalogue.subcategory(*line.kind).zh)
        if "page" in line.event.ids:
            parts.append(str(_("第 %(n)s 页", n=line.event.ids["page"])))
        return " · ".join(parts)

    return pages
