"""`/api/v1/files`: opening, singly or in bulk."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.errors import FieldError, Invalid
from service.files.api import FILE, HELD, shown
from service.intake.entering import Entering
from service.intake.opening import Opening
from service.intake.rules import Entry, Given
from service.intake.submissions.receiving import Receiving
from service.intake.workbook import Line
from service.records.rules import State
from service.web.described import DAY, TEXT, WHOLE, YES, given, gives, listing, many, maybe, one_of, shape, takes
from service.web.identity import current_person
from service.web.inputs import json_object
from service.web.language import spoken

_FILE = given("name", "department", "post", "hire_date", **HELD)
_RECORD = given(
    "category", "subcategory", "fields", category=TEXT, subcategory=TEXT, date=DAY, fields={"type": "object"}
)  # fmt: skip
_ROW = given("name", "department", "post", "hire_date", **HELD, records=many(_RECORD))
_LINE = given("file_no", *_RECORD["required"], file_no=TEXT, **_RECORD["properties"])
_CHECK = {**YES, "description": "only look, and change nothing"}
_SAME = {**YES, "description": "open it although somebody has the same name"}
_FAULT = {"name": TEXT, "message": TEXT}
_CHECKED_FILES = shape(faults=many(shape(row=WHOLE, **_FAULT)), same_names=many(WHOLE))
_CHECKED_LINES = shape(faults=many(shape(line=WHOLE, **_FAULT)))
_ENTERED = shape(id=TEXT, file_no=TEXT, state=one_of(State), submission=maybe(TEXT))


def api(opening: Opening, entering: Entering, receiving: Receiving) -> APIBlueprint:
    routes = APIBlueprint("intake_api", __name__, tag="files")

    @routes.post("/files")
    @routes.doc(summary="Open a file", security="bearer")
    @takes(given(*_FILE["required"], **_FILE["properties"], confirm_duplicate=_SAME))
    @gives(FILE, status=201)
    def open_file() -> ResponseReturnValue:
        given = json_object()
        confirmed = given.pop("confirm_duplicate", False) is True
        return jsonify(shown(opening.open(current_person(), given, confirmed=confirmed))), 201

    @routes.post("/files/import")
    @routes.doc(summary="Open many files with their first records, all or none; `check` only looks", security="bearer")
    @takes(given("rows", rows=many(_ROW), check=_CHECK, confirm_duplicate=_SAME))
    @gives(_CHECKED_FILES)
    @gives(listing(FILE), status=201)
    def open_all() -> ResponseReturnValue:
        given = json_object()
        opening.may(current_person())
        entries = [_entry(row) for row in _list(given.get("rows"), "rows")]
        if given.get("check") is True:
            found = opening.check(current_person(), entries)
            faults = [{"row": row, "name": one.name, "message": spoken(one)} for row, one in found.faults]
            return jsonify(faults=faults, same_names=list(found.same_names))
        made = opening.open_all(current_person(), entries, confirmed=given.get("confirm_duplicate") is True)
        return jsonify(items=[shown(file) for file in made], total=len(made), next=None), 201

    @routes.post("/records/import")
    @routes.doc(
        summary="Add records to many files, all or none; a clerk's are one submission. `check` only looks",
        security="bearer",
    )
    @takes(given("lines", lines=many(_LINE), check=_CHECK))
    @gives(_CHECKED_LINES)
    @gives(listing(_ENTERED), status=201)
    def enter() -> ResponseReturnValue:
        given = json_object()
        entering.may(current_person())
        lines = [_line(row, at) for at, row in enumerate(_list(given.get("lines"), "lines"), 1)]
        if given.get("check") is True:
            found = receiving.check(current_person(), lines)
            told = [{"line": at + 1, "name": one.name, "message": spoken(one)} for at, one in found.faults]
            return jsonify(faults=told)
        made = receiving.enter(current_person(), lines)
        items = [
            {"id": one.id, "file_no": one.file_no, "state": one.state, "submission": one.case.partition("/")[2] or None}
            for one in made
        ]
        return jsonify(items=items, total=len(made), next=None), 201

    return routes


def _line(row: Any, at: int) -> Line:
    given = _object(row, "lines")
    file_no, category, subcategory, date = (
        str(given.get(name) or "") for name in ("file_no", "category", "subcategory", "date")
    )
    return Line("", at, file_no, category, subcategory, dict(_object(given.get("fields"), "fields")), date)


def _entry(row: Any) -> Entry:
    given = dict(_object(row, "rows"))
    records = [_object(one, "records") for one in _list(given.pop("records", []), "records")]
    return Entry(
        given,
        tuple(
            Given(
                str(one.get("category", "")), str(one.get("subcategory", "")), _object(one.get("fields"), "fields"),
                str(one.get("date") or ""),
            )
            for one in records
        ),
    )  # fmt: skip


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Invalid(fields=[FieldError(name, "必须是数组")])
    return value


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(fields=[FieldError(name, "必须是对象")])
    return value
