"""`/api/v1/records`: one thin route for each operation."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.catalogue.model import Catalogue
from service.errors import FieldError, Invalid, NotFound
from service.records.operations import RecordOperations, Taking
from service.records.rules import Event, Record, State, Verdict
from service.web.conflicts import with_current
from service.web.described import DAY, TEXT, TIME, VERSION, YES, given, gives, listing, maybe, one_of, shape, takes
from service.web.identity import current_person
from service.web.inputs import json_object, version_of

RECORD = shape(
    id=TEXT, file_no=TEXT, category=TEXT, subcategory=TEXT, date=maybe(DAY), fields={"type": "object"},
    state=one_of(State), author=TEXT, version=VERSION, note=TEXT, masked=YES, made_at=TIME, changed_by=maybe(TEXT),
    changed_at=maybe(TIME), verification=maybe(shape(verdict=one_of(Verdict), by=TEXT, reason=TEXT, at=TIME)),
    checked_by=maybe(TEXT), case=maybe(TEXT),
)  # fmt: skip


def shown(record: Record) -> dict[str, Any]:
    """A record as the API answers it."""
    checked = record.verification
    return {
        "id": record.id, "file_no": record.file_no, "category": record.category, "subcategory": record.subcategory,
        "date": record.date or None, "fields": dict(record.fields), "state": record.state, "author": record.author,
        "version": record.version, "note": record.note, "masked": record.masked,
        "made_at": record.made_at.isoformat(), "changed_by": record.changed_by or None,
        "changed_at": record.changed_at.isoformat() if record.changed_at else None,
        "verification": checked and {
            "verdict": checked.verdict, "by": checked.by, "reason": checked.reason, "at": checked.at.isoformat(),
        },
        "checked_by": record.checked_by or None, "case": record.case or None,
    }  # fmt: skip


def api(records: RecordOperations, taking: Taking, catalogue: Catalogue) -> APIBlueprint:
    routes = APIBlueprint("records_api", __name__, tag="records")

    def standing(record: Record) -> dict[str, Any]:
        """What stands there after a lost race: a reading like every other, with its event (P3)."""
        return shown(records.read(current_person(), record.id))

    @routes.post("/files/<file_no>/records")
    @routes.doc(summary="Add a record", security="bearer")
    @gives(RECORD, status=201)
    def add(file_no: str) -> ResponseReturnValue:
        given = json_object()
        record = taking.add(
            current_person(), file_no, *_kind(given, catalogue), _fields(given),
            date=str(given.get("date") or ""), draft=given.get("draft") is True,
        )  # fmt: skip
        return jsonify(shown(record)), 201

    @routes.get("/files/<file_no>/records")
    @routes.doc(summary="A file's records in binding order", security="bearer")
    @gives(listing(RECORD))
    def of_file(file_no: str) -> ResponseReturnValue:
        found = records.of_file(current_person(), file_no)
        return jsonify(items=[shown(record) for record in found], total=len(found), next=None)

    @routes.get("/records/<record_id>")
    @routes.doc(summary="One record", security="bearer")
    @gives(RECORD)
    def get(record_id: str) -> ResponseReturnValue:
        return jsonify(shown(records.read(current_person(), record_id)))

    @routes.get("/records/<record_id>/versions")
    @routes.doc(summary="Its earlier versions, newest first", security="bearer")
    @gives(listing(RECORD))
    def versions(record_id: str) -> ResponseReturnValue:
        found = records.read_versions(current_person(), record_id)
        return jsonify(items=[shown(record) for record in found], total=len(found), next=None)

    @routes.patch("/records/<record_id>")
    @routes.doc(summary="Change a record; names the version it changes", security="bearer")
    @gives(RECORD)
    def edit(record_id: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(standing):
            return jsonify(shown(records.edit(current_person(), record_id, version, _fields(given))))

    @routes.post("/records/<record_id>/<any('submit', 'withdraw', 'file', 'send-back'):event>")
    @routes.doc(summary="Submit, withdraw, file or send back", security="bearer")
    @takes(given("version", version=VERSION, reason=TEXT))
    @gives(RECORD)
    def move(record_id: str, event: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        reason = str(given.get("reason", ""))
        with with_current(standing):
            return jsonify(shown(taking.move(current_person(), record_id, version, Event(event), reason)))

    @routes.post("/records/<record_id>/verify")
    @routes.doc(summary="Say whether the document is genuine", security="bearer")
    @takes(given("verdict", verdict=one_of(Verdict), reason=TEXT, version=VERSION))
    @gives(RECORD)
    def verify(record_id: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given) if "version" in given else None
        verdict, reason = str(given.get("verdict", "")), str(given.get("reason", ""))
        with with_current(standing):
            return jsonify(shown(records.verify(current_person(), record_id, version, verdict, reason)))

    return routes


def _kind(given: dict[str, Any], catalogue: Catalogue) -> tuple[str, str]:
    category, subcategory = str(given.get("category", "")), str(given.get("subcategory", ""))
    try:
        catalogue.to_add(category, subcategory)
    except NotFound as error:
        raise Invalid(fields=[FieldError("category", "没有这个类别和子类：请核对 category 与 subcategory")]) from error
    return category, subcategory


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    fields = given.get("fields")
    if not isinstance(fields, dict):
        raise Invalid(fields=[FieldError("fields", "必须是字段名与值的对象")])
    return fields
