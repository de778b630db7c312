"""What routes take and give, as JSON Schema for the API's description (OpenAPI 3.1). It describes and checks nothing.

`takes` and `gives` stand at a route beside the function that makes its answer; `complete` writes them all into the
specification. The tests hold every answer of the API to what is said here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from flask import Flask

API = "/api/v1"
Schema = dict[str, Any]
Route = TypeVar("Route", bound=Callable[..., Any])

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
YES: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}
VERSION: Schema = {"type": "integer", "minimum": 1, "description": "the version that is changed; a lost race is 409"}


def one_of(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


def many(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def shape(**properties: Schema) -> Schema:
    """An object that holds all of these and nothing else."""
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def given(*required: str, **properties: Schema) -> Schema:
    """An object that is sent: `required` names what it must hold."""
    return {"type": "object", "properties": properties, "required": list(required)}


def listing(item: Schema, following: Schema = WHOLE, **more: Schema) -> Schema:
    """A list as all of them are answered: its `total` where it is known, and `next` to go on from."""
    return shape(items=many(item), total=maybe(WHOLE), next=maybe(following), **more)


@dataclass(frozen=True, slots=True)
class Description:
    """What one route takes and gives. An answer is a JSON schema, or the media type of what is no JSON."""

    query: Mapping[str, Schema] = field(default_factory=dict)
    body: Schema | None = None
    media: str = "application/json"
    answers: Mapping[int, Schema | str | None] = field(default_factory=dict)


def of(view: Callable[..., Any]) -> Description:
    found = getattr(view, "described", None)
    return found if isinstance(found, Description) else Description()


def takes(
    body: Schema | None = None, *, query: Mapping[str, Schema] | None = None, media: str = "application/json"
) -> Callable[[Route], Route]:  # fmt: skip
    """What is sent: a body, and what may stand in the address."""

    def decorate(view: Route) -> Route:
        view.described = replace(of(view), body=body, query=query or {}, media=media)  # type: ignore[attr-defined]
        return view

    return decorate


def gives(answer: Schema | str | None, *others: int, status: int = 200) -> Callable[[Route], Route]:
    """What is answered with `status`, and with the `others`; None is an empty answer."""

    def decorate(view: Route) -> Route:
        answers = {**of(view).answers, **dict.fromkeys((status, *others), answer)}
        view.described = replace(of(view), answers=answers)  # type: ignore[attr-defined]
        return view

    return decorate


STEPS = many(shape(event=TEXT, after=TEXT, party=TEXT, by=TEXT, place_of=maybe(TEXT), at=TIME, note=TEXT))
"""A case's history."""
BINARY: Schema = {"type": "string", "format": "binary"}
FILE_SENT = given("file", file=BINARY)
"""A file by multipart/form-data."""
PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `errors` names each wrong field and its mend. A lost race has `current` and `version`.",
    "properties": {
        "type": TEXT, "title": TEXT, "status": WHOLE, "request_id": TEXT,
        "errors": many(shape(name=TEXT, message=TEXT)), "mend": TEXT, "version": WHOLE, "current": {},
    },
    "required": ["type", "title", "status", "request_id", "errors"],
}  # fmt: skip
_REFUSED = {
    "description": "Refused; nothing has changed",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_WORDS = re.compile(r"<any\(([^)]*)\):([a-z_]+)>")
_PLACE = re.compile(r"<(?:[^<>]*:)?([a-z_]+)>")


def address(rule: str) -> str:
    """A route's rule as the specification writes it: `/files/{file_no}`."""
    return _PLACE.sub(r"{\1}", rule)


def complete(spec: Schema, app: Flask) -> Schema:
    """The specification with what its routes take and give."""
    spec["components"]["schemas"]["Problem"] = PROBLEM
    spec["components"]["schemas"].pop("HTTPError", None)
    for rule in app.url_map.iter_rules():
        path = spec["paths"].get(address(rule.rule), {}) if rule.rule.startswith(API) else {}
        for method in {one.lower() for one in rule.methods or ()} & path.keys():
            operation, said = path[method], of(app.view_functions[rule.endpoint])
            _limit(operation, rule.rule)
            operation["parameters"] += [
                {"in": "query", "name": name, "schema": one} for name, one in said.query.items()
            ]
            if said.body is not None:
                operation["requestBody"] = {"required": True, "content": {said.media: {"schema": said.body}}}
            operation["responses"] = {str(code): _answer(one) for code, one in said.answers.items()}
            operation["responses"]["4XX"] = _REFUSED
    return spec


def _limit(operation: Schema, rule: str) -> None:
    """A part of the address that is one of a few words says so."""
    for words, name in _WORDS.findall(rule):
        for parameter in operation["parameters"]:
            if parameter["name"] == name:
                parameter["schema"] = one_of(re.findall(r"[\w-]+", words))


def _answer(answer: Schema | str | None) -> Schema:
    if answer is None:
        return {"description": "Done"}
    media, schema = ("application/json", answer) if isinstance(answer, dict) else (answer, {})
    return {"description": "Answered", "content": {media: {"schema": schema}}}
