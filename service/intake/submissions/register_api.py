"""`/api/v1/registers/submissions` and `/api/v1/registers/supplements`."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.intake.submissions.register import HandedRegister, Line
from service.intake.submissions.register_views import wanted
from service.intake.submissions.rules import State
from service.web.described import DAY, TEXT, TIME, WHOLE, gives, listing, many, maybe, one_of, shape, takes
from service.web.identity import current_person

_LINE = shape(
    id=TEXT, at=TIME, department=maybe(TEXT), requester=TEXT, name=TEXT, files=many(TEXT), kinds=many(TEXT),
    records=WHOLE, state=one_of(State), receiver=maybe(TEXT), received=maybe(TIME),
)  # fmt: skip


def shown(line: Line) -> dict[str, Any]:
    return {
        "id": line.id, "at": line.at.isoformat(), "department": line.department or None, "requester": line.requester,
        "name": line.name, "files": list(line.files), "kinds": [".".join(kind) for kind in line.kinds],
        "records": line.count, "state": line.state, "receiver": line.receiver or None,
        "received": line.received.isoformat() if line.received else None,
    }  # fmt: skip


def api(registers: Mapping[str, tuple[str, HandedRegister]]) -> APIBlueprint:
    routes = APIBlueprint("handed_api", __name__, tag="registers")
    words = ", ".join(f"'{word}'" for word in registers)

    @routes.get(f"/registers/<any({words}):word>")
    @routes.doc(
        summary="Who handed what in and who received it, newest first; by file_no, department, account (or name), days",
        security="bearer",
    )
    @takes(query={"file_no": TEXT, "department": TEXT, "account": TEXT, "from": DAY, "to": DAY, "next": WHOLE})
    @gives(listing(_LINE))
    def register(word: str) -> ResponseReturnValue:
        lines, more = registers[word][1].read(current_person(), wanted("next"))
        return jsonify(items=[shown(line) for line in lines], total=None, next=more)

    return routes
