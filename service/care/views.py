"""Pages of care: facilities and keepers, and one duty. The registers stand in a room beside it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.care.api import EVENTS
from service.care.operations import CareOperations
from service.care.rules import KINDS, MATTERS, Duty, Event
from service.casework.repository import Kept
from service.errors import Conflict, DanganError, Invalid
from service.person import Person
from service.web.identity import current_person
from service.web.inputs import form_values, version_of

_DONE = {
    Event.PASS: "巡检已登记，一切正常", Event.FAULT: "问题已登记，等待维修", Event.REPAIR: "维修已登记",
}  # fmt: skip
ACTS = {
    "create": "到期", Event.PASS: "巡检正常", Event.FAULT: "发现问题", Event.REPAIR: "完成维修",
    Event.RENEW: "完成更新", Event.END: "结束，不再办理",
}  # fmt: skip


def blueprint(care: CareOperations, names: Callable[[Collection[str]], dict[str, str]]) -> Blueprint:
    pages = Blueprint("care", __name__)

    @pages.get("/care")
    def room() -> ResponseReturnValue:
        return _room("", {"account": request.args.get("account", "")}, None)

    def _room(form: str, given: dict[str, Any], problem: DanganError | None) -> ResponseReturnValue:
        person = current_person()
        page = render_template(
            "care/room.html", room=care.room(person), may_keep=care.may_keep(person), kinds=KINDS, form=form,
            given=given, problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/care/facilities")
    def add_facility() -> ResponseReturnValue:
        given = form_values()
        try:
            care.add_facility(current_person(), given)
        except Invalid as refused:
            return _room("facility", given, refused)
        flash(_("设施已登记"))
        return redirect(url_for("care.room"))

    @pages.get("/care/facilities/<facility_id>")
    def facility(facility_id: str) -> ResponseReturnValue:
        return _facility(facility_id, "", {}, None)

    def _facility(id_: str, form: str, given: dict[str, Any], problem: DanganError | None) -> ResponseReturnValue:
        person = current_person()
        page = render_template(
            "care/facility.html", facility=care.facility(person, id_), may_keep=care.may_keep(person),
            may_inspect=care.may_inspect(person), kinds=KINDS, form=form, given=given, problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/care/facilities/<facility_id>")
    def edit_facility(facility_id: str) -> ResponseReturnValue:
        given = form_values()
        try:
            care.edit_facility(current_person(), facility_id, version_of(given), given)
        except (Invalid, Conflict) as refused:
            return _facility(facility_id, "facility", given, refused)
        flash(_("设施已修改"))
        return redirect(url_for("care.facility", facility_id=facility_id))

    @pages.post("/care/facilities/<facility_id>/retire")
    def retire_facility(facility_id: str) -> ResponseReturnValue:
        try:
            care.retire_facility(current_person(), facility_id)
        except Conflict as refused:
            return _facility(facility_id, "", {}, refused)
        flash(_("设施已停用，不再巡检"))
        return redirect(url_for("care.room"))

    @pages.post("/care/facilities/<facility_id>/findings")
    def report(facility_id: str) -> ResponseReturnValue:
        given = form_values()
        try:
            found = care.report(current_person(), facility_id, given)
        except (Invalid, Conflict) as refused:
            return _facility(facility_id, "finding", given, refused)
        flash(_(_DONE[Event.FAULT]))
        return redirect(url_for("care.duty", case_id=found.case.id))

    @pages.post("/care/keepers")
    def add_keeper() -> ResponseReturnValue:
        given = form_values()
        try:
            made = care.add_keeper(current_person(), str(given.get("account") or "").strip())
        except Invalid as refused:
            return _room("keeper", given, refused)
        flash(_("档案管理员已指定"))
        return redirect(url_for("care.keeper", account=made.account))

    @pages.get("/care/keepers/<account>")
    def keeper(account: str) -> ResponseReturnValue:
        return _keeper(account, {}, None)

    def _keeper(account: str, given: dict[str, Any], problem: DanganError | None) -> ResponseReturnValue:
        person = current_person()
        found, name = care.keeper(person, account)
        agreements = care.agreements(person, account)
        page = render_template(
            "care/keeper.html", keeper=found, name=name, may_keep=care.may_keep(person), given=given, problem=problem,
            agreements=agreements, names=names({one.by for one in agreements}),
        )  # fmt: skip
        return page, problem.status if problem else 200

    def _kept(account: str, work: Callable[[Person, str, dict[str, Any]], object], done: str) -> ResponseReturnValue:
        given = form_values()
        try:
            work(current_person(), account, given)
        except (Invalid, Conflict) as refused:
            return _keeper(account, given, refused)
        flash(_(done))
        return redirect(url_for("care.keeper", account=account))

    @pages.post("/care/keepers/<account>/agreement")
    def agreement(account: str) -> ResponseReturnValue:
        return _kept(account, care.note_agreement, "保密协议已登记")

    @pages.post("/care/keepers/<account>/trainings")
    def training(account: str) -> ResponseReturnValue:
        return _kept(account, care.note_training, "培训已登记")

    @pages.post("/care/keepers/<account>/end")
    def end(account: str) -> ResponseReturnValue:
        return _kept(account, lambda person, name, _given: care.end_keeper(person, name), "指定已结束")

    @pages.get("/care/duties/<case_id>")
    def duty(case_id: str) -> ResponseReturnValue:
        return _duty(case_id, {}, None)

    def _duty(case_id: str, given: dict[str, Any], problem: DanganError | None) -> ResponseReturnValue:
        kept, steps = care.duty(current_person(), case_id)
        page = render_template(
            "care/duty.html", kept=kept, steps=steps, matters=MATTERS, acts=ACTS, given=given, problem=problem,
            names=_named([kept]),
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post(f"/care/duties/<case_id>/<any({EVENTS}):event>")
    def take(case_id: str, event: str) -> ResponseReturnValue:
        given = form_values()
        try:
            care.take(current_person(), case_id, Event(event), version_of(given), given)
        except (Invalid, Conflict) as refused:
            return _duty(case_id, given, refused)
        flash(_(_DONE[Event(event)]))
        return redirect(url_for("care.duty", case_id=case_id))

    def _named(found: Sequence[Kept[Duty]]) -> dict[str, str]:
        """The people who had a hand in these duties, and those whom they are about."""
        about = {kept.content.subject for kept in found if kept.content}
        return names(about | {move.by for kept in found for move in kept.case.history})

    return pages
