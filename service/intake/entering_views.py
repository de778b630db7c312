"""Pages of entering records from a workbook: the template, a check run, then all or none."""

import json
from dataclasses import asdict

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.catalogue.model import Catalogue
from service.errors import FieldError, Invalid, Malformed
from service.intake import workbook
from service.intake.entering import Entering
from service.intake.sheet import XLSX
from service.intake.workbook import MOST, Line
from service.web.identity import current_person


def blueprint(entering: Entering, catalogue: Catalogue) -> Blueprint:
    pages = Blueprint("entering", __name__, url_prefix="/records/import")

    def _page(problem: Invalid | None) -> ResponseReturnValue:
        page = render_template("intake/enter.html", problem=problem, checked=None, most=MOST)
        return page, problem.status if problem else 200

    @pages.get("/")
    def start() -> ResponseReturnValue:
        entering.may(current_person())
        return _page(None)

    @pages.get("/template.xlsx")
    def template() -> ResponseReturnValue:
        entering.may(current_person())
        answer = Response(workbook.template(catalogue), mimetype=XLSX)
        answer.headers["Content-Disposition"] = 'attachment; filename="dangan-records.xlsx"'
        return answer

    @pages.post("/check")
    def check() -> ResponseReturnValue:
        person = current_person()
        entering.may(person)
        try:
            sent = request.files.get("sheet")
            if sent is None or not sent.filename:
                raise Invalid(fields=[FieldError("sheet", "请选择填好的表格")])
            lines = workbook.lines(sent.stream, catalogue)
            found = entering.check(person, lines)
        except Invalid as refused:
            return _page(refused)
        text = json.dumps([asdict(line) for line in lines], ensure_ascii=False)
        page = render_template("intake/enter.html", problem=None, checked=found, lines=lines, sent=text, most=MOST)
        return page, 422 if found.faults else 200

    @pages.post("/")
    def enter() -> ResponseReturnValue:
        entering.may(current_person())
        try:
            lines = [Line(**row) for row in json.loads(request.form.get("lines", ""))]
        except (ValueError, TypeError) as error:
            raise Malformed("没有收到表格的内容：请重新检查一次") from error
        try:
            made = entering.enter(current_person(), lines)
        except Invalid as refused:
            return _page(refused)
        flash(_("已录入 %(count)s 份材料", count=len(made)))
        return redirect(url_for("files.list_files"))

    return pages
