"""Pages of entering records from a workbook: the template, a check run, then all or none."""

import json
from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.catalogue.model import Catalogue
from service.errors import FieldError, Invalid, Malformed
from service.intake import workbook
from service.intake.entering import Entering
from service.intake.submissions.receiving import Receiving
from service.intake.workbook import Line
from service.records.rules import State
from service.web.identity import current_person
from service.web.sheets import sent


def blueprint(entering: Entering, receiving: Receiving, catalogue: Catalogue) -> Blueprint:
    """`receiving` makes one case of what a clerk enters."""
    pages = Blueprint("entering", __name__, url_prefix="/records/import")

    def _page(problem: Invalid | None) -> ResponseReturnValue:
        most = receiving.most(current_person())
        page = render_template("intake/enter.html", problem=problem, checked=None, most=most)
        return page, problem.status if problem else 200

    @pages.get("/")
    def start() -> ResponseReturnValue:
        entering.may(current_person())
        return _page(None)

    @pages.get("/template.xlsx")
    def template() -> ResponseReturnValue:
        entering.may(current_person())
        return sent(workbook.template(catalogue), "records")

    @pages.post("/check")
    def check() -> ResponseReturnValue:
        person = current_person()
        entering.may(person)
        try:
            sent = request.files.get("sheet")
            if sent is None or not sent.filename:
                raise Invalid(fields=[FieldError("sheet", "请选择填好的表格")])
            lines = workbook.lines(sent.stream, catalogue)
            found = receiving.check(person, lines)
        except Invalid as refused:
            return _page(refused)
        text = json.dumps([asdict(line) for line in lines], ensure_ascii=False)
        page = render_template(
            "intake/enter.html", problem=None, checked=found, lines=lines, sent=text, most=receiving.most(person),
            handed=any(record.state is State.SUBMITTED for record in found.ready),
        )  # fmt: skip
        return page, 422 if found.faults else 200

    @pages.post("/")
    def enter() -> ResponseReturnValue:
        entering.may(current_person())
        try:
            lines = [Line(**row) for row in json.loads(request.form.get("lines", ""))]
        except (ValueError, TypeError) as error:
            raise Malformed("没有收到表格的内容：请重新检查一次") from error
        try:
            made = receiving.enter(current_person(), lines)
        except Invalid as refused:
            return _page(refused)
        if case := made[0].case.partition("/")[2]:
            flash(_("%(count)s 份材料已一并提交，等待档案室审核", count=len(made)))
            return redirect(url_for("submissions.detail", case_id=case))
        flash(_("已录入 %(count)s 份材料", count=len(made)))
        return redirect(url_for("files.list_files"))

    return pages
