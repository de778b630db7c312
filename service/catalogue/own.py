"""What a company adds to the catalogue: fields and sub-categories of its own (S1). Pure; nothing is ever taken away.

What it adds lies beside the catalogue that ships, in one document:

    {"subcategories": [{"category", "code", "zh", "en", "date", "retired"}],
     "fields": [{"subcategory", "name", "kind", "zh", "en", "required", ..., "choices", "retired"}]}
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.catalogue.model import KINDS, Catalogue, Category, Choice, Field, SubCategory
from service.errors import FieldError, Invalid, NotFound

KINDS_TO_ADD = tuple(sorted(KINDS - {"group", "id_number"}))
"""An ID number is one person's, in one place; groups come with the program."""
MOST_FIELDS, MOST_SUBCATEGORIES, MOST_CHOICES = 40, 60, 60
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_NAME, _LONGEST_LABEL = 30, 20
_TAKEN = frozenset({"version", "draft", "csrf_token", "file_no"})
"""Names that a form needs for itself."""
_TAKEN_LABELS = frozenset({"档案编号", "日期"})
"""Labels that a sheet of records needs for itself."""
_LABEL_WRONG = {
    "zh": "中文名称：必须填写，最多 %(most)s 个字，不含括号、斜线等符号",
    "en": "英文名称：必须填写，最多 %(most)s 个字，不含括号、斜线等符号",
}
_NAME_WRONG = "名称代码：小写英文字母开头，只含字母、数字和下划线，最多 %(most)s 个字符"
FLAGS = ("required", "sensitive", "searchable", "facet", "statistic")


@dataclass(frozen=True, slots=True)
class Own:
    """All that was added, and the version to name when adding more."""

    subcategories: tuple[Mapping[str, Any], ...] = ()
    fields: tuple[Mapping[str, Any], ...] = ()
    version: int = 0


def merged(shipped: Sequence[Category], own: Own) -> tuple[Category, ...]:
    """The categories with what was added: sub-categories after those that ship, fields after those of their own."""
    fields: dict[str, list[Field]] = {}
    for raw in own.fields:
        fields.setdefault(raw["subcategory"], []).append(_field(raw))
    added: dict[str, list[SubCategory]] = {}
    for raw in own.subcategories:
        sub = SubCategory(
            raw["code"], raw["zh"], raw["en"], raw["category"], (), date="date", own=True, retired=raw["retired"]
        )
        day = Field("date", "date", "日期", "Date", required=True)
        added.setdefault(raw["category"], []).append(replace(sub, fields=(day,)))

    def whole(sub: SubCategory) -> SubCategory:
        more = tuple(fields.get(sub.code, ()))
        title = sub.title or tuple(one.name for one in more if not one.sensitive)[:3]
        return replace(sub, fields=sub.fields + more, title=title) if more else sub

    return tuple(
        replace(one, subcategories=tuple(whole(sub) for sub in (*one.subcategories, *added.get(one.code, ()))))
        for one in shipped
    )


def with_subcategory(catalogue: Catalogue, own: Own, given: Mapping[str, Any]) -> tuple[Own, str]:
    """What was added with one sub-category more, and its code. Raises Invalid with every wrong value."""
    faults: list[FieldError] = []
    zh, en = _labels(given, faults)
    code = _name(given.get("code") or en, "code", faults)
    if not any(one.code == given.get("category") for one in catalogue.categories):
        faults.append(FieldError("category", "类别：请从列出的类别中选择"))
    if code in {one.code for one in catalogue.categories} | {one.code for one in catalogue.subcategories()}:
        faults.append(FieldError("code", "代码：已经有这个类别或子类，停用的也算"))
    if zh and zh in {one.zh for one in catalogue.subcategories()}:
        faults.append(FieldError("zh", "中文名称：已经有同名的子类"))
    if len(own.subcategories) >= MOST_SUBCATEGORIES:
        faults.append(FieldError("code", "最多增加 %(most)s 个子类", {"most": MOST_SUBCATEGORIES}))
    if faults:
        raise Invalid(fields=faults)
    added = {"category": given["category"], "code": code, "zh": zh, "en": en, "retired": False}
    return replace(own, subcategories=(*own.subcategories, added)), code


def with_field(catalogue: Catalogue, own: Own, given: Mapping[str, Any]) -> tuple[Own, str]:
    """What was added with one field more, and its name. Raises Invalid with every wrong value, or NotFound."""
    sub = _subcategory(catalogue, str(given.get("subcategory", "")))
    faults: list[FieldError] = []
    raw = _raw(given, faults)
    name = _name(given.get("name") or raw["en"], "name", faults)
    if name in _TAKEN or sub.field(name):
        faults.append(FieldError("name", "字段名：这个子类已经有同名的字段，停用的也算"))
    if raw["kind"] not in KINDS_TO_ADD:
        faults.append(FieldError("kind", "类型：请从列出的类型中选择"))
    if raw["zh"] in _TAKEN_LABELS | {one.zh for one in sub.fields}:
        faults.append(FieldError("zh", "中文名称：这个子类已经有同名的字段"))
    if sum(one["subcategory"] == sub.code for one in own.fields) >= MOST_FIELDS:
        faults.append(FieldError("name", "一个子类最多增加 %(most)s 个字段", {"most": MOST_FIELDS}))
    if faults:
        raise Invalid(fields=faults)
    return replace(own, fields=(*own.fields, {"subcategory": sub.code, "name": name, **raw, "retired": False})), name


def with_change(own: Own, subcategory: str, name: str, given: Mapping[str, Any]) -> Own:
    """One added field with other labels, flags and choices, or retired; its name and kind stay.

    Raises NotFound where no such field was added, and Invalid; a choice that records may hold is never dropped.
    """
    found = next((one for one in own.fields if (one["subcategory"], one["name"]) == (subcategory, name)), None)
    if found is None:
        raise NotFound("没有这个自定义字段")
    faults: list[FieldError] = []
    raw = {**_raw({**found, **given, "kind": found["kind"]}, faults), "retired": _yes(given, "retired", found)}
    if missing := {one[0] for one in found["choices"]} - {one[0] for one in raw["choices"]}:
        faults.append(FieldError("choices", "选项：不能删除已有的选项，缺少 %(count)s 个", {"count": len(missing)}))
    if raw["zh"] != found["zh"] and any(
        (one["subcategory"], one["zh"]) == (subcategory, raw["zh"]) for one in own.fields
    ):
        faults.append(FieldError("zh", "中文名称：这个子类已经有同名的字段"))
    if faults:
        raise Invalid(fields=faults)
    changed = {"subcategory": subcategory, "name": name, **raw}
    return replace(own, fields=tuple(changed if one is found else one for one in own.fields))


def with_retired(own: Own, code: str, retired: bool) -> Own:
    """One added sub-category retired, or taken up again. Raises NotFound."""
    if not any(one["code"] == code for one in own.subcategories):
        raise NotFound("没有这个自定义子类")
    changed = tuple({**one, "retired": retired} if one["code"] == code else one for one in own.subcategories)
    return replace(own, subcategories=changed)


def _raw(given: Mapping[str, Any], faults: list[FieldError]) -> dict[str, Any]:
    zh, en = _labels(given, faults)
    kind = str(given.get("kind", ""))
    raw = {"kind": kind, "zh": zh, "en": en, **{flag: _yes(given, flag, {}) for flag in FLAGS}, "choices": []}
    if kind == "choice":
        raw["choices"] = _choices(given.get("choices"), faults)
    if raw["sensitive"] and (raw["facet"] or raw["statistic"]):
        faults.append(FieldError("sensitive", "敏感字段不能用作分面或统计：那里会露出它的值"))
    if raw["facet"] and kind not in ("choice", "text"):
        faults.append(FieldError("facet", "分面只适用于选项和短文本"))
    if raw["statistic"] and kind not in ("integer", "decimal"):
        faults.append(FieldError("statistic", "统计只适用于整数和小数"))
    return raw


def _choices(given: Any, faults: list[FieldError]) -> list[list[str]]:
    """`[[code, zh, en]]`, or lines such as `excellent 优秀 Excellent`; the code may be left out of new ones."""
    lines = given.splitlines() if isinstance(given, str) else given
    if not isinstance(lines, list) or not all(isinstance(one, str | list) for one in lines):
        faults.append(FieldError("choices", "选项：请每行写一个"))
        return []
    made = []
    for number, one in enumerate((one for one in lines if one), 1):
        parts = re.split(r"[|｜]", one) if isinstance(one, str) else [str(part) for part in one]
        parts = [part.strip() for part in parts]
        code, zh, en = (f"c{number}", parts[0], parts[0]) if len(parts) == 1 else (parts + parts[1:])[:3]
        if not _NAME.fullmatch(code) or not zh or max(len(code), len(zh), len(en)) > 60:
            wrong = "选项：第 %(row)s 行请写成“代码 | 中文 | 英文”，代码用小写字母"
            faults.append(FieldError("choices", wrong, {"row": number}))
        made.append([code, zh, en])
    labels = [one[1] for one in made]
    if not 1 <= len(made) <= MOST_CHOICES or len({one[0] for one in made}) < len(made) or len(set(labels)) < len(made):
        faults.append(FieldError("choices", "选项：须有 1 至 %(most)s 个，互不相同", {"most": MOST_CHOICES}))
    return made


def _labels(given: Mapping[str, Any], faults: list[FieldError]) -> tuple[str, str]:
    zh, en = (str(given.get(name) or "").strip() for name in ("zh", "en"))
    for name, text in (("zh", zh), ("en", en)):
        longest = _LONGEST_LABEL if name == "zh" else 2 * _LONGEST_LABEL
        if not text or len(text) > longest or not text.isprintable() or set("[]:*?/\\|·（") & set(text):
            faults.append(FieldError(name, _LABEL_WRONG[name], {"most": longest}))
    return zh, en


def _name(given: Any, called: str, faults: list[FieldError]) -> str:
    """A name in lower snake case, made from the English label where none was given."""
    name = re.sub(r"[^a-z0-9]+", "_", given.lower()).strip("_") if isinstance(given, str) else ""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        faults.append(FieldError(called, _NAME_WRONG, {"most": _LONGEST_NAME}))
    return name


def _yes(given: Mapping[str, Any], flag: str, before: Mapping[str, Any]) -> bool:
    return given.get(flag, before.get(flag, flag == "searchable")) in (True, "yes")


def _subcategory(catalogue: Catalogue, code: str) -> SubCategory:
    for sub in catalogue.subcategories():
        if sub.code == code:
            return sub
    raise NotFound("没有这个子类")


def _field(raw: Mapping[str, Any]) -> Field:
    return Field(
        raw["name"], raw["kind"], raw["zh"], raw["en"], **{flag: raw[flag] for flag in FLAGS}, own=True,
        retired=raw["retired"], choices=tuple(Choice(*one) for one in raw["choices"]),
    )  # fmt: skip
