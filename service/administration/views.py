"""Pages and API of administration: accounts, departments, settings, trail, health."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.access.operations import AccountOperations
from service.access.rules import Account
from service.administration.operations import Administration
from service.audit.event import Event
from service.catalogue.model import Catalogue
from service.errors import Conflict, FieldError, Invalid
from service.person import Role
from service.web.acts import ACTS, IDS
from service.web.described import DAY, TEXT, TIME, WHOLE, gives, listing, shape, takes
from service.web.identity import current_person
from service.web.inputs import day, version_of, whole_number
from service.web.language import spoken

_ROLES = [role for role in Role if role is not Role.SYSTEM]


def _role(given: str | None) -> Role:
    """The role that a form names. Raises Invalid."""
    if given not in set(_ROLES):
        raise Invalid(fields=[FieldError("role", "角色：请从列出的角色中选择")])
    return Role(given)


def _filters() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ("file_no", "account", "action", "day", "before")}


def _page(house: Administration) -> tuple[list[Event], str]:
    wanted = _filters()
    try:
        return house.trail(
            current_person(), file_no=wanted["file_no"], account=wanted["account"], action=wanted["action"],
            day=day("day"), before=wanted["before"],
        )  # fmt: skip
    except (ValueError, TypeError):
        raise Invalid(fields=[FieldError("before", "翻页位置不正确：请从第一页开始")]) from None


def blueprint(accounts: AccountOperations, house: Administration, catalogue: Catalogue) -> Blueprint:
    pages = Blueprint("administration", __name__, url_prefix="/admin")

    @pages.get("/accounts")
    def accounts_page() -> ResponseReturnValue:
        return _accounts(None)

    def _accounts(problem: Invalid | None) -> ResponseReturnValue:
        found, more = accounts.list(current_person(), whole_number("below"))
        page = render_template(
            "administration/accounts.html", accounts=found, more=more,
            departments=accounts.departments(), roles=_ROLES,
            problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/accounts")
    def create() -> ResponseReturnValue:
        form = request.form
        try:
            accounts.create(
                current_person(), form.get("account", "").strip(), form.get("name", "").strip(),
                _role(form.get("role")), form.get("password", ""), form.get("department") or None,
                form.get("file_no") or None,
            )  # fmt: skip
        except Invalid as refused:
            return _accounts(refused)
        flash(_("账号已建立"))
        return redirect(url_for("administration.accounts_page"))

    @pages.get("/accounts/<name>")
    def account_page(name: str) -> ResponseReturnValue:
        return _account(accounts.get(current_person(), name), None)

    def _account(account: Account, problem: Invalid | Conflict | None) -> ResponseReturnValue:
        page = render_template(
            "administration/account.html", account=account, departments=accounts.departments(), roles=_ROLES,
            problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/accounts/<name>")
    def change_account(name: str) -> ResponseReturnValue:
        person, form = current_person(), request.form.to_dict()
        now, version = accounts.get(person, name), version_of(form)
        shown, department, file_no = (form.get(one, "").strip() for one in ("name", "department", "file_no"))
        try:
            role = _role(form.get("role"))
            accounts.change(person, name, version, shown, role, department or None, file_no or None)
        except (Invalid, Conflict) as refused:
            given = replace(now, name=shown, department=department or None, file_no=file_no or None)
            return _account(given, refused)
        flash(_("账号已修改，立即生效"))
        return redirect(url_for("administration.accounts_page"))

    @pages.post("/accounts/<name>/reset")
    def reset(name: str) -> ResponseReturnValue:
        fresh = accounts.reset_password(current_person(), name)
        flash(_("临时密码只显示这一次：%(password)s", password=fresh))
        return redirect(url_for("administration.accounts_page"))

    @pages.post("/accounts/<name>/<any('shut', 'open'):event>")
    def set_active(name: str, event: str) -> ResponseReturnValue:
        try:
            accounts.set_active(current_person(), name, event == "open")
        except Invalid as refused:
            return _accounts(refused)
        flash(_("账号已启用") if event == "open" else _("账号已停用，其登录已全部失效"))
        return redirect(url_for("administration.accounts_page"))

    @pages.post("/departments")
    def department() -> ResponseReturnValue:
        try:
            accounts.put_department(current_person(), request.form.get("code", ""), request.form.get("name", ""))
        except Invalid as refused:
            return _accounts(refused)
        flash(_("部门已保存"))
        return redirect(url_for("administration.accounts_page"))

    @pages.get("/settings")
    def settings_page() -> ResponseReturnValue:
        values, version = house.settings(current_person())
        return _settings(values, version, None)

    def _settings(values: Mapping[str, Any], version: int, problem: Invalid | Conflict | None) -> ResponseReturnValue:
        page = render_template(
            "administration/settings.html", settings=catalogue.settings, values=values, version=version,
            problem=problem, unknown_years=house.unknown_years(current_person()),
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/settings")
    def change_settings() -> ResponseReturnValue:
        given = {one.key: request.form[one.key] for one in catalogue.settings if one.key in request.form}
        version = request.form.get("version", "0")
        try:
            house.change_settings(current_person(), given, int(version) if version.isdecimal() else 0)
        except (Invalid, Conflict) as refused:
            _values, now = house.settings(current_person())
            return _settings(given, now, refused)
        flash(_("设置已保存"))
        return redirect(url_for("administration.settings_page"))

    @pages.get("/trail")
    def trail_page() -> ResponseReturnValue:
        events, more = _page(house)
        return render_template(
            "administration/trail.html", events=events, more=more, wanted=_filters(),
            act_names={code: spoken(words) for code, words in ACTS.items()},
            id_names={code: spoken(words) for code, words in IDS.items()},
        )  # fmt: skip

    @pages.get("/health")
    def health_page() -> ResponseReturnValue:
        person = current_person()
        parts = house.health(person)
        return render_template("administration/health.html", parts=parts, key_copied=house.key_copied(person))

    @pages.post("/key")
    def confirm_key() -> ResponseReturnValue:
        house.confirm_key(current_person())
        flash(_("已记录：主密钥的副本在别处保存"))
        return redirect(url_for("administration.health_page"))

    return pages


_ASKED = {"file_no": TEXT, "account": TEXT, "action": TEXT, "day": DAY, "before": TEXT}
_EVENT = shape(
    subject=TEXT, seq=WHOLE, at=TIME, account=TEXT, role=TEXT, origin=TEXT, action=TEXT, ids={"type": "object"},
    digest=TEXT,
)  # fmt: skip


def api(house: Administration) -> APIBlueprint:
    routes = APIBlueprint("audit_api", __name__, tag="audit")

    @routes.get("/audit")
    @routes.doc(summary="The audit trail, newest first", security="bearer")
    @takes(query=_ASKED)
    @gives(listing(_EVENT, TEXT))
    def trail() -> ResponseReturnValue:
        events, more = _page(house)
        items = [
            {"subject": e.subject, "seq": e.seq, "at": e.at.isoformat(), "account": e.account, "role": e.role,
             "origin": e.origin, "action": e.action, "ids": dict(e.ids), "digest": e.digest}
            for e in events
        ]  # fmt: skip
        return jsonify(items=items, total=None, next=more or None)

    return routes
