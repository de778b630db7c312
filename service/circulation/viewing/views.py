"""Pages of requests to view: the application, the list, one request, and its form on paper."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.grants import PURPOSES
from service.catalogue.model import Catalogue
from service.circulation.viewing import forms
from service.circulation.viewing.api import EVENTS
from service.circulation.viewing.operations import Request, ViewingOperations
from service.circulation.viewing.parts import Part, Parts, picked
from service.circulation.viewing.rules import Event, stands
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid
from service.web.identity import current_person
from service.web.inputs import version_of, whole_number
from service.web.language import language

Names = Callable[[Collection[str]], dict[str, str]]
_DONE = {
    Event.SIGN: "已签字，申请转到档案室", Event.GRANT: "已批准，申请人现在可以查阅",
    Event.REFUSE: "已退回，申请人会看到理由", Event.WITHDRAW: "已撤回，通行证已收回",
    Event.REVOKE: "已收回，申请人从现在起不能再查阅",
}  # fmt: skip
ACTS = {
    "create": "申请",
    "sign": "部门负责人签字",
    "grant": "批准",
    "refuse": "不同意",
    "withdraw": "撤回",
    "revoke": "收回",
}


def blueprint(
    viewing: ViewingOperations, parts: Parts, catalogue: Catalogue, clock: Clock, names: Names
) -> Blueprint:  # fmt: skip
    pages = Blueprint("viewing", __name__)

    @pages.get("/view-requests")
    def list_requests() -> ResponseReturnValue:
        person = current_person()
        everybody = request.args.get("all") == "yes" or not viewing.may_ask(person)
        found, more = (viewing.all if everybody else viewing.mine)(person, whole_number("below"))
        return render_template(
            "viewing/list.html", found=found, more=more, everybody=everybody, purposes=PURPOSES,
            may_ask=viewing.may_ask(person), names=names({kept.case.requester for kept in found}),
            states={kept.case.id: stands(kept.case.state, kept.content, clock.now()) for kept in found},
        )  # fmt: skip

    @pages.get("/view-requests/new")
    def ask_page() -> ResponseReturnValue:
        viewing.for_ask(current_person())
        until = (clock.now().astimezone(clock.zone) + timedelta(days=1)).replace(hour=17, minute=30)
        given = {"files": request.args.get("file", "")[:40], "until": f"{until:%Y-%m-%dT%H:%M}"}
        return _form(given, None)

    def _form(given: dict[str, Any], problem: Invalid | None) -> ResponseReturnValue:
        page = render_template(
            "viewing/ask.html", given=given, problem=problem, purposes=PURPOSES, categories=catalogue.categories
        )
        return page, problem.status if problem else 200

    @pages.post("/view-requests/new")
    def ask() -> ResponseReturnValue:
        given = forms.given(request.form)
        try:
            made = viewing.ask(current_person(), given)
        except Invalid as refused:
            return _form(given, refused)
        flash(_("申请已提交，办理结果会通知您"))
        return redirect(url_for("viewing.detail", case_id=made.case.id))

    @pages.get("/view-requests/<case_id>")
    def detail(case_id: str) -> ResponseReturnValue:
        return _detail(viewing.get(current_person(), case_id), None)

    def _detail(one: Request, problem: Invalid | Conflict | None) -> ResponseReturnValue:
        page = render_template(
            "viewing/detail.html", one=one, problem=problem, purposes=PURPOSES, acts=ACTS,
            categories=catalogue.categories, zone=clock.zone,
            offered=[kind for kind in catalogue.categories if one.asked and kind.code in one.asked.categories],
            state=stands(one.case.state, one.asked, clock.now()),
            begins=viewing.begins(current_person(), one.case.id),
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.get("/view-requests/<case_id>/parts")
    def choose(case_id: str) -> ResponseReturnValue:
        one = viewing.for_grant(current_person(), case_id)
        records, marked = (one.asked.records, one.asked.pages) if one.asked else ((), ())
        return _choose(one, _parts(one), records, marked, None)

    def _parts(one: Request) -> dict[str, list[Part]]:
        """What of the files that were asked for can be granted: a grant narrows, so no other categories or records."""
        kinds, records = (one.asked.categories, one.asked.records) if one.asked else ((), ())
        there = {number: parts.of(current_person(), number, language()) for number in one.files}
        return {
            number: [
                part
                for part in found
                if (not kinds or part.sub.category in kinds) and (not records or part.record in records)
            ]
            for number, found in there.items()
        }

    def _choose(
        one: Request, there: dict[str, list[Part]], records: Collection[str], marked: Collection[str],
        problem: Invalid | Conflict | None,
    ) -> ResponseReturnValue:  # fmt: skip
        page = render_template(
            "viewing/choose.html", one=one, files=[(one.files[number], found) for number, found in there.items()],
            chosen={"records": records, "pages": marked}, problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/view-requests/<case_id>/parts")
    def grant_parts(case_id: str) -> ResponseReturnValue:
        person, one = current_person(), viewing.for_grant(current_person(), case_id)
        records, marked = request.form.getlist("records"), request.form.getlist("pages")
        version = version_of(request.form.to_dict())
        there = _parts(one)
        whole, single = picked([part for found in there.values() for part in found], records, marked)
        given: dict[str, Any] = {"records": whole, "pages": single}
        if single:
            given["original"] = ""
        try:
            if not whole and not single:
                raise Invalid(fields=[FieldError("records", "材料：请至少选择一份材料或一页")])
            viewing.take(person, case_id, Event.GRANT, version, given)
        except (Invalid, Conflict) as refused:
            return _choose(one, there, records, marked, refused)
        flash(_(_DONE[Event.GRANT]))
        return redirect(url_for("viewing.detail", case_id=case_id))

    @pages.get("/view-requests/<case_id>/print")
    def paper(case_id: str) -> ResponseReturnValue:
        one = viewing.get(current_person(), case_id)
        return render_template(
            "viewing/paper.html", one=one, purposes=PURPOSES, acts=ACTS, categories=catalogue.categories
        )

    @pages.post(f"/view-requests/<case_id>/<any({EVENTS}):event>")
    def move(case_id: str, event: str) -> ResponseReturnValue:
        person, given = current_person(), forms.given(request.form)
        try:
            viewing.take(person, case_id, Event(event), version_of(request.form.to_dict()), given)
        except (Invalid, Conflict) as refused:
            return _detail(viewing.get(person, case_id), refused)
        flash(_(_DONE[Event(event)]))
        return redirect(url_for("viewing.detail", case_id=case_id))

    return pages
