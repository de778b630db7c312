"""`/api/v1/care`: one thin route for each operation."""

from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.care.operations import CareOperations
from service.care.register import InspectionsRegister, Wanted
from service.care.rules import Agreement, Duty, Event, Facility, FacilityKind, Keeper, Matter, State, Training
from service.casework.register import Register
from service.casework.repository import Kept
from service.web.described import (
    DAY,
    NUMBER,
    TEXT,
    TIME,
    VERSION,
    WHOLE,
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

EVENTS = "'pass', 'fault', 'repair'"


_FACILITY = shape(
    id=TEXT, kind=one_of(FacilityKind), name=TEXT, where=TEXT, every_days=WHOLE, due=DAY, duty=maybe(TEXT),
    version=VERSION, retired=maybe(DAY),
)  # fmt: skip
_KEEPER = shape(
    account=TEXT, since=maybe(DAY), until=maybe(DAY), agreed=maybe(DAY), expires=maybe(DAY), trained=maybe(DAY)
)  # fmt: skip
_AGREEMENT = shape(account=TEXT, agreed=DAY, expires=DAY, by=maybe(TEXT))
_TRAINING = shape(account=TEXT, subject=TEXT, day=DAY, hours=NUMBER, by=TEXT)
_DUTY = shape(
    id=TEXT, state=one_of(State), due=maybe(DAY), version=VERSION, matter=maybe(one_of(Matter)), name=maybe(TEXT),
    history=many(shape(event=TEXT, by=TEXT, at=TIME, note=TEXT)),
)  # fmt: skip


def _facility(one: Facility) -> dict[str, Any]:
    return {
        "id": one.id, "kind": one.kind, "name": one.name, "where": one.where, "every_days": one.every_days,
        "due": one.due.isoformat(), "duty": one.duty or None, "version": one.version,
        "retired": one.retired.isoformat() if one.retired else None,
    }  # fmt: skip


def _keeper(one: Keeper) -> dict[str, Any]:
    days = {
        "since": one.since,
        "until": one.until,
        "agreed": one.agreed,
        "expires": one.expires,
        "trained": one.trained,
    }
    return {"account": one.account, **{name: day.isoformat() if day else None for name, day in days.items()}}


def _agreement(one: Agreement) -> dict[str, Any]:
    return {
        "account": one.account, "agreed": one.agreed.isoformat(), "expires": one.expires.isoformat(),
        "by": one.by or None,
    }  # fmt: skip


def _training(one: Training) -> dict[str, Any]:
    return {
        "account": one.account,
        "subject": one.subject,
        "day": one.day.isoformat(),
        "hours": one.hours,
        "by": one.by,
    }


def _duty(kept: Kept[Duty]) -> dict[str, Any]:
    case, duty = kept.case, kept.content
    history = [
        {"event": move.event, "by": move.by, "at": move.at.isoformat(), "note": move.note} for move in case.history
    ]
    return {
        "id": case.id, "state": case.state, "due": case.due.isoformat() if case.due else None, "version": case.version,
        "matter": duty.matter if duty else None, "name": duty.name if duty else None, "history": history,
    }  # fmt: skip


def api(
    care: CareOperations, trained: Register[Training], inspected: InspectionsRegister,
    trained_as: Callable[[], Callable[[Training], bool]], wanted: Callable[[str], Wanted],
) -> APIBlueprint:  # fmt: skip
    """`trained_as` and `wanted` read what a query string asks of the two registers."""
    routes = APIBlueprint("care_api", __name__, tag="care")

    @routes.get("/care")
    @routes.doc(summary="Facilities and designated archivists, with what is due", security="bearer")
    @gives(shape(facilities=many(_FACILITY), keepers=many(_KEEPER)))
    def room() -> ResponseReturnValue:
        found = care.room(current_person())
        return jsonify(
            facilities=[_facility(one) for one in found.facilities], keepers=[_keeper(one) for one in found.keepers]
        )

    @routes.post("/care/facilities")
    @routes.doc(summary="A facility with its plan (kind, name, where, every_days, due)", security="bearer")
    @takes(
        given(
            "kind", "name", "where", "every_days",
            kind=one_of(FacilityKind), name=TEXT, where=TEXT, every_days=WHOLE, due=DAY,
        )
    )  # fmt: skip
    @gives(_FACILITY, status=201)
    def add_facility() -> ResponseReturnValue:
        return jsonify(_facility(care.add_facility(current_person(), json_object()))), 201

    @routes.patch("/care/facilities/<facility_id>")
    @routes.doc(summary="Another name, place or plan", security="bearer")
    @takes(
        given(
            "version", "kind", "name", "every_days",
            version=VERSION, kind=one_of(FacilityKind), name=TEXT, where=TEXT, every_days=WHOLE, due=DAY,
        )
    )  # fmt: skip
    @gives(_FACILITY)
    def edit_facility(facility_id: str) -> ResponseReturnValue:
        given = json_object()
        return jsonify(_facility(care.edit_facility(current_person(), facility_id, version_of(given), given)))

    @routes.post("/care/facilities/<facility_id>/retire")
    @routes.doc(summary="The facility is there no more: nothing about it falls due", security="bearer")
    @gives(_FACILITY)
    def retire_facility(facility_id: str) -> ResponseReturnValue:
        return jsonify(_facility(care.retire_facility(current_person(), facility_id)))

    @routes.post("/care/facilities/<facility_id>/findings")
    @routes.doc(summary="A fault that was found between two inspections (note)", security="bearer")
    @takes(given("note", note=TEXT))
    @gives(_DUTY, status=201)
    def report(facility_id: str) -> ResponseReturnValue:
        return jsonify(_duty(care.report(current_person(), facility_id, json_object()))), 201

    @routes.post("/care/keepers")
    @routes.doc(summary="Designate an archivist (account)", security="bearer")
    @takes(given("account", account=TEXT))
    @gives(_KEEPER, status=201)
    def add_keeper() -> ResponseReturnValue:
        return jsonify(_keeper(care.add_keeper(current_person(), str(json_object().get("account") or "")))), 201

    @routes.post("/care/keepers/<account>/agreement")
    @routes.doc(summary="A confidentiality agreement was signed (agreed, expires)", security="bearer")
    @takes(given("agreed", "expires", agreed=DAY, expires=DAY))
    @gives(_KEEPER)
    def agreement(account: str) -> ResponseReturnValue:
        return jsonify(_keeper(care.note_agreement(current_person(), account, json_object())))

    @routes.get("/care/keepers/<account>/agreements")
    @routes.doc(summary="The agreements that an archivist signed, newest first", security="bearer")
    @gives(listing(_AGREEMENT))
    def agreements(account: str) -> ResponseReturnValue:
        found = care.agreements(current_person(), account)
        return jsonify(items=[_agreement(one) for one in found], total=len(found), next=None)

    @routes.post("/care/keepers/<account>/end")
    @routes.doc(summary="The archivist is no longer designated, and owes nothing more", security="bearer")
    @gives(_KEEPER)
    def end(account: str) -> ResponseReturnValue:
        return jsonify(_keeper(care.end_keeper(current_person(), account)))

    @routes.post("/care/keepers/<account>/trainings")
    @routes.doc(summary="A training in confidentiality (subject, day, hours)", security="bearer")
    @takes(given("subject", "day", "hours", subject=TEXT, day=DAY, hours=NUMBER))
    @gives(_TRAINING, status=201)
    def training(account: str) -> ResponseReturnValue:
        return jsonify(_training(care.note_training(current_person(), account, json_object()))), 201

    @routes.get("/care/duties")
    @routes.doc(summary="Inspections, findings and repairs, newest first", security="bearer")
    @takes(query={"next": WHOLE})
    @gives(listing(_DUTY))
    def duties() -> ResponseReturnValue:
        found, more = care.inspections(current_person(), whole_number("next"))
        return jsonify(items=[_duty(one) for one in found], total=None, next=more)

    @routes.post(f"/care/duties/<case_id>/<any({EVENTS}):event>")
    @routes.doc(summary="In order, a fault (note), or its repair (note)", security="bearer")
    @takes(given(note=TEXT, version=VERSION))
    @gives(_DUTY)
    def take(case_id: str, event: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given) if "version" in given else None
        return jsonify(_duty(care.take(current_person(), case_id, Event(event), version, given)))

    @routes.get("/registers/trainings")
    @routes.doc(summary="The register of trainings, newest first; by account and days", security="bearer")
    @takes(query={"account": TEXT, "from": DAY, "to": DAY, "next": WHOLE})
    @gives(listing(_TRAINING))
    def trainings() -> ResponseReturnValue:
        found, more = trained.read(current_person(), trained_as(), whole_number("next"))
        return jsonify(items=[_training(one) for one in found], total=None, next=more)

    @routes.get("/registers/inspections")
    @routes.doc(
        summary="The register of inspections, findings and repairs, newest first; by facility, account (or name) and "
        "days, and with open=yes what is still to be done",
        security="bearer",
    )
    @takes(query={"facility": TEXT, "account": TEXT, "from": DAY, "to": DAY, "open": one_of(["yes"]), "next": WHOLE})
    @gives(listing(_DUTY))
    def inspections() -> ResponseReturnValue:
        found, more = inspected.read(current_person(), wanted("next"))
        return jsonify(items=[_duty(one) for one in found], total=None, next=more)

    return routes
