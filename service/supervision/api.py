"""`/api/v1/supervision`: what is left undone, in numbers and in lists."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.supervision.operations import Supervision
from service.supervision.rules import Count, Line, Matter
from service.web.described import DAY, TEXT, WHOLE, YES, gives, listing, many, maybe, one_of, shape, takes
from service.web.identity import current_person

MATTERS = ", ".join(f"'{one}'" for one in Matter)


_COUNTED = shape(matter=one_of(Matter), total=maybe(WHOLE), departments=many(shape(department=TEXT, count=WHOLE)))
_LISTED = shape(
    matter=one_of(Matter), id=TEXT, name=TEXT, files=many(TEXT), department=maybe(TEXT), kinds=many(TEXT),
    day=maybe(DAY),
)  # fmt: skip


def _count(one: Count) -> dict[str, Any]:
    departments = [{"department": code, "count": count} for code, count in one.departments.items()]
    return {"matter": one.matter, "total": one.total, "departments": departments}


def _line(one: Line) -> dict[str, Any]:
    return {
        "matter": one.matter, "id": one.id, "name": one.name, "files": list(one.files),
        "department": one.department or None, "kinds": [kind.key for kind in one.kinds],
        "day": one.day.isoformat() if one.day else None,
    }  # fmt: skip


def api(supervision: Supervision) -> APIBlueprint:
    routes = APIBlueprint("supervision_api", __name__, tag="supervision")

    @routes.get("/supervision")
    @routes.doc(summary="How much is overdue, missing, unverified or due, by department", security="bearer")
    @gives(shape(matters=many(_COUNTED), degraded=YES))
    def overview() -> ResponseReturnValue:
        found = supervision.overview(current_person())
        return jsonify(matters=[_count(one) for one in found.counts], degraded=found.degraded)

    @routes.get(f"/supervision/<any({MATTERS}):matter>")
    @routes.doc(summary="One matter's list; by department", security="bearer")
    @takes(query={"department": TEXT, "next": TEXT})
    @gives(listing(_LISTED, TEXT, degraded=YES))
    def lines(matter: str) -> ResponseReturnValue:
        asked = {name: request.args.get(name, "").strip()[:800] for name in ("department", "next")}
        page = supervision.lines(current_person(), Matter(matter), asked["department"], asked["next"])
        return jsonify(
            items=[_line(one) for one in page.lines], total=page.total, next=page.next or None, degraded=page.degraded
        )

    return routes
