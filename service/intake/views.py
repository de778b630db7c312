"""Pages of opening files: one by one, or from an Excel sheet after a check run."""

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.operations import AccountOperations
from service.errors import Conflict, FieldError, Invalid, Malformed
from service.files.rules import HEAD
from service.intake import sheet
from service.intake.opening import MOST, Opening
from service.intake.rules import Entry
from service.web.identity import current_person
from service.web.sheets import sent


def blueprint(opening: Opening, accounts: AccountOperations) -> Blueprint:
    pages = Blueprint("intake", __name__)

    @pages.get("/files/open")
    def open_page() -> ResponseReturnValue:
        opening.may(current_person())
        return render_template("intake/open.html", given={}, problem=None, departments=accounts.departments())

    @pages.post("/files/open")
    def open_file() -> ResponseReturnValue:
        given = request.form.to_dict()
        given.pop("csrf_token", None)
        confirmed = given.pop("confirm_duplicate", "") == "yes"
        try:
            file = opening.open(current_person(), given, confirmed=confirmed)
        except (Invalid, Conflict) as refused:
            page = render_template("intake/open.html", given=given, problem=refused, departments=accounts.departments())
            return page, refused.status
        flash(_("档案已建立，编号 %(no)s。接下来请录入基本信息并上传证件", no=file.file_no))
        return redirect(url_for("desk.file_page", file_no=file.file_no))

    @pages.get("/files/import")
    def import_page() -> ResponseReturnValue:
        opening.may(current_person())
        return render_template("intake/import.html", problem=None, checked=None, most=MOST)

    @pages.get("/files/import/template.xlsx")
    def template() -> ResponseReturnValue:
        opening.may(current_person())
        return sent(sheet.template(HEAD.fields, accounts.departments()), "files")

    @pages.post("/files/import/check")
    def check() -> ResponseReturnValue:
        person = current_person()
        opening.may(person)
        try:
            sent = request.files.get("sheet")
            if sent is None or not sent.filename:
                raise Invalid(fields=[FieldError("sheet", "请选择填好的表格")])
            rows = sheet.rows(sent.stream, HEAD.fields, accounts.departments(), MOST)
            found = opening.check(person, [Entry(given, row=row) for row, given in rows.items()])
        except Invalid as refused:
            return render_template("intake/import.html", problem=refused, checked=None, most=MOST), refused.status
        return render_template(
            "intake/import.html", problem=None, checked=found, rows=rows, sent=json.dumps(rows, ensure_ascii=False),
            most=MOST,
        ), 422 if found.faults else 200  # fmt: skip

    @pages.post("/files/import")
    def import_files() -> ResponseReturnValue:
        opening.may(current_person())
        try:
            rows = json.loads(request.form.get("rows", ""))
            entries = [Entry(dict(given), row=int(row)) for row, given in rows.items()]
        except (ValueError, TypeError, AttributeError) as error:
            raise Malformed("没有收到表格的内容：请重新检查一次") from error
        confirmed = request.form.get("confirm_duplicate") == "yes"
        try:
            made = opening.open_all(current_person(), entries, confirmed=confirmed)
        except (Invalid, Conflict) as refused:
            return render_template("intake/import.html", problem=refused, checked=None, most=MOST), refused.status
        flash(_("已建立 %(count)s 份档案，编号从 %(no)s 起", count=len(made), no=made[0].file_no))
        return redirect(url_for("files.list_files"))

    return pages
