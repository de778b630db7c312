"""A record's values against the catalogue: all faults at once, each naming its field and the mend. Pure."""

from collections.abc import Mapping
from typing import Any

from service.catalogue import values
from service.catalogue.model import Field, SubCategory
from service.errors import FieldError, Invalid

_DAY = Field("date", "date", "日期", "Date")


def validate(sub: SubCategory, given: Mapping[str, Any], others: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values as they are kept, empty ones left out.

    `others` holds values of other records that a rule may name, such as `basic.identity.birth_date`.
    Raises Invalid with one FieldError for each wrong field; nothing that was given is repeated in it.
    """
    faults: list[FieldError] = []
    kept: dict[str, Any] = {}
    known = {field.name for field in sub.fields}
    faults += [FieldError(str(name)[:60], "没有这个字段：请核对字段名称") for name in given if name not in known]
    for field in sub.fields:
        try:
            value = values.read(field, given.get(field.name))
        except values.Refused as refused:
            faults.append(FieldError(field.name, f"{field.zh}：{refused}"))
            continue
        if value is not None:
            kept[field.name] = value
        elif field.required:
            faults.append(FieldError(field.name, f"{field.zh}：必须填写"))
    faults += _dates(sub, kept, others or {})
    faults += _id_number(sub, kept)
    if faults:
        raise Invalid(fields=faults)
    return kept


def _dates(sub: SubCategory, kept: Mapping[str, Any], others: Mapping[str, Any]) -> list[FieldError]:
    faults = []
    for field in sub.fields:
        if not field.after or field.name not in kept:
            continue
        earliest = others.get(field.after) if "." in field.after else kept.get(field.after)
        if earliest and kept[field.name] < earliest:
            other = sub.field(field.after)
            name = other.zh if other else "出生日期"
            faults.append(FieldError(field.name, f"{field.zh}早于{name}：请检查年份"))
    return faults


def _id_number(sub: SubCategory, kept: Mapping[str, Any]) -> list[FieldError]:
    faults = []
    number = next((kept.get(field.name) for field in sub.fields if field.kind == "id_number"), None)
    if number:
        if kept.get("birth_date", values.birth_date(number)) != values.birth_date(number):
            faults.append(FieldError("birth_date", "出生日期与身份证号码不一致：请核对两者"))
        if kept.get("sex", values.sex(number)) != values.sex(number):
            faults.append(FieldError("sex", "性别与身份证号码不一致：请核对两者"))
    return faults


def warnings(sub: SubCategory, kept: Mapping[str, Any]) -> list[FieldError]:
    """What may be right but is worth a look."""
    return [
        FieldError(field.name, f"{field.zh}：前六位不是已知的行政区划，请核对")
        for field in sub.fields
        if field.kind == "id_number" and kept.get(field.name) and not values.known_region(kept[field.name])
    ]


def _given_day(given: str) -> str:
    try:
        return str(values.read(_DAY, given) or "")
    except values.Refused as refused:
        raise Invalid(fields=[FieldError(_DAY.name, f"{_DAY.zh}：{refused}")]) from refused


def record_date(sub: SubCategory, kept: Mapping[str, Any], given: str = "") -> str:
    """The record's date, ISO: the field that dates it, a period by its first day, else the day that was given.

    Raises Invalid where what was given is no day.
    """
    value = str(kept.get(sub.date, "")) or _given_day(given)
    if "-Q" in value:
        return f"{value[:4]}-{int(value[-1]) * 3 - 2:02}-01"
    return value + "-01-01"[-(10 - len(value)) :] if len(value) in (4, 7) else value
