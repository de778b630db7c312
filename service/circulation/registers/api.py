"""`/api/v1/registers/views`."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.circulation.registers.operations import Line, ViewsRegister, Wanted
from service.web.identity import current_person
from service.web.inputs import day


def wanted(place: str) -> Wanted:
    """What a query string asks for; `place` names where it says from where to go on. Raises Invalid."""
    asked = {name: request.values.get(name, "").strip()[:60] for name in ("account", "file_no", place)}
    return Wanted(asked["account"], asked["file_no"], day("day"), asked[place])


def shown(line: Line) -> dict[str, Any]:
    event, (category, subcategory) = line.event, line.kind or (None, None)
    return {
        "at": event.at.isoformat(), "account": event.account, "name": line.name, "department": line.department,
        "file_no": event.ids.get("file"), "action": event.action, "record_id": event.ids.get("record"),
        "category": category, "subcategory": subcategory, "scan_id": event.ids.get("scan"),
        "page_no": int(event.ids["page"]) if "page" in event.ids else None, "purpose": event.ids.get("purpose"),
        "pass": event.ids.get("pass"), "origin": event.origin,
    }  # fmt: skip


def api(register: ViewsRegister) -> APIBlueprint:
    routes = APIBlueprint("registers_api", __name__, tag="registers")

    @routes.get("/registers/views")
    @routes.doc(summary="Who saw what, newest first; by account, file_no and day", security="bearer")
    def views() -> ResponseReturnValue:
        lines, more = register.read(current_person(), wanted("next"))
        return jsonify(items=[shown(line) for line in lines], total=None, next=more or None)

    return routes
