"""Reading what a request brought, and nothing else of it."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request

from service.errors import FieldError, Invalid, Malformed

_IN_A_ROW = re.compile(r"([a-z0-9_]+)\.([0-9]{1,4})\.([a-z0-9_]+)")


def json_object() -> dict[str, Any]:
    """The request's JSON object. Raises Malformed."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Malformed("请求体应为 JSON 对象")
    return body


def version_of(given: dict[str, Any]) -> int:
    """The version that a change names. Raises Invalid where it is missing."""
    try:
        return int(given.pop("version"))
    except (KeyError, TypeError, ValueError):
        raise Invalid(fields=[FieldError("version", "必须写明所修改的版本号")]) from None


def day(name: str) -> date | None:
    """A day of the query string or form, ISO 8601. Raises Invalid."""
    return _day(name, request.values.get(name, "").strip())


def day_of(given: Mapping[str, Any], name: str) -> date | None:
    """The same of a JSON object."""
    return _day(name, str(given.get(name) or ""))


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(fields=[FieldError(name, "日期：请按 2021-03-01 的格式填写")]) from None


def whole_number(name: str, default: int | None = None, least: int = 1, most: int = 10**9) -> int | None:
    """A whole number of the query string or form. Raises Invalid."""
    text = request.values.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text[:12]) <= most:
        raise Invalid(fields=[FieldError(name, "应为 %(least)s 至 %(most)s 的整数", {"least": least, "most": most})])
    return int(text)


def form_values() -> dict[str, Any]:
    """The form as a record's values: `cases.2.date` is the date in the second row of the group `cases`."""
    given: dict[str, Any] = {}
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for name, value in request.form.items():
        found = _IN_A_ROW.fullmatch(name)
        if found:
            rows.setdefault(found[1], {}).setdefault(int(found[2]), {})[found[3]] = value
        elif name != "csrf_token":
            given[name] = value
    return {**given, **{group: [row for _, row in sorted(numbered.items())] for group, numbered in rows.items()}}


def onward(otherwise: str) -> str:
    """Where a page that came in between leads on to: an address of ours, never anybody else's."""
    path = request.values.get("next", "")
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else otherwise
