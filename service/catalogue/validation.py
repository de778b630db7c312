"""A record's values against the catalogue: all faults at once, each naming its field and the mend. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from service.catalogue import values
from service.catalogue.model import Field, SubCategory
from service.errors import FieldError, Invalid

MOST_ROWS = 200
"""Rows of one group."""
BIRTH = "basic.identity.birth_date"
"""How other records name the day before which nothing of theirs lies."""
FOLLOWED = "followed"
"""Under which `others` holds the days of other records, with their fields, before which the birth must lie."""
_DAY = Field("date", "date", "日期", "Date")


class _Row(NamedTuple):
    """Where in a group one is."""

    group: Field
    number: int

    def fault(self, one: FieldError) -> FieldError:
        """The fault of a field of this row, named so."""
        place = {"group": self.group, "number": self.number, "fault": one}
        return FieldError(f"{self.group.name}.{self.number}.{one.name}", "%(group)s第 %(number)s 行，%(fault)s", place)


def validate(
    sub: SubCategory, given: Mapping[str, Any], others: Mapping[str, Any] | None = None, *, unfinished: bool = False
) -> dict[str, Any]:
    """The values as they are kept, empty ones left out.

    `others` holds values of other records that a rule may name, such as `BIRTH` and `FOLLOWED`.
    What is unfinished, a draft, may lack required fields; what it has must be right.
    Raises Invalid with one FieldError for each wrong field; nothing that was given is repeated in it.
    """
    faults: list[FieldError] = []
    fields = [replace(field, required=False) for field in sub.fields] if unfinished else sub.fields
    kept = _read(fields, given, others or {}, faults)
    faults += [*_id_number(sub, kept), *_born_late(sub, kept, (others or {}).get(FOLLOWED, ()))]
    if faults:
        raise Invalid(fields=faults)
    return kept


def _read(
    fields: Sequence[Field], given: Mapping[str, Any], others: Mapping[str, Any], faults: list[FieldError],
    row: "_Row | None" = None,
) -> dict[str, Any]:  # fmt: skip
    known = {field.name for field in fields}
    wrong = [FieldError(str(name)[:60], "没有这个字段：请核对字段名称") for name in given if name not in known]
    kept: dict[str, Any] = {}
    for field in fields:
        try:
            value = _value(field, given.get(field.name), faults)
        except values.Refused as refused:
            wrong.append(FieldError(field.name, "%(field)s：%(fault)s", {"field": field, "fault": refused.fault}))
            continue
        if value is not None:
            kept[field.name] = value
        elif field.required:
            wrong.append(FieldError(field.name, "%(field)s：必须填写", {"field": field}))
    for field, other in _too_early(fields, kept, others):
        named = {"field": field, "other": other}
        wrong.append(FieldError(field.name, "%(field)s早于%(other)s：请检查年份", named))
    faults += [row.fault(one) for one in wrong] if row else wrong
    return kept


def _value(field: Field, given: Any, faults: list[FieldError]) -> object | None:
    if field.kind != "group":
        return values.read(field, given)
    rows = field.rows(given) if isinstance(given, str) else given or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise values.Refused("应为若干行，每行是字段名与值的对象")
    if len(rows) > MOST_ROWS:
        raise values.Refused("最多 %(most)s 行：请分成几份材料", most=MOST_ROWS)
    kept = []
    for number, row in enumerate(rows, 1):
        if any(value is not None and str(value).strip() for value in row.values()):
            kept.append(_read(field.fields, row, {}, faults, _Row(field, number)))
    return kept or None


def _too_early(
    fields: Sequence[Field], kept: Mapping[str, Any], others: Mapping[str, Any]
) -> Iterator[tuple[Field, Field | str]]:  # fmt: skip
    """Dates that lie before the one that they may not lie before, and what that is called."""
    named = {field.name: field for field in fields}
    for field in fields:
        if not field.after or field.name not in kept:
            continue
        earliest = others.get(field.after) if "." in field.after else kept.get(field.after)
        if earliest and kept[field.name] < earliest:
            yield field, named.get(field.after, "出生日期")


def _id_number(sub: SubCategory, kept: Mapping[str, Any]) -> list[FieldError]:
    faults = []
    number = next((kept.get(field.name) for field in sub.fields if field.kind == "id_number"), None)
    if number:
        if kept.get("birth_date", values.birth_date(number)) != values.birth_date(number):
            faults.append(FieldError("birth_date", "出生日期与身份证号码不一致：请核对两者"))
        if kept.get("sex", values.sex(number)) != values.sex(number):
            faults.append(FieldError("sex", "性别与身份证号码不一致：请核对两者"))
    return faults


def born(kept: Mapping[str, Any]) -> str:
    """The birth date of an identity record's values, which its ID number carries too; empty where neither is there."""
    number = kept.get("id_number")
    return str(kept.get("birth_date") or (values.birth_date(number) if number else ""))


def _born_late(
    sub: SubCategory, kept: Mapping[str, Any], followed: Sequence[tuple[str, Field]]
) -> list[FieldError]:  # fmt: skip
    day = born(kept) if followed else ""
    name = "birth_date" if kept.get("birth_date") else "id_number"
    return [
        FieldError(name, "%(field)s晚于%(other)s：请检查年份", {"field": sub.field("birth_date"), "other": other})
        for earliest, other in sorted(followed, key=lambda one: one[0])[:1]
        if day > earliest
    ]


def warnings(sub: SubCategory, kept: Mapping[str, Any]) -> list[FieldError]:
    """What may be right but is worth a look."""
    return [
        FieldError(field.name, "%(field)s：前六位不是已知的行政区划，请核对", {"field": field})
        for field in sub.fields
        if field.kind == "id_number" and kept.get(field.name) and not values.known_region(kept[field.name])
    ]


def _given_day(given: str) -> str:
    try:
        return str(values.read(_DAY, given) or "")
    except values.Refused as refused:
        named = {"field": _DAY, "fault": refused.fault}
        raise Invalid(fields=[FieldError(_DAY.name, "%(field)s：%(fault)s", named)]) from refused


def record_date(sub: SubCategory, kept: Mapping[str, Any], given: str = "") -> str:
    """The record's date, ISO: the field that dates it, a period by its first day, else the day that was given.

    Raises Invalid where what was given is no day.
    """
    value = str(kept.get(sub.date, "")) or _given_day(given)
    if "-Q" in value:
        return f"{value[:4]}-{int(value[-1]) * 3 - 2:02}-01"
    return value + "-01-01"[-(10 - len(value)) :] if len(value) in (4, 7) else value
