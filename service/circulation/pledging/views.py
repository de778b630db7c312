"""Pages of the pledge: reading and signing it, and changing its text."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.pledges import Text
from service.circulation.pledging.operations import Pledging
from service.errors import Conflict, Invalid
from service.web.identity import current_person
from service.web.inputs import onward, version_of


def blueprint(pledging: Pledging) -> Blueprint:
    pages = Blueprint("pledging", __name__)

    @pages.get("/pledge")
    def read() -> ResponseReturnValue:
        return render_template("pledging/read.html", pledge=pledging.read(current_person()), next=onward("/"))

    @pages.post("/pledge")
    def sign() -> ResponseReturnValue:
        pledging.sign(current_person(), version_of(request.form.to_dict()))
        flash(_("承诺书已签署"))
        return redirect(onward(url_for("viewing.list_requests")))

    @pages.get("/pledge/text")
    def text() -> ResponseReturnValue:
        return _text(pledging.for_change(current_person()), None)

    def _text(shown: Text, problem: Invalid | Conflict | None) -> ResponseReturnValue:
        given = request.form.get("text", shown.text)
        page = render_template("pledging/text.html", text=shown, given=given, problem=problem)
        return page, problem.status if problem else 200

    @pages.post("/pledge/text")
    def change() -> ResponseReturnValue:
        person = current_person()
        try:
            pledging.change(person, version_of(request.form.to_dict()), request.form.get("text", ""))
        except (Invalid, Conflict) as refused:
            return _text(pledging.for_change(person), refused)
        flash(_("新的承诺书已生效，查阅人需要重新签署"))
        return redirect(url_for("pledging.text"))

    return pages
