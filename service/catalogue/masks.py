"""Hiding what the catalogue calls sensitive from those who may not see it (policy K2, I4). Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from service.catalogue.model import Field, SubCategory
from service.catalogue.runs import sensitive_runs

SIGN = "*"
_NO_BREAK = re.compile(r"[^\n]")


def mask_text(text: str, own: Sequence[str] = ()) -> str:
    """`text` with its sensitive runs starred; as long as before and in the same lines, so that offsets stay."""
    made, last = [], 0
    for start, end in sensitive_runs(text, own):
        made += [text[last:start], _NO_BREAK.sub(SIGN, text[start:end])]
        last = end
    return "".join((*made, text[last:]))


def mask_value(field: Field, value: Any) -> Any:
    """A sensitive value with just enough left to be recognised by who knows it; others with runs starred."""
    if field.kind == "group":
        rows, fields = field.rows(value), {one.name: one for one in field.fields}
        if field.sensitive:
            return [dict.fromkeys(row, SIGN * 6) for row in rows]
        return [{name: mask_value(fields[name], one) for name, one in row.items() if name in fields} for row in rows]
    if not isinstance(value, str):
        return SIGN * 6 if field.sensitive else value
    if not field.sensitive:
        return mask_text(value) if field.kind in ("text", "long") else value
    match field.kind:
        case "id_number":
            return value[:3] + SIGN * (len(value) - 5) + value[-2:]
        case "mobile":
            return value[:3] + SIGN * 4 + value[-2:].rjust(4, SIGN)
        case "email":
            return value[0] + SIGN * 3 + "@" + SIGN * 3
        case _:
            return SIGN * 6


def mask(sub: SubCategory, values: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a record as a masked reader sees them."""
    fields = {field.name: field for field in sub.fields}
    return {name: mask_value(fields[name], value) if name in fields else SIGN * 6 for name, value in values.items()}
