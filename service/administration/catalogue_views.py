"""Pages of the catalogue: what there is, and adding, changing and retiring what is the company's own (S1)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.administration.catalogue import CatalogueKeeping
from service.catalogue.own import FLAGS, KINDS_TO_ADD
from service.errors import Conflict, Invalid, NotFound
from service.web.identity import current_person
from service.web.inputs import version_of
from service.web.language import spoken

KIND_NAMES = {
    "text": "短文本", "long": "长文本", "date": "日期", "integer": "整数", "decimal": "小数", "choice": "选项",
    "period": "周期", "id_number": "身份证号码", "mobile": "手机号码", "email": "电子邮箱", "group": "多行",
}  # fmt: skip
FLAG_NAMES = {
    "required": ("必填", "新录入的材料必须填写"),
    "sensitive": ("敏感", "只有人力资源和档案室能看到原值，其他人看到星号"),
    "searchable": ("可检索", "内容进入全文检索"),
    "facet": ("分面", "检索结果旁按它计数；只适用于选项和短文本"),
    "statistic": ("统计", "进入统计报表；只适用于整数和小数"),
}


def blueprint(keeping: CatalogueKeeping) -> Blueprint:
    pages = Blueprint("catalogue", __name__, url_prefix="/admin/catalogue")

    @pages.get("/")
    def overview() -> ResponseReturnValue:
        own = keeping.added(current_person())
        categories = keeping.categories(current_person())
        return render_template(
            "administration/catalogue.html", categories=categories, version=own.version, kind_names=KIND_NAMES
        )

    @pages.get("/fields/new")
    def new_field() -> ResponseReturnValue:
        given = {"subcategory": request.args.get("subcategory", ""), "searchable": True}
        return _field_form(given, None)

    @pages.post("/fields/new")
    def add_field() -> ResponseReturnValue:
        given = _given()

        def work() -> str:
            keeping.add_field(current_person(), given, version_of(given))
            return str(_("字段已增加，录入表单和检索会在几秒内出现"))

        return _changed(work, lambda problem: _field_form(given, problem))

    @pages.get("/fields/<subcategory>/<name>")
    def field_page(subcategory: str, name: str) -> ResponseReturnValue:
        return _field_form(_kept(subcategory, name), None, name)

    @pages.post("/fields/<subcategory>/<name>")
    def change_field(subcategory: str, name: str) -> ResponseReturnValue:
        given = {**_given(), "subcategory": subcategory}

        def work() -> str:
            keeping.change_field(current_person(), subcategory, name, given, version_of(given))
            return str(_("字段已修改；检索需要一点时间重新整理相关材料"))

        return _changed(work, lambda problem: _field_form({**_kept(subcategory, name), **given}, problem, name))

    @pages.get("/subcategories/new")
    def new_subcategory() -> ResponseReturnValue:
        return _subcategory_form({"category": request.args.get("category", "")}, None)

    @pages.post("/subcategories/new")
    def add_subcategory() -> ResponseReturnValue:
        given = _given()

        def work() -> str:
            keeping.add_subcategory(current_person(), given, version_of(given))
            return str(_("子类已增加。接下来请为它增加字段"))

        return _changed(work, lambda problem: _subcategory_form(given, problem))

    @pages.post("/subcategories/<code>/<any('retire', 'resume'):event>")
    def retire(code: str, event: str) -> ResponseReturnValue:
        given = request.form.to_dict()
        keeping.retire(current_person(), code, event == "retire", version_of(given))
        flash(_("子类已停用：已有的材料不受影响") if event == "retire" else _("子类已恢复使用"))
        return redirect(url_for("catalogue.overview"))

    def _changed(
        work: Callable[[], str], form: Callable[[Invalid | Conflict], ResponseReturnValue]
    ) -> ResponseReturnValue:
        try:
            flash(work())
        except (Invalid, Conflict) as refused:
            return form(refused)
        return redirect(url_for("catalogue.overview"))

    def _kept(subcategory: str, name: str) -> dict[str, Any]:
        """An added field as it stands. Raises NotFound."""
        for one in keeping.added(current_person()).fields:
            if (one["subcategory"], one["name"]) == (subcategory, name):
                return {**one, "choices": "\n".join(" | ".join(choice) for choice in one["choices"])}
        raise NotFound

    def _field_form(given: dict[str, Any], problem: Invalid | Conflict | None, name: str = "") -> ResponseReturnValue:
        version = keeping.added(current_person()).version
        page = render_template(
            "administration/field.html", given=given, problem=problem, name=name, version=version,
            categories=keeping.categories(current_person()), flags=FLAG_NAMES,
            kinds=[(kind, spoken(KIND_NAMES[kind])) for kind in KIND_NAMES if kind in KINDS_TO_ADD],
        )  # fmt: skip
        return page, problem.status if problem else 200

    def _subcategory_form(given: dict[str, Any], problem: Invalid | Conflict | None) -> ResponseReturnValue:
        version = keeping.added(current_person()).version
        page = render_template(
            "administration/subcategory.html", given=given, problem=problem, version=version,
            categories=[(one.code, spoken(one)) for one in keeping.categories(current_person())],
        )  # fmt: skip
        return page, problem.status if problem else 200

    return pages


def _given() -> dict[str, Any]:
    """The form, where a box that is not ticked says no."""
    given: dict[str, Any] = request.form.to_dict()
    given.pop("csrf_token", None)
    return {**given, **{flag: given.get(flag) == "yes" for flag in (*FLAGS, "retired")}}
