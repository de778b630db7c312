"""What else comes from the catalogue: texts for the index, facet values, a record's line in a table. Pure."""

from collections.abc import Mapping
from typing import Any

from service.catalogue.masks import mask_text, sensitive_runs
from service.catalogue.model import SubCategory


def search_text(sub: SubCategory, values: Mapping[str, Any]) -> tuple[str, str]:
    """The text to be found by everybody who may see the record, and the part that is masked for some."""
    plain, hidden = [], []
    for field in sub.fields:
        value = values.get(field.name)
        if value is None or not field.searchable:
            continue
        shown = field.shown(value)
        if field.sensitive:
            hidden.append(shown)
        else:
            plain.append(mask_text(shown))
            hidden += [shown[start:end] for start, end in sensitive_runs(shown)]
    return "\n".join(plain), "\n".join(hidden)


def facet_values(sub: SubCategory, values: Mapping[str, Any]) -> dict[str, str]:
    """The record's values of facet fields, by their key and as people read them."""
    return {
        f"{sub.code}.{field.name}": field.shown(values[field.name])
        for field in sub.fields
        if field.facet and values.get(field.name) is not None
    }


def title(sub: SubCategory, values: Mapping[str, Any], language: str = "zh") -> str:
    """A record's line in a table, from values that are masked already where they must be."""
    fields = {field.name: field for field in sub.fields}
    parts = [fields[name].shown(values.get(name), language) for name in sub.title]
    return " · ".join(part for part in parts if part)
