"""Supervision as a page, on paper, and as sheets: the numbers, and the list behind each of them."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.clock import Clock
from service.supervision.api import MATTERS
from service.supervision.operations import Supervision
from service.supervision.rules import BY_DEPARTMENT, TITLES, Count, Line, Matter
from service.web.identity import current_person
from service.web.language import language
from service.web.sheets import sent, written

PAGES: Mapping[Matter, tuple[str, str]] = {
    Matter.SUPPLEMENTS: ("supplements.detail", "case_id"), Matter.LOANS: ("lending.detail", "case_id"),
    Matter.RETURNED: ("supplements.detail", "case_id"), Matter.AGREEMENTS: ("care.room", "account"),
    Matter.UNVERIFIED: ("records.detail", "record_id"), Matter.DOUBTFUL: ("records.detail", "record_id"),
    Matter.MISSING: ("desk.file_page", "file_no"),
    Matter.PLACES: ("places.inside", "code"), Matter.FAULTS: ("care.duty", "case_id"),
    Matter.INSPECTIONS: ("care.duty", "case_id"), Matter.RENEWALS: ("care.duty", "case_id"),
}  # fmt: skip
"""Where a line leads to: an endpoint, and the name that it gives the line's id."""
HEADS: Mapping[Matter, Sequence[str]] = {
    Matter.SUPPLEMENTS: ("提交人", "档案编号", "部门", "归档期限"),
    Matter.RETURNED: ("提交人", "档案编号", "部门", "原定归档期限"),
    Matter.LOANS: ("借阅人", "档案编号", "部门", "归还日期"),
    Matter.UNVERIFIED: ("姓名", "档案编号", "部门", "材料"),
    Matter.DOUBTFUL: ("姓名", "档案编号", "部门", "材料"),
    Matter.MISSING: ("姓名", "档案编号", "部门", "缺少的材料"),
    Matter.PLACES: ("档案盒", "编号", "上次盘点"),
    Matter.FAULTS: ("设施", "应办日期"),
    Matter.INSPECTIONS: ("设施", "应办日期"),
    Matter.RENEWALS: ("档案管理员", "应办日期"),
    Matter.AGREEMENTS: ("姓名", "协议有效期至"),
}


def blueprint(supervision: Supervision, departments: Callable[[], Mapping[str, str]], clock: Clock) -> Blueprint:
    pages = Blueprint("supervision", __name__)

    @pages.get("/supervision")
    def overview() -> ResponseReturnValue:
        found = supervision.overview(current_person())
        return render_template(
            "supervision/overview.html", found=found, titles=TITLES, table=_table(found.counts), today=clock.today(),
            may_list=supervision.may_list(current_person()), by_department=BY_DEPARTMENT,
        )  # fmt: skip

    @pages.post("/supervision/export")
    def export() -> ResponseReturnValue:
        found = supervision.overview(current_person(), taken=True)
        table = _table(found.counts)
        head = [str(_("事项")), str(_("合计")), *(name for _code, name, _cells in table)]
        codes = [code for code, _name, _cells in table]
        lines = [
            [str(_(TITLES[one.matter])), _figure(one.total),
             *(_figure(one.departments.get(code, 0)) if one.matter in BY_DEPARTMENT else "" for code in codes)]
            for one in found.counts
        ]  # fmt: skip
        return sent(written(str(_("监督检查")), head, lines), "supervision")

    @pages.get(f"/supervision/<any({MATTERS}):matter>")
    def lines(matter: str) -> ResponseReturnValue:
        one, department = Matter(matter), _asked("department")
        page = supervision.lines(current_person(), one, department, _asked("after"))
        more = url_for("supervision.lines", matter=matter, department=department or None, after=page.next)
        return render_template(
            "supervision/lines.html", page=page, matter=matter, title=TITLES[one], head=HEADS[one],
            rows=[(_link(line), *_cells(line)) for line in page.lines], department=department, today=clock.today(),
            departments=departments() if one in BY_DEPARTMENT else {}, more=more if page.next else "",
        )  # fmt: skip

    @pages.post(f"/supervision/<any({MATTERS}):matter>/export")
    def export_lines(matter: str) -> ResponseReturnValue:
        one = Matter(matter)
        found = supervision.export(current_person(), one, _asked("department"))
        head = [str(_(title)) for title in HEADS[one]]
        return sent(written(str(_(TITLES[one])), head, [_cells(line) for line in found]), matter)

    def _table(counts: Sequence[Count]) -> list[tuple[str, str, list[int | None]]]:
        """[(code, name, a count for each matter of departments)] of the departments that are behind with anything."""
        of = [one for one in counts if one.matter in BY_DEPARTMENT]
        names, behind = departments(), {code for one in of for code in one.departments}
        order = [*(code for code in names if code in behind), *sorted(behind - set(names))]
        return [
            (code, names.get(code, code or str(_("未分部门"))),
             [None if one.total is None else one.departments.get(code, 0) for one in of])
            for code in order
        ]  # fmt: skip

    def _cells(line: Line) -> list[str]:
        if line.matter is Matter.PLACES:
            return [line.name, line.id, line.day.isoformat() if line.day else str(_("从未盘点"))]
        day = [line.day.isoformat() if line.day else "—"]
        if line.matter not in BY_DEPARTMENT:
            return [line.name, *day]
        kinds = [str(_("、")).join(kind.label(language()) for kind in line.kinds)] if line.kinds else day
        department = departments().get(line.department, line.department)
        return [line.name, str(_("、")).join(line.files), department, *kinds]

    return pages


def _figure(count: int | None) -> str:
    return "—" if count is None else str(count)


def _asked(name: str) -> str:
    return request.values.get(name, "").strip()[:800]


def _link(line: Line) -> str:
    endpoint, name = PAGES[line.matter]
    return url_for(endpoint, **{name: line.id})  # type: ignore[arg-type]  # values of a route, not its options
