"""Pages of a record: its form, its detail with earlier versions, checking and verifying."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.gate import Gate
from service.access.policy import KEEPERS, Action
from service.catalogue import derived, validation
from service.catalogue.model import Catalogue, SubCategory
from service.errors import Conflict, Invalid
from service.person import Person
from service.records.operations import RecordOperations, Taking
from service.records.rules import Event, Record, State, changes
from service.web.identity import current_person
from service.web.inputs import form_values, version_of
from service.web.language import spoken

Of = Callable[[Person, str], Sequence[Any]]
"""What lives a line above this room: a record's scans, where paper lies, and what of a file is out."""
_PAPER = (Action.READ_PLACES, Action.KEEP_PLACES, Action.ASK_LOAN, Action.READ_LOANS)
_DONE = {
    "submit": "已提交，等待档案室审核", "file": "已归档", "send-back": "已退回，提交人会看到原因",
    "withdraw": "已撤回",
}  # fmt: skip


def blueprint(
    records: RecordOperations, taking: Taking, catalogue: Catalogue, gate: Gate, scans: Of,
    names: Callable[[Collection[str]], dict[str, str]], departments: Callable[[], Mapping[str, str]],
    most: Callable[[], int], where: Of, out: Of,
) -> Blueprint:  # fmt: skip
    """`most` says how many MiB one scan may have."""
    pages = Blueprint("records", __name__)

    def _asked(record: Record) -> SubCategory:
        return catalogue.subcategory(record.category, record.subcategory).asked(record.fields)

    @pages.get("/files/<file_no>/records/new/<category>/<subcategory>")
    def new_page(file_no: str, category: str, subcategory: str) -> ResponseReturnValue:
        file = records.for_add(current_person(), file_no)
        sub = catalogue.to_add(category, subcategory)
        department = departments().get(file.department, file.department)
        given = derived.begun(sub, {"hire_date": file.hire_date, "department": department, "post": file.post})
        return render_template("records/form.html", file=file, sub=sub, given=given, problem=None, record=None)

    @pages.post("/files/<file_no>/records/new/<category>/<subcategory>")
    def add(file_no: str, category: str, subcategory: str) -> ResponseReturnValue:
        person, given = current_person(), form_values()
        draft = given.pop("draft", "") == "yes"
        file, sub = records.for_add(person, file_no), catalogue.to_add(category, subcategory)
        try:
            record = taking.add(person, file_no, category, subcategory, given, draft=draft)
        except Invalid as refused:
            page = render_template("records/form.html", file=file, sub=sub, given=given, problem=refused, record=None)
            return page, refused.status
        for warning in validation.warnings(sub, record.fields):
            flash(spoken(warning), "warning")
        if _onward() and not sub.paper:
            flash(_("材料已保存"))
            return redirect(url_for("desk.file_page", file_no=file_no, _anchor="checklist"))
        flash(_("材料已保存，可以接着上传扫描件"))
        return redirect(url_for("records.detail", record_id=record.id, checklist=_onward()))

    @pages.get("/records/<record_id>")
    def detail(record_id: str) -> ResponseReturnValue:
        return _detail(records.read(current_person(), record_id), {}, None)

    @pages.get("/records/<record_id>/row")
    def row(record_id: str) -> ResponseReturnValue:
        """What opens in place on the file's page: the same reading, with the same event."""
        return render_template("records/_row.html", **_opened(records.read(current_person(), record_id)))

    def _detail(record: Record, given: Mapping[str, Any], problem: Invalid | Conflict | None) -> ResponseReturnValue:
        opened = _opened(record)
        versions = records.versions(current_person(), record.id)
        made = changes(opened["sub"], [record, *versions])
        opened["names"] |= names({change.by for change in made} - {"", *opened["names"]})
        page = render_template(
            "records/detail.html", **opened, given=given, problem=problem, most=most(), changes=made,
            onward=_onward(), paper=_paper(record),
        )  # fmt: skip
        return page, problem.status if problem else 200

    def _paper(record: Record) -> dict[str, Any] | None:
        """The original: where it lies, by itself or in its file's bag, whether it is out, and what the person may."""
        person = current_person()
        may = {action.value for action in _PAPER if gate.decide(person, action).allowed}
        if record.state in (State.DRAFT, State.WITHDRAWN) or not may:
            return None
        knows = Action.READ_PLACES in may
        alone = where(person, record.id) if knows else ()
        away = out(person, record.file_no) if knows else ()
        return {
            "may": may, "in_bag": not alone, "places": alone or (where(person, record.file_no) if knows else None),
            "out": [one for one in away if one.original in (record.id, record.file_no)],
        }  # fmt: skip

    def _opened(record: Record) -> dict[str, Any]:
        person = current_person()
        file = records.head(person, record.id)
        sub = _asked(record)
        subject = record.subject(file.department, sub.hidden_from_agent)
        rights = {
            "edit": gate.decide(person, Action.EDIT_RECORD, subject).allowed,
            "check": records.may_check(person, record),
            "case": bool(record.case) and (record.author == person.account or person.role in KEEPERS),
            "upload": gate.decide(person, Action.ADD_SCAN, subject).allowed,
        }
        people = {record.author, record.checked_by, record.verification.by if record.verification else ""} - {""}
        return {
            "record": record, "file": file, "sub": sub, "rights": rights, "scans": scans(person, record.id),
            "names": names(people),
        }  # fmt: skip

    @pages.get("/records/<record_id>/edit")
    def edit_page(record_id: str) -> ResponseReturnValue:
        record = records.for_edit(current_person(), record_id)
        return _form(record, record.fields, None)

    @pages.post("/records/<record_id>/edit")
    def edit(record_id: str) -> ResponseReturnValue:
        person, given = current_person(), form_values()
        version = version_of(given)
        try:
            records.edit(person, record_id, version, given)
        except (Invalid, Conflict) as refused:
            return _form(records.read(person, record_id), given, refused)
        flash(_("修改已保存，原来的版本仍可查看"))
        return redirect(url_for("records.detail", record_id=record_id))

    def _form(record: Record, given: Any, problem: Invalid | Conflict | None) -> ResponseReturnValue:
        person = current_person()
        file, sub = records.head(person, record.id), _asked(record)
        page = render_template(
            "records/form.html", file=file, sub=sub, given=given, problem=problem, record=record,
            scans=scans(person, record.id), names=names({record.checked_by} - {""}),
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/records/<record_id>/<any('submit', 'withdraw', 'file', 'send-back'):event>")
    def move(record_id: str, event: str) -> ResponseReturnValue:
        person, given = current_person(), form_values()
        version = version_of(given)
        try:
            taking.move(person, record_id, version, Event(event), given.get("reason", ""))
        except (Invalid, Conflict) as refused:
            return _detail(records.read(person, record_id), given, refused)
        flash(_(_DONE[event]))
        return redirect(url_for("records.detail", record_id=record_id))

    @pages.post("/records/<record_id>/verify")
    def verify(record_id: str) -> ResponseReturnValue:
        person, given = current_person(), form_values()
        version = version_of(given)
        try:
            records.verify(person, record_id, version, given.get("verdict", ""), given.get("reason", ""))
        except (Invalid, Conflict) as refused:
            return _detail(records.read(person, record_id), given, refused)
        flash(_("核验结论已登记"))
        return redirect(url_for("records.detail", record_id=record_id))

    return pages


def _onward() -> str | None:
    """Whether the person goes through a file's checklist (B1), and wants to be led back to it."""
    return "yes" if request.args.get("checklist") == "yes" else None
