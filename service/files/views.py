"""Pages of opening, listing and changing files."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.operations import AccountOperations
from service.errors import Conflict, Invalid
from service.files.operations import FileOperations
from service.files.rules import Event, File
from service.web.identity import current_person
from service.web.inputs import version_of, whole_number


def blueprint(files: FileOperations, accounts: AccountOperations) -> Blueprint:
    pages = Blueprint("files", __name__)

    @pages.get("/files")
    def list_files() -> ResponseReturnValue:
        person = current_person()
        found, more = files.list(person, whole_number("below"))
        return render_template(
            "files/list.html", files=found, more=more, may_add=files.may_add(person), may_open=files.may_open(person)
        )

    @pages.get("/files/<file_no>/edit")
    def edit_page(file_no: str) -> ResponseReturnValue:
        file = files.for_edit(current_person(), file_no)
        return render_template(
            "files/edit.html", file=file, given=file, problem=None, departments=accounts.departments()
        )

    @pages.post("/files/<file_no>/edit")
    def edit(file_no: str) -> ResponseReturnValue:
        given = request.form.to_dict()
        given.pop("csrf_token", None)
        version = version_of(given)
        try:
            files.edit(current_person(), file_no, version, given)
        except (Invalid, Conflict) as refused:
            return _refused(files.get(current_person(), file_no), given, refused)
        flash(_("档案已修改"))
        return redirect(url_for("desk.file_page", file_no=file_no))

    @pages.post("/files/<file_no>/<any('leave', 'come-back'):event>")
    def move(file_no: str, event: str) -> ResponseReturnValue:
        given = request.form.to_dict()
        version = version_of(given)
        try:
            files.move(current_person(), file_no, version, Event(event), given.get("left_on", ""))
        except Invalid as refused:
            file = files.for_edit(current_person(), file_no)
            return _refused(file, {**asdict(file), "left_on": given.get("left_on")}, refused)
        flash(_("已登记离职") if event == "leave" else _("已登记复职"))
        return redirect(url_for("desk.file_page", file_no=file_no))

    def _refused(file: File, given: Mapping[str, Any], refused: Invalid | Conflict) -> ResponseReturnValue:
        page = render_template(
            "files/edit.html", file=file, given=given, problem=refused, departments=accounts.departments()
        )
        return page, refused.status

    return pages
