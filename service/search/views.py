"""The search page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.access.operations import AccountOperations
from service.catalogue.model import Catalogue
from service.fulltext.pinyin import sort_key
from service.fulltext.port import LAST_HIT
from service.person import Person
from service.search.api import criteria
from service.search.operations import Answer, SearchOperations
from service.search.rules import Criteria, understood
from service.search.sheet import sheet
from service.web.identity import current_person
from service.web.language import language, spoken
from service.web.sheets import sent

_STATES = {
    "active": "在职", "left": "已离职", "held": "冻结", "destroyed": "已销毁",
    "draft": "草稿", "submitted": "待审", "filed": "已归档", "returned": "已退回",
}  # fmt: skip
KINDS = {"files": "人员", "records": "材料", "pages": "页面"}
_ELSEWHERE = {
    "files": ("subcategory", "state", "attribute"), "records": ("status",), "pages": ("status",),
}  # fmt: skip
"""Filters that a kind of result knows nothing of."""
_MEANT = {"exact": "原样", "number": "编号", "latin": "拼音或字母", "words": "内容"}
_BY_PERSON = {"relevance": "按相关程度", "name": "按姓名拼音", "file_no": "按档案编号"}
_BY_DATE = {**_BY_PERSON, "-date": "材料日期从近到远", "date": "材料日期从远到近"}
SORTED_BY = {
    "files": {**_BY_PERSON, "-hire_date": "入职从近到远", "hire_date": "入职从远到近"},
    "records": _BY_DATE, "pages": _BY_DATE,
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
    pages.add_app_template_filter(sort_key, "pinyin")

    def all_labels() -> dict[str, str]:
        subs = {one.code: one.label(language()) for one in catalogue.subcategories()}
        return {**subs, **{one.code: one.label(language()) for one in catalogue.categories}}

    @pages.get("/search")
    def page() -> ResponseReturnValue:
        person, wanted = current_person(), replace(criteria(), facets=None)
        answer = search.search(person, wanted)
        labels, departments = all_labels(), accounts.departments()
        asked = {name: value for name, value in request.args.items() if value and name not in ("page", "after")}

        def link(**change: Any) -> str:
            return url_for("search.page", **{k: v for k, v in {**asked, **change}.items() if v})

        def label(facet: str, value: str) -> str:
            if facet == "attribute":
                return _attribute(catalogue, value)[1]
            names = departments if facet == "department" else labels if facet in ("category", "subcategory") else {}
            return names.get(value) or spoken(_STATES.get(value, value))

        chips = [(f"{spoken(_MEANT[one.meant])} {one.text}", link(q=one.rest)) for one in understood(wanted.words)]
        for name, title in (("name", "姓名"), ("hired_from", "入职不早于"), ("hired_to", "入职不晚于")):
            chips += [(f"{spoken(title)} {asked[name]}", link(**{name: ""}))] if asked.get(name) else []
        filters = wanted.filters or {}
        chips += [(f"{spoken(FACET_NAMES[k])} {label(k, v)}", link(**{k: ""})) for k, v in filters.items()]

        def facet(name: str, buckets: Sequence[tuple[str, int]], most: int) -> list[tuple[str, str, int, bool]]:
            """[(link, words, count, whether it is chosen)] of a facet's values, the most frequent first."""
            here = filters.get(name)
            return [
                (link(**{name: "" if here == value else value}), label(name, value), count, here == value)
                for value, count in buckets[:most]
            ]

        facets = [
            (FACET_NAMES[name], facet(name, buckets, 12))
            for name, buckets in answer.facets.items()
            if buckets and name != "attribute"
        ]
        by_field: dict[str, list[tuple[str, int]]] = {}
        for value, count in answer.facets.get("attribute", ()):
            by_field.setdefault(_attribute(catalogue, value)[0], []).append((value, count))
        facets += [(name, facet("attribute", buckets, 8)) for name, buckets in by_field.items() if name]
        return render_template(
            "search/page.html", wanted=wanted, answer=answer, link=link, asked=asked, chips=chips, facets=facets,
            tabs=_tabs(person, wanted, answer, asked), following=_following(wanted, answer), labels=labels,
            catalogue=catalogue, departments=departments, may_export=search.may_export(person),
            orders=SORTED_BY[wanted.kind],
            why=search.why(person, wanted, answer.hits) if wanted.kind == "files" else {},
            pages=-(-(answer.total or 0) // wanted.size), filters=filters, states=list(_STATES.items())[:3],
        )  # fmt: skip

    def _tabs(
        person: Person, wanted: Criteria, answer: Answer, asked: dict[str, str]
    ) -> list[tuple[str, str, int | None, bool]]:  # fmt: skip
        """[(link, words, count, whether it is this one)] of the kinds of results."""
        others = {}
        for kind in KINDS:
            if kind != wanted.kind:
                kept = {k: v for k, v in (wanted.filters or {}).items() if k not in _ELSEWHERE[kind]}
                others[kind] = replace(wanted, kind=kind, filters=kept, sort="relevance")
        counts = {} if answer.total is None else search.counts(person, others)
        made = []
        for kind, words in KINDS.items():
            left_out = (*_ELSEWHERE[kind], *(() if asked.get("sort") in SORTED_BY[kind] else ("sort",)))
            query: dict[str, Any] = {name: value for name, value in asked.items() if name not in left_out}
            count = answer.total if kind == wanted.kind else counts.get(kind)
            made.append((url_for("search.page", **{**query, "kind": kind}), spoken(words), count, kind == wanted.kind))
        return made

    @pages.post("/search/export")
    def export() -> ResponseReturnValue:
        wanted = criteria()
        hits = search.export(current_person(), wanted)
        names = {**accounts.departments(), **all_labels()}
        states = {code: spoken(words) for code, words in _STATES.items()}
        return sent(sheet(wanted.kind, hits, names, states, spoken), wanted.kind)

    return pages


def _attribute(catalogue: Catalogue, bucket: str) -> tuple[str, str]:
    """A value of the catalogue's facet fields in words: its field, and itself. Empty where the field is gone."""
    key, _sign, value = bucket.partition("=")
    sub_code, _dot, name = key.partition(".")
    sub = next((one for one in catalogue.subcategories() if one.code == sub_code), None)
    field = sub.field(name) if sub else None
    if sub is None or field is None:
        return "", value
    shown = next((one.label(language()) for one in field.choices if one.zh == value), value)
    return f"{sub.label(language())} · {field.label(language())}", shown
