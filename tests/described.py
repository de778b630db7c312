"""Whether what the API answered, and what it took, is what its description says. Watches every test."""

import json
from typing import Any

from flask import Flask, Response, current_app, request
from jsonschema import Draft202012Validator

from service.web.described import API, PROBLEM, of

_MADE: dict[str, Draft202012Validator] = {}


def _faults(schema: dict[str, Any], value: object) -> list[str]:
    """Where a value differs, without the value."""
    validator = _MADE.setdefault(str(schema), Draft202012Validator(schema))
    return [f"{one.json_path}: {one.validator} {one.validator_value}" for one in validator.iter_errors(value)]


def faults(response: Response) -> list[str]:
    """What differs in this request and its answer."""
    if not request.path.startswith(API) or request.endpoint in (None, "openapi.spec"):
        return []
    if response.status_code >= 400:
        return _faults(PROBLEM, response.get_json()) if response.status_code != 416 else []
    said = of(current_app.view_functions[str(request.endpoint)])
    if response.status_code not in said.answers:
        return [f"{response.status_code} is not described"]
    answer = said.answers[response.status_code]
    found = []
    if isinstance(answer, dict):
        found += _faults(answer, response.get_json())
    if said.body is not None and request.is_json:
        found += [f"sent {one}" for one in _faults(said.body, json.loads(request.get_data()))]
    return found


def watch(seen: list[str]) -> Any:
    """A receiver of `request_finished` that notes what differs."""

    def look(_app: Flask, response: Response, **_: Any) -> None:
        seen.extend(f"{request.method} {request.url_rule}: {one}" for one in faults(response))

    return look
