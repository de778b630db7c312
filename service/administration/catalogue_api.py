"""`/api/v1/catalogue`: what a record of each sub-category holds, and adding to it."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.administration.catalogue import CatalogueKeeping
from service.catalogue.model import Category, Field, SubCategory
from service.catalogue.own import Own
from service.web.conflicts import with_current
from service.web.described import NUMBER, TEXT, WHOLE, YES, given, gives, listing, many, maybe, shape, takes
from service.web.identity import current_person
from service.web.inputs import json_object, version_of

_FLAGS = {"required": YES, "sensitive": YES, "searchable": YES, "facet": YES, "statistic": YES}
_FIELD = {
    "type": "object",
    "properties": {
        "name": TEXT, "kind": TEXT, "zh": TEXT, "en": TEXT, **_FLAGS, "own": YES, "retired": YES, "min": NUMBER,
        "max": NUMBER, "unit": TEXT, "after": TEXT, "choices": many(shape(code=TEXT, zh=TEXT, en=TEXT)),
        "fields": many({"type": "object"}),
    },
    "required": ["name", "kind", "zh", "en", *_FLAGS, "own", "retired"],
    "additionalProperties": False,
}  # fmt: skip
_SUBCATEGORY = shape(
    code=TEXT, zh=TEXT, en=TEXT, date=maybe(TEXT), title=many(TEXT), expected=YES, paper=YES, own=YES, retired=YES,
    fields=many(_FIELD),
)  # fmt: skip
_CATEGORY = shape(id=TEXT, code=TEXT, zh=TEXT, en=TEXT, subcategories=many(_SUBCATEGORY))
_VERSION = {**WHOLE, "description": "of what the company has added; 0 before the first"}
_ASKED = {"zh": TEXT, "en": TEXT, **_FLAGS, "choices": many(many(TEXT))}
_DONE = shape(subcategory=TEXT, name=TEXT, version=_VERSION)


def shown_field(field: Field) -> dict[str, Any]:
    """A field as the API answers it; limits, choices and rows where it has them."""
    given = {
        "name": field.name, "kind": field.kind, "zh": field.zh, "en": field.en, "required": field.required,
        "sensitive": field.sensitive, "searchable": field.searchable, "facet": field.facet,
        "statistic": field.statistic, "own": field.own, "retired": field.retired,
    }  # fmt: skip
    more = {
        "min": field.min, "max": field.max, "unit": field.unit or None, "after": field.after or None,
        "choices": [{"code": one.code, "zh": one.zh, "en": one.en} for one in field.choices] or None,
        "fields": [shown_field(one) for one in field.fields] or None,
    }  # fmt: skip
    return {**given, **{name: value for name, value in more.items() if value is not None}}


def _shown_subcategory(sub: SubCategory) -> dict[str, Any]:
    return {
        "code": sub.code, "zh": sub.zh, "en": sub.en, "date": sub.date or None, "title": list(sub.title),
        "expected": sub.expected, "paper": bool(sub.paper), "own": sub.own, "retired": sub.retired,
        "fields": [shown_field(one) for one in sub.fields],
    }  # fmt: skip


def shown(category: Category) -> dict[str, Any]:
    subs = [_shown_subcategory(one) for one in category.subcategories]
    return {"id": category.id, "code": category.code, "zh": category.zh, "en": category.en, "subcategories": subs}


def _added(own: Own) -> dict[str, Any]:
    return {"version": own.version, "subcategories": list(own.subcategories), "fields": list(own.fields)}


def api(keeping: CatalogueKeeping) -> APIBlueprint:
    routes = APIBlueprint("catalogue_api", __name__, tag="catalogue")

    @routes.get("/catalogue")
    @routes.doc(summary="Categories, sub-categories and fields in binding order", security="bearer")
    @gives(listing(_CATEGORY, version=_VERSION))
    def get() -> ResponseReturnValue:
        found = keeping.categories(current_person())
        version = keeping.version(current_person())
        return jsonify(items=[shown(one) for one in found], total=len(found), next=None, version=version)

    @routes.post("/catalogue/subcategories")
    @routes.doc(summary="Add a sub-category: version, category, zh, en, code", security="bearer")
    @takes(
        given("version", "category", "zh", version=_VERSION, category=TEXT, zh=TEXT, en=TEXT, code=TEXT)
    )  # fmt: skip
    @gives(shape(code=TEXT, version=_VERSION), status=201)
    def add_subcategory() -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(_added):
            code = keeping.add_subcategory(current_person(), given, version)
        return jsonify(code=code, version=version + 1), 201

    @routes.patch("/catalogue/subcategories/<code>")
    @routes.doc(summary="Retire a sub-category, or take it up again: version, retired", security="bearer")
    @takes(given("version", "retired", version=_VERSION, retired=YES))
    @gives(shape(code=TEXT, version=_VERSION))
    def retire(code: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(_added):
            keeping.retire(current_person(), code, given.get("retired") is True, version)
        return jsonify(code=code, version=version + 1)

    @routes.post("/catalogue/fields")
    @routes.doc(
        summary="Add a field: version, subcategory, kind, zh, en, name, required, sensitive, searchable, facet, "
        "statistic, choices [[code, zh, en]]",
        security="bearer",
    )
    @takes(
        given(
            "version", "subcategory", "kind", "zh",
            version=_VERSION, subcategory=TEXT, kind=TEXT, name=TEXT, **_ASKED,
        )
    )  # fmt: skip
    @gives(_DONE, status=201)
    def add_field() -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(_added):
            name = keeping.add_field(current_person(), given, version)
        return jsonify(subcategory=given.get("subcategory"), name=name, version=version + 1), 201

    @routes.patch("/catalogue/fields/<subcategory>/<name>")
    @routes.doc(summary="Change an added field, or retire it", security="bearer")
    @takes(given("version", version=_VERSION, retired=YES, **_ASKED))
    @gives(_DONE)
    def change_field(subcategory: str, name: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(_added):
            keeping.change_field(current_person(), subcategory, name, given, version)
        return jsonify(subcategory=subcategory, name=name, version=version + 1)

    return routes
