"""Pages and API of my work: the lists, notices, who stands in for whom, and relatives."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.relations import Deputy
from service.access.standing import DROPPED, NAMED, Standing
from service.casework.shown import OVERDUE, SOON, Shown
from service.clock import Clock
from service.desk.digest import Digest
from service.desk.work import FIRST, MOST, Line, Work
from service.errors import FieldError, Invalid
from service.notices.repository import Notice
from service.person import Person
from service.web.described import DAY, TEXT, TIME, WHOLE, YES, given, gives, listing, many, maybe, shape, takes
from service.web.identity import current_person
from service.web.inputs import day, day_of, json_object, whole_number
from service.web.language import language

OF_DEPUTIES = {
    NAMED: "%(name)s 外出期间由您代办：等待对方办理的事项也会出现在“我的工作”中", DROPPED: "%(name)s 不再由您代办",
}  # fmt: skip
GENERIC = {OVERDUE: "有事项已逾期，请尽快办理：%(title)s", SOON: "有事项即将到期：%(title)s"}
"""What notices of the clock say, whatever kind of case."""


_LINE = shape(
    kind=TEXT, id=TEXT, title=TEXT, state=TEXT, verb=TEXT, requester=TEXT, files=many(TEXT), since=TIME,
    due=maybe(DAY), overdue=YES, place_of=maybe(TEXT), about=maybe(TEXT),
)  # fmt: skip
_LINES = many(_LINE)
_NOTICE = shape(number=WHOLE, kind=TEXT, case=TEXT, event=TEXT, at=TIME)
_DEPUTY = shape(deputy=maybe(TEXT), until=maybe(DAY), **{"from": maybe(DAY)})
_RELATIVES = shape(files=many(TEXT))


def blueprint(
    work: Work, standing: Standing, clock: Clock, begins: Mapping[str, Callable[[Person], bool]], digest: Digest
) -> Blueprint:  # fmt: skip
    """`begins` says who may begin what: submit, view, borrow, supervise."""
    pages = Blueprint("work", __name__)

    @pages.get("/work")
    def page() -> ResponseReturnValue:
        person = current_person()
        whole = request.args.get("all") == "yes"
        desk = work.of(person, MOST if whole else FIRST)
        names = work.names([*desk.overdue, *desk.waiting, *desk.asked])
        deputy, away = standing.deputy(person, person.account), standing.asked_of(person)
        may = {name for name, allows in begins.items() if allows(person)}
        return render_template("desk/work.html", desk=desk, names=names, deputy=deputy, away=away, may=may, whole=whole)

    @pages.get("/work/notices")
    def notices() -> ResponseReturnValue:
        below = whole_number("below")
        found = work.notices(current_person(), below)
        more = found[-1][0].number if found and found[-1][0].number > 1 else None
        return _notices(found, more, None)

    def _notices(
        found: Sequence[tuple[Notice, Shown | None]], more: int | None, problem: Invalid | None
    ) -> ResponseReturnValue:  # fmt: skip
        names = work.called({one.case for one, shown in found if shown is None})
        page = render_template(
            "desk/notices.html", notices=[(one.at, *_told(one, shown, names)) for one, shown in found], more=more,
            problem=problem,
            mail=digest.ready, address=digest.address(current_person()) if digest.ready else "",
        )  # fmt: skip
        return page, problem.status if problem else 200

    def _told(one: Notice, shown: Shown | None, names: Mapping[str, str]) -> tuple[str, str]:
        """Where a notice leads to, and what it says."""
        if shown is None:
            name = names.get(one.case, one.case)
            return url_for("work.page"), str(_(OF_DEPUTIES.get(one.event, OF_DEPUTIES[NAMED]), name=name))
        said = shown.news.get(one.event) or GENERIC.get(one.event, shown.title)
        return url_for(shown.page, case_id=one.case), str(_(said, title=_(shown.title)))

    @pages.post("/work/mail")
    def mail() -> ResponseReturnValue:
        person, address = current_person(), request.form.get("address", "")
        try:
            digest.keep_address(person, address, language())
        except Invalid as refused:
            return _notices([], None, refused)
        flash(_("每天会向这个邮箱发送一封事项汇总") if address.strip() else _("不再发送邮件"))
        return redirect(url_for("work.notices"))

    @pages.get("/work/away")
    def away_page() -> ResponseReturnValue:
        return _away(request.args.get("account", "").strip(), None, {})

    @pages.post("/work/away")
    def away() -> ResponseReturnValue:
        person, given = current_person(), request.form
        account = given.get("account", "").strip() or person.account
        try:
            standing.name_deputy(person, account, given.get("deputy", "").strip(), day("first"), day("last"))
        except Invalid as refused:
            return _away(account, refused, given)
        flash(_("代办人已登记：所选日期内，等待办理的事项也会出现在代办人的“我的工作”中"))
        return redirect(url_for("work.away_page", account=account))

    @pages.post("/work/back")
    def back() -> ResponseReturnValue:
        person = current_person()
        account = request.form.get("account", "").strip() or person.account
        standing.drop_deputy(person, account)
        flash(_("代办已取消"))
        return redirect(url_for("work.away_page", account=account))

    @pages.get("/work/relatives")
    def relatives_page() -> ResponseReturnValue:
        person, account = current_person(), request.args.get("account", "").strip()
        known = standing.relatives(person, account) if account else standing.check_relatives(person)
        return render_template("desk/relatives.html", account=account, files="\n".join(known), problem=None)

    @pages.post("/work/relatives")
    def relatives() -> ResponseReturnValue:
        account, files = request.form.get("account", "").strip(), request.form.get("files", "")
        try:
            standing.keep_relatives(current_person(), account, files.splitlines())
        except Invalid as refused:
            page = render_template("desk/relatives.html", account=account, files=files, problem=refused)
            return page, refused.status
        flash(_("亲属的档案已登记：此人不能办理与这些档案有关的申请"))
        return redirect(url_for("work.relatives_page", account=account))

    def _away(account: str, problem: Invalid | None, given: Any) -> ResponseReturnValue:
        person = current_person()
        account = account or person.account
        deputy = standing.deputy(person, account)
        people = standing.candidates(person, account)
        page = render_template(
            "desk/away.html", account=account, deputy=deputy, given=given, problem=problem, today=clock.today(),
            others=standing.may_keep_deputies(person), people=people, who=standing.who(person, account),
            names={one.account: one.name for one in people or ()},
        )  # fmt: skip
        return page, problem.status if problem else 200

    return pages


def api(work: Work, standing: Standing) -> APIBlueprint:
    routes = APIBlueprint("work_api", __name__, tag="work")

    @routes.get("/work")
    @routes.doc(summary="What waits for me, what I asked for, what is overdue", security="bearer")
    @gives(
        shape(
            overdue=_LINES, waiting=_LINES, asked=_LINES, more=WHOLE, more_overdue=WHOLE, more_asked=WHOLE, unread=WHOLE
        )
    )
    def lists() -> ResponseReturnValue:
        person = current_person()
        desk = work.of(person)
        return jsonify(
            overdue=[_line(one) for one in desk.overdue], waiting=[_line(one) for one in desk.waiting],
            asked=[_line(one) for one in desk.asked], more=desk.more,
            more_overdue=desk.more_overdue, more_asked=desk.more_asked, unread=work.unread(person),
        )  # fmt: skip

    @routes.get("/notices")
    @routes.doc(summary="My notices, newest first; reading them marks them as seen", security="bearer")
    @takes(query={"below": WHOLE})
    @gives(listing(_NOTICE))
    def notices() -> ResponseReturnValue:
        found = work.notices(current_person(), whole_number("below"))
        items = [
            {"number": one.number, "kind": one.kind, "case": one.case, "event": one.event, "at": one.at.isoformat()}
            for one, _shown in found
        ]
        following = found[-1][0].number if found and found[-1][0].number > 1 else None
        return jsonify(items=items, total=None, next=following)

    @routes.get("/deputies/<account>")
    @routes.doc(summary="Who stands in for an account", security="bearer")
    @gives(_DEPUTY)
    def deputy(account: str) -> ResponseReturnValue:
        return jsonify(_deputy(standing.deputy(current_person(), account)))

    @routes.put("/deputies/<account>")
    @routes.doc(summary="Name who stands in: `{deputy, from, until}`", security="bearer")
    @takes(given("deputy", "from", "until", deputy=TEXT, until=DAY, **{"from": DAY}))
    @gives(_DEPUTY)
    def name_deputy(account: str) -> ResponseReturnValue:
        given = json_object()
        first, last = day_of(given, "from"), day_of(given, "until")
        named = standing.name_deputy(
            current_person(), account, str(given.get("deputy", "")), first, last
        )  # fmt: skip
        return jsonify(_deputy(named))

    @routes.delete("/deputies/<account>")
    @routes.doc(summary="Nobody stands in any more", security="bearer")
    @gives(None, status=204)
    def drop_deputy(account: str) -> ResponseReturnValue:
        standing.drop_deputy(current_person(), account)
        return "", 204

    @routes.get("/relatives/<account>")
    @routes.doc(summary="The files of an account's relatives", security="bearer")
    @gives(_RELATIVES)
    def relatives(account: str) -> ResponseReturnValue:
        return jsonify(files=list(standing.relatives(current_person(), account)))

    @routes.put("/relatives/<account>")
    @routes.doc(summary="Record the files of an account's relatives: `{files: [number]}`", security="bearer")
    @takes(given("files", files=many(TEXT)))
    @gives(_RELATIVES)
    def keep_relatives(account: str) -> ResponseReturnValue:
        files = json_object().get("files")
        if not isinstance(files, list) or not all(isinstance(one, str) for one in files):
            raise Invalid(fields=[FieldError("files", "必须是档案编号的数组")])
        return jsonify(files=list(standing.keep_relatives(current_person(), account, files)))

    return routes


def _line(line: Line) -> dict[str, Any]:
    about = line.about
    return {
        "kind": line.kind, "id": line.case, "title": about.title if about else line.shown.title, "state": line.state,
        "verb": line.verb,
        "requester": line.requester, "files": list(line.files), "since": line.since.isoformat(),
        "due": line.due.isoformat() if line.due else None, "overdue": line.overdue, "place_of": line.place_of or None,
        "about": about.words or about.account if about else None,
    }  # fmt: skip


def _deputy(one: Deputy | None) -> dict[str, Any]:
    if one is None:
        return {"deputy": None, "from": None, "until": None}
    return {"deputy": one.deputy, "from": one.first.isoformat(), "until": one.last.isoformat()}
