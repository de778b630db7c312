"""The search page."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.access.operations import AccountOperations
from service.catalogue.model import Catalogue
from service.search.api import criteria
from service.search.operations import SearchOperations
from service.web.identity import current_person

_STATES = {
    "active": "在职", "left": "已离职", "held": "冻结", "destroyed": "已销毁",
    "draft": "草稿", "submitted": "待审", "filed": "已归档", "returned": "已退回",
}  # fmt: skip
FACET_NAMES = {"department": "部门", "status": "状态", "category": "类别", "subcategory": "子类", "state": "审核"}


def blueprint(search: SearchOperations, accounts: AccountOperations, catalogue: Catalogue) -> Blueprint:
    pages = Blueprint("search", __name__)
    labels = {
        **{one.code: one.zh for one in catalogue.categories},
        **{one.code: one.zh for one in catalogue.subcategories()},
    }

    @pages.get("/search")
    def page() -> ResponseReturnValue:
        wanted = criteria()
        answer = search.search(current_person(), wanted)
        names = {"department": accounts.departments(), "category": labels, "subcategory": labels}
        asked = {name: value for name, value in request.args.items() if value and name != "page"}

        def link(**change: Any) -> str:
            return url_for("search.page", **{k: v for k, v in {**asked, **change}.items() if v})

        def label(facet: str, value: str) -> str:
            return names.get(facet, _STATES).get(value, value)

        return render_template(
            "search/page.html", wanted=wanted, answer=answer, link=link, label=label, facet_names=FACET_NAMES,
            chosen=wanted.filters or {}, sub_label=labels, last=wanted.page * wanted.size >= (answer.total or 0),
        )  # fmt: skip

    return pages
