"""The register of views as a page, on paper, and as a sheet."""

from flask import Blueprint
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
from service.web.registers import numbered, page, part, said
from service.web.sheets import sent, written

HEAD = ("序号", "查阅时间", "查阅人", "部门", "档案编号", "查阅内容", "查阅用途", "通行证", "网络地址")
"""The columns that such a register usually has, in their order."""
TITLE = "档案查阅登记簿"


def blueprint(
    register: ViewsRegister, accounts: AccountOperations, catalogue: Catalogue, clock: Clock
) -> Blueprint:  # fmt: skip
    pages = Blueprint("registers", __name__)

    @pages.get("/registers/views")
    def views() -> ResponseReturnValue:
        person, asked = current_person(), wanted("below")
        found = part(lambda: register.read(person, asked), lambda: register.whole(person, asked))
        since = register.bounded(asked).days.first
        return page(
            "registers/views.html", found, _rows(found[0]), here="registers.views", export="registers.export",
            asked={name: said(name) for name in ("account", "file_no", "from", "to")}, head=HEAD, title=TITLE,
            mono=(2, 5, 8, 9), none="没有符合条件的查阅", since=since if since != asked.days.first else None,
        )  # fmt: skip

    @pages.post("/registers/views/export")
    def export() -> ResponseReturnValue:
        lines = register.export(current_person(), wanted("below"))
        head = [str(_(one)) for one in HEAD]
        return sent(written(str(_(TITLE)), head, numbered(_rows(lines))), "views")

    def _rows(lines: list[Line]) -> list[list[str]]:
        departments = accounts.departments()
        return [_row(line, departments) for line in lines]

    def _row(line: Line, departments: dict[str, str]) -> list[str]:
        event = line.event
        purpose = event.ids.get("purpose", "")
        return [
            f"{event.at.astimezone(clock.zone):%Y-%m-%d %H:%M:%S}", line.name or event.account,
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
