"""Pages of loans: the application, the list, one loan, its slip, the desk where paper changes hands."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.circulation.lending.api import EVENTS
from service.circulation.lending.checking import Condition
from service.circulation.lending.comparing import Comparing
from service.circulation.lending.findings import Finding
from service.circulation.lending.letters import Letters
from service.circulation.lending.operations import Lending, LendingOperations
from service.circulation.lending.rules import Event, Held
from service.clock import Clock
from service.errors import Conflict, DanganError, Forbidden, Invalid, NotFound, TooLarge, UnsupportedMedia
from service.scans.media import KINDS
from service.web.identity import current_person
from service.web.inputs import version_of, whole_number
from service.web.qr import qr

Names = Callable[[Collection[str]], dict[str, str]]
_DONE = {
    Event.SIGN: "已签字，申请转到档案室负责人", Event.APPROVE: "已批准，申请人会收到通知",
    Event.REFUSE: "已退回，申请人会看到理由", Event.WITHDRAW: "已撤回", Event.HAND_OVER: "已借出，请按期归还",
    Event.EXTEND: "续借申请已提交", Event.GRANT_EXTENSION: "已同意续借，归还日期已更新",
    Event.REFUSE_EXTENSION: "已答复，申请人会看到理由", Event.RETURN: "已收回，请核对页数和状况",
    Event.CLOSE: "归还已办结", Event.FOUND: "已登记找到，原件可以再借出",
}  # fmt: skip
ACTS = {
    "create": "申请", Event.SIGN: "部门负责人签字", Event.APPROVE: "批准", Event.REFUSE: "不同意",
    Event.WITHDRAW: "撤回", Event.HAND_OVER: "借出", Event.EXTEND: "申请续借", Event.GRANT_EXTENSION: "同意续借",
    Event.REFUSE_EXTENSION: "不同意续借", Event.RETURN: "收回", Event.CLOSE: "核对办结",
    Event.FOUND: "找到原件",
}  # fmt: skip
FINDINGS = {
    Finding.MISSING: "缺少这一页", Finding.SURPLUS: "多出一页，不属于这份档案", Finding.MOVED: "页序不同",
    Finding.MARKED: "有新的字迹或缺损", Finding.TORN: "页面残缺，或没有拍全",
}  # fmt: skip
HELD = {
    Held.TAKEN: "原件正借出，或有人排在前面", Held.EARLY: "还没有到借出日期", Held.EXPIRED: "借阅期限已过：请撤回",
}  # fmt: skip
CONDITIONS = {Condition.COMPLETE: "完好", Condition.DAMAGED: "损坏", Condition.LOST: "丢失"}


def blueprint(
    lending: LendingOperations, letters: Letters, comparing: Comparing, clock: Clock, names: Names
) -> Blueprint:  # fmt: skip
    pages = Blueprint("lending", __name__)

    @pages.get("/loans")
    def mine() -> ResponseReturnValue:
        found, more = lending.mine(current_person(), whole_number("below"))
        return render_template("lending/list.html", found=found, more=more, today=clock.today())

    @pages.get("/loans/new")
    def ask_page() -> ResponseReturnValue:
        lending.for_ask(current_person())
        today = clock.today()
        given = {
            "items": request.args.get("items", "")[:400], "from": today.isoformat(),
            "until": (today + timedelta(days=7)).isoformat(),
        }  # fmt: skip
        return _form(given, None)

    def _form(given: dict[str, Any], problem: DanganError | None) -> ResponseReturnValue:
        page = render_template(
            "lending/ask.html", given=given, problem=problem, may_outside=lending.may_handle(current_person())
        )
        return page, problem.status if problem else 200

    @pages.post("/loans/new")
    def ask() -> ResponseReturnValue:
        given = _given()
        try:
            made = lending.ask(current_person(), given)
        except (Invalid, Forbidden) as refused:
            if not lending.may_ask(current_person()):
                raise
            return _form(given, refused)
        flash(_("借阅申请已提交，办理结果会通知您"))
        return redirect(url_for("lending.detail", case_id=made.case.id))

    @pages.get("/loans/<case_id>")
    def detail(case_id: str) -> ResponseReturnValue:
        return _detail(lending.get(current_person(), case_id), None)

    def _detail(one: Lending, problem: DanganError | None) -> ResponseReturnValue:
        may_handle = lending.may_handle(current_person())
        page = render_template(
            "lending/detail.html", one=one, problem=problem, acts=ACTS, conditions=CONDITIONS, given=_given(),
            today=clock.today(), findings=FINDINGS, held=HELD, may_handle=may_handle,
            comparisons=comparing.of_loan(current_person(), one.case.id) if may_handle else (),
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/loans/<case_id>/letter")
    def keep_letter(case_id: str) -> ResponseReturnValue:
        person, sent = current_person(), request.files.get("file")
        try:
            letters.keep(person, lending.get(person, case_id), sent.stream if sent else None)
        except (Invalid, Conflict, TooLarge, UnsupportedMedia) as refused:
            return _detail(lending.get(person, case_id), refused)
        flash(_("申请函已上传，等待总经理审批"))
        return redirect(url_for("lending.detail", case_id=case_id))

    @pages.get("/loans/<case_id>/letter")
    def letter(case_id: str) -> ResponseReturnValue:
        person = current_person()
        media_type, content = letters.read(person, lending.get(person, case_id))
        answer = Response(content, mimetype=media_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="letter-{case_id[-6:]}.{KINDS[media_type]}"'
        return answer

    @pages.post("/loans/<case_id>/returned")
    def returned(case_id: str) -> ResponseReturnValue:
        person, sent = current_person(), [one.stream for one in request.files.getlist("file") if one]
        try:
            comparing.upload(person, case_id, sent, request.form.get("file_no", ""))
        except (Invalid, Conflict, TooLarge, UnsupportedMedia) as refused:
            return _detail(lending.get(person, case_id), refused)
        flash(_("已收到，正在与存档的页面比对"))
        return redirect(url_for("lending.detail", case_id=case_id))

    @pages.get("/loans/<case_id>/slip")
    def slip(case_id: str) -> ResponseReturnValue:
        one, pledge = lending.slip(current_person(), case_id)
        return render_template("lending/slip.html", one=one, acts=ACTS, code=qr(one.case.id), pledge=pledge)

    @pages.post(f"/loans/<case_id>/<any({EVENTS}):event>")
    def move(case_id: str, event: str) -> ResponseReturnValue:
        person, given = current_person(), _given()
        try:
            lending.take(person, case_id, Event(event), version_of(dict(given)), given)
        except (Invalid, Conflict) as refused:
            return _detail(lending.get(person, case_id), refused)
        flash(_(_DONE[Event(event)]))
        return redirect(url_for("lending.detail", case_id=case_id))

    @pages.get("/loans/desk")
    def desk() -> ResponseReturnValue:
        """Where paper changes hands: a slip or a label is scanned, and its loan opens, or all that a box is about."""
        person = current_person()
        code = request.args.get("code", "").strip()[:60]
        problem, found = None, tuple[str, ...]()
        try:
            found = lending.at_desk(person, code) if code else ()
        except NotFound as unknown:
            problem = unknown
        if len(found) == 1:
            return redirect(url_for("lending.detail", case_id=found[0]))
        desk, picked = lending.desk(person), lending.picked(person, found)
        listed = (*picked, *desk.ready, *(kept for kept, _why in desk.held), *desk.out)
        page = render_template(
            "lending/desk.html", desk=desk, picked=picked, problem=problem, today=clock.today(),
            held={kept.case.id: HELD[why] for kept, why in desk.held},
            names=names({kept.case.requester for kept in listed}),
        )  # fmt: skip
        return page, problem.status if problem else 200

    return pages


def _given() -> dict[str, str]:
    given = request.form.to_dict()
    given.pop("csrf_token", None)
    return given
