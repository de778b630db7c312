"""`/api/v1/pledge`: reading and signing it, and its text."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.circulation.pledging.operations import Pledge, Pledging
from service.web.described import TEXT, TIME, VERSION, given, gives, maybe, shape, takes
from service.web.identity import current_person
from service.web.inputs import json_object, version_of

PLEDGE = shape(version=VERSION, text=TEXT, signed_at=maybe(TIME))


def shown(pledge: Pledge) -> dict[str, Any]:
    signed = pledge.signed.isoformat() if pledge.signed else None
    return {"version": pledge.text.version, "text": pledge.text.text, "signed_at": signed}


def api(pledging: Pledging) -> APIBlueprint:
    routes = APIBlueprint("pledging_api", __name__, tag="pledge")

    @routes.get("/pledge")
    @routes.doc(summary="The pledge in force, and when one signed it", security="bearer")
    @gives(PLEDGE)
    def read() -> ResponseReturnValue:
        return jsonify(shown(pledging.read(current_person())))

    @routes.post("/pledge")
    @routes.doc(summary="Sign it; names the version that was read", security="bearer")
    @takes(given("version", version=VERSION))
    @gives(PLEDGE)
    def sign() -> ResponseReturnValue:
        return jsonify(shown(pledging.sign(current_person(), version_of(json_object()))))

    @routes.put("/pledge/text")
    @routes.doc(summary="Put a new text in force; names the version it follows", security="bearer")
    @takes(given("version", "text", version=VERSION, text=TEXT))
    @gives(shape(version=VERSION, text=TEXT))
    def change() -> ResponseReturnValue:
        given = json_object()
        text = pledging.change(current_person(), version_of(given), str(given.get("text", "")))
        return jsonify(version=text.version, text=text.text)

    return routes
