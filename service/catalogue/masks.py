"""Hiding what the catalogue calls sensitive from those who may not see it (policy K2, I4). Pure."""

import re
from collections.abc import Mapping
from typing import Any

from service.catalogue.model import Field, SubCategory

SIGN = "*"
_RUNS = re.compile(
    r"(?<![0-9])(?:[0-9][ \t]?){17}[0-9Xx](?![0-9])"
    r"|(?<![0-9])1[3-9](?:[ \-]?[0-9]){9}(?![0-9])"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.ASCII,
)
"""ID numbers, mobile numbers and e-mail addresses as they stand in running text."""


def sensitive_runs(text: str) -> list[tuple[int, int]]:
    """Where sensitive runs stand in `text`."""
    return [found.span() for found in _RUNS.finditer(text)]


def mask_text(text: str) -> str:
    """`text` with its sensitive runs starred; as long as before, so that offsets stay."""
    return _RUNS.sub(lambda found: SIGN * len(found[0]), text)


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
