"""`/api/v1/registers/views`."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.circulation.registers.operations import Line, ViewsRegister, Wanted
from service.web.described import DAY, TEXT, TIME, WHOLE, gives, listing, maybe, shape, takes
from service.web.identity import current_person
from service.web.registers import days, said

_SEEN = shape(
    at=TIME, account=TEXT, name=maybe(TEXT), department=maybe(TEXT), file_no=maybe(TEXT), action=TEXT,
    record_id=maybe(TEXT), category=maybe(TEXT), subcategory=maybe(TEXT), scan_id=maybe(TEXT), page_no=maybe(WHOLE),
    purpose=maybe(TEXT), origin=TEXT, **{"pass": maybe(TEXT)},
)  # fmt: skip


def wanted(place: str) -> Wanted:
    """What a query string asks for; `place` names where it says from where to go on. Raises Invalid."""
    return Wanted(said("account"), said("file_no"), days(), said(place) if request.method == "GET" else "")


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
    @routes.doc(
        summary="Who saw what, newest first; by account (or name), file_no and days; without these, the last year",
        security="bearer",
    )
    @takes(query={"account": TEXT, "file_no": TEXT, "from": DAY, "to": DAY, "next": TEXT})
    @gives(listing(_SEEN, TEXT))
    def views() -> ResponseReturnValue:
        lines, more = register.read(current_person(), wanted("next"))
        return jsonify(items=[shown(line) for line in lines], total=None, next=more or None)

    return routes
