"""Pages of logging in and out and of one's own password."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from service.access.grants import PURPOSES
from service.access.operations import AccountOperations
from service.access.policy import purposes
from service.errors import DanganError, Invalid, TooManyRequests, Unauthenticated
from service.web.identity import COOKIE_KEY, current_person, current_token
from service.web.inputs import onward
from service.web.language import spoken


def blueprint(accounts: AccountOperations, demo: list[tuple[str, str]], demo_password: str) -> Blueprint:
    """`demo` lists the demo's accounts with what they do, in demo mode only."""
    pages = Blueprint("access", __name__)

    @pages.get("/login")
    def login() -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for("desk.home"))
        return render_template("access/login.html", demo=demo, demo_password=demo_password, problem="", account="")

    @pages.post("/login")
    def log_in() -> ResponseReturnValue:
        name, password = request.form.get("account", ""), request.form.get("password", "")
        try:
            token, _person = accounts.log_in(name.strip(), password, request.remote_addr or "")
        except (Unauthenticated, TooManyRequests) as refused:
            page = render_template(
                "access/login.html", demo=demo, demo_password=demo_password, problem=spoken(refused), account=name
            )
            return page, refused.status
        session.clear()  # nothing of before the log-in lives on
        session[COOKIE_KEY] = token
        return redirect(url_for("desk.home"))

    @pages.post("/logout")
    def log_out() -> ResponseReturnValue:
        accounts.log_out(current_person(), current_token())
        session.clear()
        return redirect(url_for("access.login"))

    @pages.get("/purpose")
    def purpose() -> ResponseReturnValue:
        person = current_person()
        offered = {code: said for code, said in PURPOSES.items() if code in purposes(person)}
        return render_template("access/purpose.html", purposes=offered, current=person.purpose, next=onward("/"))

    @pages.post("/purpose")
    def say_purpose() -> ResponseReturnValue:
        accounts.say_purpose(current_person(), current_token(), request.form.get("purpose", ""))
        return redirect(onward(url_for("desk.home")))

    @pages.get("/setup")
    def setup_page() -> ResponseReturnValue:
        accounts.check_setup(request.args.get("token", ""))
        return render_template("access/setup.html", problem=None, given={})

    @pages.post("/setup")
    def set_up() -> ResponseReturnValue:
        given = request.form
        token = request.args.get("token", "")  # in the query, which no log carries
        try:
            accounts.set_up(
                token, given.get("account", "").strip(), given.get("name", "").strip(), given.get("password", "")
            )
        except Invalid as refused:
            return render_template("access/setup.html", problem=refused, given=given), refused.status
        flash(_("管理员账号已建立，请登录"))
        return redirect(url_for("access.login"))

    @pages.get("/password")
    def password() -> ResponseReturnValue:
        current_person()
        return render_template("access/password.html", problem=None)

    @pages.post("/password")
    def change_password() -> ResponseReturnValue:
        person = current_person()
        try:
            accounts.change_password(person, request.form.get("old", ""), request.form.get("new", ""))
        except DanganError as refused:
            return render_template("access/password.html", problem=refused), refused.status
        session.clear()
        flash(_("密码已修改，请用新密码登录"))
        return redirect(url_for("access.login"))

    return pages
