"""`/api/v1/search`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify, request
from flask.typing import ResponseReturnValue

from service.errors import FieldError, Invalid
from service.fulltext.port import LAST_HIT
from service.search.operations import Hit, SearchOperations
from service.search.rules import FACETS, FILTERS, SORTS, Criteria
from service.web.described import DAY, NUMBER, TEXT, WHOLE, YES, gives, many, maybe, one_of, shape, takes
from service.web.identity import current_person
from service.web.inputs import day, whole_number

_KEY = re.compile(r"(?:[0-9a-f]{2}){1,400}")


_MARKED = shape(field=TEXT, text=TEXT, marks=many(many(WHOLE)))
_HIT = shape(
    file_no=TEXT, name=TEXT, department=TEXT, hire_date=DAY, status=TEXT, title=TEXT, record_id=maybe(TEXT),
    state=maybe(TEXT), highlights=many(_MARKED), scan_id=maybe(TEXT), page_no=maybe(WHOLE), boxes=many(many(NUMBER)),
)  # fmt: skip
_COUNTED = {"type": "object", "additionalProperties": many(shape(value=TEXT, count=WHOLE))}
FOUND = shape(total=maybe(WHOLE), degraded=YES, hits=many(_HIT), facets=_COUNTED, next=maybe(TEXT))
ASKED = {
    "kind": one_of(FACETS), "q": TEXT, "name": TEXT, **dict.fromkeys(FILTERS, TEXT), "hired_from": DAY,
    "hired_to": DAY, "sort": one_of(SORTS), "page": WHOLE, "size": {**WHOLE, "minimum": 1, "maximum": 100},
    "after": {**TEXT, "description": "the `next` of the answer before, in the same order"},
    "facets": {**TEXT, "description": "names with commas between them"},
}  # fmt: skip


def criteria() -> Criteria:
    """The search that a query string, or a form, asks for. Raises Invalid."""
    asked = {name: value.strip() for name, value in request.values.items()}
    kind, sort = asked.get("kind") or "files", asked.get("sort") or "relevance"
    if kind not in FACETS:
        raise Invalid(fields=[FieldError("kind", "应为 files、records 或 pages")])
    if sort not in SORTS:
        raise Invalid(fields=[FieldError("sort", "应为其中之一：%(allowed)s", {"allowed": "、".join(SORTS)})])
    page, size = whole_number("page", 1) or 1, whole_number("size", 20, most=100) or 20
    if page * size > LAST_HIT:
        raise Invalid(fields=[FieldError("page", "最多翻到第 %(last)s 条：请增加条件缩小范围", {"last": LAST_HIT})])
    filters = {name: asked[name] for name in FILTERS if asked.get(name)}
    words, name, after = asked.get("q", "")[:200], asked.get("name", "")[:60], asked.get("after", "")
    if after and (sort == "relevance" or not _KEY.fullmatch(after)):
        raise Invalid(fields=[FieldError("after", "应为同一排序的上一次答复中的 next；按相关排序时不能使用")])
    counted = {part.strip() for part in asked.get("facets", "").split(",")} - {""}
    known = dict.fromkeys(name for names in FACETS.values() for name in names)
    if not counted <= known.keys():
        raise Invalid(fields=[FieldError("facets", "应为其中之一：%(allowed)s", {"allowed": "、".join(known)})])
    facets = tuple(name for name in FACETS[kind] if name in counted)
    return Criteria(kind, words, name, filters, day("hired_from"), day("hired_to"), sort, page, size, after, facets)


def shown(hit: Hit) -> dict[str, Any]:
    record = hit.record
    return {
        "file_no": hit.file.file_no, "name": hit.file.name, "department": hit.file.department,
        "hire_date": hit.file.hire_date, "status": hit.file.status, "title": hit.title,
        "record_id": record.id if record else None, "state": record.state if record else None,
        "highlights": [{"field": one.field, "text": one.text, "marks": one.marks} for one in hit.evidence],
        "scan_id": hit.scan_id or None,
        "page_no": hit.page_no or None,
        "boxes": [[round(side, 5) for side in box] for box in hit.boxes],
    }  # fmt: skip


def api(search: SearchOperations, departments: Callable[[], Mapping[str, str]]) -> APIBlueprint:
    routes = APIBlueprint("search_api", __name__, tag="search")

    @routes.get("/search")
    @routes.doc(summary="Search files or records", security="bearer")
    @takes(query=ASKED)
    @gives(FOUND)
    def find() -> ResponseReturnValue:
        answer = search.search(current_person(), criteria())
        facets = {
            name: [{"value": value, "count": count} for value, count in buckets]
            for name, buckets in answer.facets.items()
        }
        return jsonify(
            total=answer.total,
            degraded=answer.degraded,
            hits=[shown(hit) for hit in answer.hits],
            facets=facets,
            next=answer.next or None,
        )

    @routes.get("/suggest")
    @routes.doc(summary="People whose name or number begins with what was typed", security="bearer")
    @takes(query={"q": TEXT})
    @gives(shape(items=many(shape(file_no=TEXT, name=TEXT, department_name=TEXT))))
    def suggest() -> ResponseReturnValue:
        found = search.suggest(current_person(), request.args.get("q", "")[:60])
        names = departments()
        items = [
            {"file_no": file.file_no, "name": file.name, "department_name": names.get(file.department, "")}
            for file in found
        ]
        return jsonify(items=items)

    return routes
