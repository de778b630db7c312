"""`/api/v1/view-requests`: one thin route for each operation."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.access.grants import Purpose
from service.casework.repository import Kept
from service.casework.shown import history
from service.circulation.viewing.operations import Request, ViewingOperations
from service.circulation.viewing.rules import Asked, Event, State
from service.web.described import (
    STEPS,
    TEXT,
    TIME,
    VERSION,
    WHOLE,
    YES,
    given,
    gives,
    listing,
    many,
    maybe,
    one_of,
    shape,
    takes,
)
from service.web.identity import current_person
from service.web.inputs import json_object, version_of, whole_number
from service.workflow import Case

EVENTS = "'sign', 'grant', 'refuse', 'withdraw', 'revoke'"


_WANTED = {
    "files": many(TEXT), "purpose": one_of(Purpose), "reason": TEXT, "from": TIME, "until": TIME,
    "categories": many(TEXT), "records": many(TEXT), "pages": many(TEXT), "places": many(TEXT), "original": YES,
    "masked": YES,
}  # fmt: skip
_HEAD = {"id": TEXT, "state": one_of(State), "requester": TEXT, "department": maybe(TEXT), "version": VERSION}
_LISTED = {**shape(**_HEAD, **_WANTED), "required": [*_HEAD, "files"]}
REQUEST = {
    **shape(**_HEAD, **_WANTED, history=STEPS, open=many(TEXT)),
    "required": [*_HEAD, "files", "history", "open"],
}


def listed(case: Case, asked: Asked | None) -> dict[str, Any]:
    """A request in a list. What was typed is gone with a destroyed file."""
    return {
        "id": case.id, "state": case.state, "requester": case.requester, "department": case.department,
        "version": case.version, **(asked.given() if asked else {"files": list(case.files)}),
    }  # fmt: skip


def shown(one: Request) -> dict[str, Any]:
    """A request with its history, and the steps that the person could take now."""
    return {**listed(one.case, one.asked), "history": history(one.case), "open": list(one.open)}


def _items(found: list[Kept[Asked]], more: int | None) -> ResponseReturnValue:
    return jsonify(items=[listed(kept.case, kept.content) for kept in found], total=None, next=more)


def api(viewing: ViewingOperations) -> APIBlueprint:
    routes = APIBlueprint("viewing_api", __name__, tag="view-requests")

    @routes.post("/view-requests")
    @routes.doc(summary="Ask to view files (files, purpose, reason, until, and what to limit it to)", security="bearer")
    @takes(given("files", "purpose", "reason", "until", **_WANTED))
    @gives(REQUEST, status=201)
    def ask() -> ResponseReturnValue:
        return jsonify(shown(viewing.ask(current_person(), json_object()))), 201

    @routes.get("/view-requests")
    @routes.doc(summary="What one asked for, newest first; with all=yes everybody's", security="bearer")
    @takes(query={"all": one_of(["yes"]), "next": WHOLE})
    @gives(listing(_LISTED))
    def list_requests() -> ResponseReturnValue:
        person = current_person()
        everybody = request.args.get("all") == "yes" or not viewing.may_ask(person)
        read = viewing.all if everybody else viewing.mine
        return _items(*read(person, whole_number("next")))

    @routes.get("/view-requests/<case_id>")
    @routes.doc(summary="One request with its history", security="bearer")
    @gives(REQUEST)
    def get(case_id: str) -> ResponseReturnValue:
        return jsonify(shown(viewing.get(current_person(), case_id)))

    @routes.post(f"/view-requests/<case_id>/<any({EVENTS}):event>")
    @routes.doc(summary="Sign, grant, refuse, withdraw or revoke; a grant may narrow it", security="bearer")
    @takes(given(note=TEXT, version=VERSION, **_WANTED))
    @gives(REQUEST)
    def move(case_id: str, event: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given) if "version" in given else None
        return jsonify(shown(viewing.take(current_person(), case_id, Event(event), version, given)))

    return routes
