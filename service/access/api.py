"""`/api/v1/session`: a token for programs."""

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.access.operations import AccountOperations
from service.web.described import TEXT, TIME, given, gives, maybe, shape, takes
from service.web.identity import current_person, current_token
from service.web.inputs import json_object


def api(accounts: AccountOperations) -> APIBlueprint:
    routes = APIBlueprint("session_api", __name__, tag="session")

    @routes.post("/session")
    @routes.doc(
        summary="Log in",
        description="Body: username, password, and purpose where one likes. Gives token and expires_at.",
    )
    @takes(given("username", "password", username=TEXT, password=TEXT, purpose=TEXT))
    @gives(shape(token=TEXT, expires_at=maybe(TIME)))
    def begin() -> ResponseReturnValue:
        given = json_object()
        origin = request.remote_addr or ""
        token, person = accounts.log_in(str(given.get("username", "")), str(given.get("password", "")), origin)
        if given.get("purpose"):
            accounts.say_purpose(person, token, str(given["purpose"]))
        expires = accounts.expires(token)
        return jsonify(token=token, expires_at=expires.isoformat() if expires else None)

    @routes.put("/session/purpose")
    @routes.doc(summary="Say for what one looks at files in this session (V3)", security="bearer")
    @takes(given("purpose", purpose=TEXT))
    @gives(None, status=204)
    def say_purpose() -> ResponseReturnValue:
        accounts.say_purpose(current_person(), current_token(), str(json_object().get("purpose", "")))
        return "", 204

    @routes.delete("/session")
    @routes.doc(summary="Log out", security="bearer")
    @gives(None, status=204)
    def end() -> ResponseReturnValue:
        accounts.log_out(current_person(), current_token())
        return "", 204

    return routes
