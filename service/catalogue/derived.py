"""What else comes from the catalogue: texts for the index, facet values, a record's line in a table. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from service.catalogue.masks import mask_text
from service.catalogue.model import Field, SubCategory
from service.catalogue.runs import EDITION, sensitive_runs


def current(sub: SubCategory, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the shapes of today: a text in what has become a group as its rows."""
    groups = {field.name: field for field in sub.fields if field.kind == "group"}
    return {name: groups[name].rows(value) if name in groups else value for name, value in values.items()}


def leaves(sub: SubCategory, values: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    """Every single value as people read it, those in a group's rows one by one; sensitive as its group is."""
    for field in sub.fields:
        if field.kind != "group":
            if values.get(field.name) is not None:
                yield field, field.shown(values[field.name])
            continue
        for row in field.rows(values.get(field.name)):
            for one in field.fields:
                if row.get(one.name) is not None:
                    inner = replace(
                        one, sensitive=one.sensitive or field.sensitive, searchable=one.searchable and field.searchable
                    )
                    yield inner, one.shown(row[one.name])


def search_text(sub: SubCategory, values: Mapping[str, Any]) -> tuple[str, str]:
    """The text to be found by everybody who may see the record, and the part that is masked for some."""
    plain, hidden = [], []
    for field, shown in leaves(sub, values):
        if not field.searchable:
            continue
        if field.sensitive:
            hidden.append(shown)
        else:
            plain.append(mask_text(shown))
            if plain[-1] != shown:
                hidden += [shown[start:end] for start, end in sensitive_runs(shown)]
    return "\n".join(plain), "\n".join(hidden)


def secrets(sub: SubCategory, values: Mapping[str, Any]) -> Iterator[str]:
    """The record's sensitive values as they may stand in the file's texts too."""
    return (shown for field, shown in leaves(sub, values) if field.sensitive)


def shape(sub: SubCategory) -> str:
    """A digest of all of the sub-category that shapes its records in the index; another one asks for a new look."""

    def of(field: Field) -> tuple[object, ...]:
        inner = tuple(of(one) for one in field.fields)
        return field.name, field.kind, field.sensitive, field.searchable, field.facet, field.choices, inner

    asked = tuple(one.key for one in sub.checklist)
    shaped = (EDITION, sub.category, sub.zh, sub.hidden_from_agent, asked, tuple(of(one) for one in sub.fields))
    return hashlib.sha256(repr(shaped).encode()).hexdigest()[:16]


def facet_values(sub: SubCategory, values: Mapping[str, Any]) -> dict[str, str]:
    """The record's values of facet fields, by their key and as people read them."""
    return {
        f"{sub.code}.{field.name}": field.shown(values[field.name])
        for field in sub.fields
        if field.facet and values.get(field.name) is not None
    }


def begun(sub: SubCategory, head: Mapping[str, str]) -> dict[str, str]:
    """What a new record's form begins with: what stands in the file's head already."""
    return {field.name: head[field.head] for field in sub.fields if field.head}


def title(sub: SubCategory, values: Mapping[str, Any], language: str = "zh") -> str:
    """A record's line in a table, from values that are masked already where they must be.

    Numbers and dates stand with their label and unit: alone they say nothing.
    """
    fields = {field.name: field for field in sub.fields}
    parts = []
    for field in (fields[name] for name in sub.title):
        said = field.shown(values.get(field.name), language)
        if said and field.kind in ("integer", "decimal", "date"):
            said = f"{field.label(language)} {said}{' ' if field.unit else ''}{field.unit}"
        parts.append(said)
    return " · ".join(part for part in parts if part)
