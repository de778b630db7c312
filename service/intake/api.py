"""`/api/v1/files`: opening, singly or in bulk."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.errors import FieldError, Invalid
from service.files.api import shown
from service.intake.opening import Opening
from service.intake.rules import Entry, Given
from service.web.identity import current_person
from service.web.inputs import json_object


def api(opening: Opening) -> APIBlueprint:
    routes = APIBlueprint("intake_api", __name__, tag="files")

    @routes.post("/files")
    @routes.doc(summary="Open a file", security="bearer")
    def open_file() -> ResponseReturnValue:
        given = json_object()
        confirmed = given.pop("confirm_duplicate", False) is True
        return jsonify(shown(opening.open(current_person(), given, confirmed=confirmed))), 201

    @routes.post("/files/import")
    @routes.doc(summary="Open many files with their first records, all or none; `check` only looks", security="bearer")
    def open_all() -> ResponseReturnValue:
        given = json_object()
        opening.may(current_person())
        entries = [_entry(row) for row in _list(given.get("rows"), "rows")]
        if given.get("check") is True:
            found = opening.check(current_person(), entries)
            faults = [{"row": row, "name": one.name, "message": one.message} for row, one in found.faults]
            return jsonify(faults=faults, same_names=list(found.same_names))
        made = opening.open_all(current_person(), entries, confirmed=given.get("confirm_duplicate") is True)
        return jsonify(items=[shown(file) for file in made], total=len(made), next=None), 201

    return routes


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
