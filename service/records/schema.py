"""What a record holds, as JSON Schema for the API's description: derived from the catalogue that ships. Pure."""

from typing import Any

from service.catalogue.model import Catalogue, Field, SubCategory

_KINDS: dict[str, dict[str, Any]] = {
    "date": {"type": "string", "format": "date"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "period": {"type": "string", "pattern": r"^\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?$"},
    "id_number": {"type": "string", "pattern": r"^\d{17}[0-9X]$"},
    "mobile": {"type": "string", "pattern": r"^1[3-9]\d{9}$"},
    "email": {"type": "string", "format": "email"},
}
_ADD = "/api/v1/files/{file_no}/records"
_EDIT = "/api/v1/records/{record_id}"


def of_field(field: Field) -> dict[str, Any]:
    """A field's value, with its limits; a group is an array of rows."""
    schema = {**_KINDS.get(field.kind, {"type": "string"}), "title": field.en, "description": field.zh}
    if field.kind == "group":
        return {**schema, "type": "array", "items": _of_fields(field.fields)}
    if field.choices:
        schema["enum"] = [one.code for one in field.choices]
    limits = {"minimum": field.min, "maximum": field.max}
    return {**schema, **{name: limit for name, limit in limits.items() if limit is not None}}


def of_subcategory(sub: SubCategory) -> dict[str, Any]:
    """The `fields` of a record; the company's own are at `GET catalogue`, which asks who one is."""
    shipped = tuple(one for one in sub.fields if not one.own)
    return {**_of_fields(shipped), "title": sub.en, "description": f"{sub.category}.{sub.code} {sub.zh}"}


def _of_fields(fields: tuple[Field, ...]) -> dict[str, Any]:
    needed = [one.name for one in fields if one.required]
    schema = {"type": "object", "properties": {one.name: of_field(one) for one in fields}}
    return {**schema, **({"required": needed} if needed else {})}


def described(spec: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The specification with a schema for each sub-category, and what adding and changing a record sends."""
    subs = [one for one in catalogue.subcategories() if not one.own]
    named = {f"{one.category}.{one.code}": of_subcategory(one) for one in subs}
    spec.setdefault("components", {}).setdefault("schemas", {}).update(named)
    fields = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in named]}
    kind = {
        "category": {"type": "string"}, "subcategory": {"type": "string"}, "date": _KINDS["date"],
        "draft": {"type": "boolean"},
    }  # fmt: skip
    _takes(spec, _ADD, "post", {**kind, "fields": fields}, ["category", "subcategory", "fields"])
    _takes(spec, _EDIT, "patch", {"version": {"type": "integer"}, "fields": fields}, ["version", "fields"])
    return spec


def _takes(spec: dict[str, Any], path: str, method: str, properties: dict[str, Any], required: list[str]) -> None:
    schema = {"type": "object", "properties": properties, "required": required}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    spec["paths"][path][method]["requestBody"] = body
