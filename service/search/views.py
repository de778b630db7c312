"""The search page."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.access.operations import AccountOperations
from service.catalogue.model import Catalogue
from service.search.api import criteria
from service.search.operations import Answer, SearchOperations
from service.search.rules import LAST_HIT, Criteria
from service.search.sheet import XLSX, sheet
from service.web.identity import current_person

_STATES = {
    "active": "在职", "left": "已离职", "held": "冻结", "destroyed": "已销毁",
    "draft": "草稿", "submitted": "待审", "filed": "已归档", "returned": "已退回",
}  # fmt: skip
FACET_NAMES = {
    "department": "部门", "status": "状态", "category": "类别", "subcategory": "子类", "state": "审核",
    "attribute": "内容", "file_no": "编号",
}  # fmt: skip


def _following(wanted: Criteria, answer: Answer) -> dict[str, Any]:
    """What the link to the next page changes; nothing where there is none."""
    if wanted.after or (wanted.page + 1) * wanted.size > LAST_HIT:
        return {"after": answer.next, "page": None} if answer.next else {}
    return {"page": wanted.page + 1} if wanted.page * wanted.size < (answer.total or 0) else {}


def blueprint(search: SearchOperations, accounts: AccountOperations, catalogue: Catalogue) -> Blueprint:
    pages = Blueprint("search", __name__)

    def all_labels() -> dict[str, str]:
        subs = {one.code: one.zh for one in catalogue.subcategories()}
        return {**subs, **{one.code: one.zh for one in catalogue.categories}}

    @pages.get("/search")
    def page() -> ResponseReturnValue:
        wanted = criteria()
        answer = search.search(current_person(), wanted)
        labels = all_labels()
        names = {"department": accounts.departments(), "category": labels, "subcategory": labels}
        asked = {name: value for name, value in request.args.items() if value and name not in ("page", "after")}

        def link(**change: Any) -> str:
            return url_for("search.page", **{k: v for k, v in {**asked, **change}.items() if v})

        def label(facet: str, value: str) -> str:
            return value.partition("=")[2] if facet == "attribute" else names.get(facet, _STATES).get(value, value)

        facets = {name: buckets for name, buckets in answer.facets.items() if name != "attribute"}
        return render_template(
            "search/page.html", wanted=wanted, answer=answer, link=link, label=label, facet_names=FACET_NAMES,
            chosen=wanted.filters or {}, sub_label=labels, facets=facets, following=_following(wanted, answer),
            attributes=attributes(answer.facets.get("attribute", ())), asked=asked, catalogue=catalogue,
            departments=names["department"], may_export=search.may_export(current_person()), states=_STATES,
        )  # fmt: skip

    @pages.post("/search/export")
    def export() -> ResponseReturnValue:
        wanted = criteria()
        hits = search.export(current_person(), wanted)
        names = {**accounts.departments(), **all_labels()}
        answer = Response(sheet(wanted.kind, hits, names, _STATES), mimetype=XLSX)
        answer.headers["Content-Disposition"] = f'attachment; filename="dangan-{wanted.kind}.xlsx"'
        return answer

    def attributes(buckets: Sequence[tuple[str, int]]) -> list[tuple[str, list[tuple[str, str, int]]]]:
        """Counts of the catalogue's facet fields, by field: (field, [(filter, value, count)])."""
        found: dict[str, list[tuple[str, str, int]]] = {}
        for bucket, count in buckets:
            key, _sign, value = bucket.partition("=")
            sub_code, _dot, name = key.partition(".")
            sub = next((one for one in catalogue.subcategories() if one.code == sub_code), None)
            field = sub.field(name) if sub else None
            if sub and field:
                found.setdefault(f"{sub.zh} · {field.zh}", []).append((bucket, value, count))
        return list(found.items())

    return pages
