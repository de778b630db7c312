"""`/api/v1/submissions` and `/api/v1/supplements`: one thin route for each operation."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.casework.shown import history
from service.errors import FieldError, Invalid
from service.intake.submissions.operations import Submission, Submissions
from service.intake.submissions.rules import Event, Handed, State, handed_at, spread
from service.intake.workbook import Line
from service.records.api import RECORD
from service.records.api import shown as record_shown
from service.records.rules import Verdict
from service.web.described import (
    DAY,
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

EVENTS = "'submit', 'withdraw', 'check', 'file', 'send-back', 'take-over'"


_HEAD = {
    "id": TEXT, "state": one_of(State), "requester": TEXT, "department": maybe(TEXT), "due": maybe(DAY),
    "overdue": YES, "handed_at": maybe(TIME),
    "version": VERSION, "files": many(TEXT), "remark": TEXT,
}  # fmt: skip
_LISTED = shape(**_HEAD, records=many(TEXT))
CASE = shape(
    **_HEAD, records=many(shape(**RECORD["properties"], scans=WHOLE)), history=STEPS, open=many(TEXT),
    unknown_years=many(WHOLE),
)  # fmt: skip
_ROW = given(
    "file_no", file_no=TEXT, category=TEXT, subcategory=TEXT, date=DAY, fields={"type": "object"}
)  # fmt: skip
_KIND = {"category": TEXT, "subcategory": TEXT, "fields": {"type": "object"}, "remark": TEXT, "draft": YES}
_JUDGED = {"verdict": one_of(Verdict), "reason": TEXT}
_STEP = given(
    version=VERSION, note=TEXT, records=many(given("id", id=TEXT, **_JUDGED)), **_JUDGED
)  # fmt: skip


def which() -> str:
    """Which of the lists is asked for: all, what a colleague left, else what one handed in."""
    return next((one for one in ("all", "left") if request.args.get(one) == "yes"), "mine")


def listed(case: Case, handed: Handed | None, overdue: bool) -> dict[str, Any]:
    """A case in a list. What was typed is gone with a destroyed file."""
    at = handed_at(case)
    return {
        "id": case.id, "state": case.state, "requester": case.requester, "department": case.department,
        "due": case.due.isoformat() if case.due else None, "overdue": overdue,
        "handed_at": at.isoformat() if at else None, "version": case.version, "files": list(case.files),
        "records": list(handed.records) if handed else [], "remark": handed.remark if handed else "",
    }  # fmt: skip


def shown(one: Submission) -> dict[str, Any]:
    """A case with its records and history, and the steps that the person could take now."""
    records = [{**record_shown(record), "scans": one.scans.get(record.id, 0)} for record in one.records]
    return {
        **listed(one.case, one.content, one.overdue), "unknown_years": list(one.unknown_years), "records": records,
        "history": history(one.case), "open": list(one.open),
    }  # fmt: skip


def api(handing: Submissions, word: str) -> APIBlueprint:
    """`word` is how the kind is named in addresses."""
    routes = APIBlueprint(f"{word}_api", __name__, tag=word)

    @routes.post(f"/{word}")
    @routes.doc(
        summary="Hand in records: category, subcategory, fields for all, agents with their own; or `records`. "
        "With `draft` it waits for its scans",
        security="bearer",
    )
    @takes(given(agents=many(_ROW), records=many(_ROW), **_KIND))
    @gives(CASE, status=201)
    def create() -> ResponseReturnValue:
        given = json_object()
        handing.may(current_person())
        made = handing.create(
            current_person(), _lines(given), remark=str(given.get("remark") or ""), draft=given.get("draft") is True
        )
        return jsonify(shown(made)), 201

    @routes.get(f"/{word}")
    @routes.doc(
        summary="What one handed in, newest first; with all=yes everybody's, what is overdue on top; with left=yes "
        "what a colleague of one's department has and one may take over",
        security="bearer",
    )
    @takes(query={"all": one_of(["yes"]), "left": one_of(["yes"]), "next": WHOLE})
    @gives(listing(_LISTED))
    def list_cases() -> ResponseReturnValue:
        found, more = handing.lists[which()](current_person(), whole_number("next"))
        items = [listed(kept.case, kept.content, handing.overdue(kept.case)) for kept in found]
        return jsonify(items=items, total=None, next=more)

    @routes.get(f"/{word}/<case_id>")
    @routes.doc(summary="One case with its records and history", security="bearer")
    @gives(CASE)
    def get(case_id: str) -> ResponseReturnValue:
        return jsonify(shown(handing.get(current_person(), case_id)))

    @routes.post(f"/{word}/<case_id>/<any({EVENTS}):event>")
    @routes.doc(
        summary="Submit (with a note that answers), withdraw, check (verdict and reason for all, or by id in "
        "`records`), file once each record has a verdict, send back, or take over from a colleague",
        security="bearer",
    )
    @takes(_STEP)
    @gives(CASE)
    def move(case_id: str, event: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given) if "version" in given else None
        return jsonify(shown(handing.take(current_person(), case_id, Event(event), version, given)))

    return routes


def _lines(given: dict[str, Any]) -> list[Line]:
    category, subcategory = str(given.get("category") or ""), str(given.get("subcategory") or "")
    if "records" in given:
        return [
            Line(
                "", number, str(one.get("file_no") or ""), str(one.get("category") or category),
                str(one.get("subcategory") or subcategory), _object(one.get("fields")), str(one.get("date") or ""),
            )
            for number, one in enumerate(_objects(given, "records"), 1)
        ]  # fmt: skip
    agents = [
        {"file_no": one.get("file_no"), **_object(one.get("fields") or {})} for one in _objects(given, "agents")
    ]  # fmt: skip
    return spread(category, subcategory, _object(given.get("fields") or {}), agents)


def _objects(given: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Invalid(fields=[FieldError(name, "必须是对象的数组")])
    return found


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(fields=[FieldError("fields", "必须是字段名与值的对象")])
    return dict(value)
