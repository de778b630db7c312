"""Categories, sub-categories and fields as they stand in the catalogue's data. Pure once loaded."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from service.errors import FieldError, Invalid, NotFound

KINDS = frozenset(
    {"text", "long", "date", "integer", "decimal", "choice", "period", "id_number", "mobile", "email", "group"}
)


class Labelled:
    """Something with a name in both languages."""

    __slots__ = ()
    zh: str
    en: str

    def label(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def __str__(self) -> str:
        return self.zh


@dataclass(frozen=True, slots=True)
class Choice(Labelled):
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Field(Labelled):
    """One value of a record, or a group of rows. `after` names a date that this one may not lie before."""

    name: str
    kind: str
    zh: str
    en: str
    required: bool = False
    sensitive: bool = False
    searchable: bool = True
    facet: bool = False
    statistic: bool = False
    min: float | None = None
    max: float | None = None
    unit: str = ""
    after: str = ""
    past: bool = False
    """A date that does not lie ahead."""
    head: str = ""
    """The part of a file's head that says the same: a new form begins with it."""
    choices: tuple[Choice, ...] = ()
    fields: tuple["Field", ...] = ()
    """What each row of a group holds."""
    own: bool = False
    """Added by the company, not shipped."""
    retired: bool = False
    """No longer asked; what records hold of it stays."""

    def shown(self, value: object, language: str = "zh") -> str:
        """The value as people read it: a choice by its label, a group in one line, everything else as it is."""
        if self.kind == "group":
            return "；".join(
                " · ".join(shown for one in self.fields if (shown := one.shown(row.get(one.name), language)))
                for row in self.rows(value)
            )
        for choice in self.choices:
            if choice.code == value:
                return choice.label(language)
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return "" if value is None else str(value)

    def rows(self, value: object) -> list[dict[str, Any]]:
        """A group's rows. A text, which the field held before it was a group, is one row with a note."""
        if isinstance(value, str):
            note = next(one.name for one in self.fields if one.kind == "long")
            return [{note: value}] if value.strip() else []
        return [dict(row) for row in value] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class SubCategory(Labelled):
    """What kind of record. `expected` ones are missed where a file has none (B1, I7), and so is the `paper` that their
    scan shows, where it is named (zh, en). No more is added to retired ones."""

    code: str
    zh: str
    en: str
    category: str
    fields: tuple[Field, ...]
    date: str = ""
    title: tuple[str, ...] = ()
    expected: bool = False
    paper: tuple[str, str] | None = None
    hidden_from_agent: bool = False
    own: bool = False
    retired: bool = False

    @property
    def key(self) -> str:
        """It by one word, `onboarding.contract` for one."""
        return f"{self.category}.{self.code}"

    @property
    def checklist(self) -> tuple["Expected", ...]:
        """What each file should have of it (B1)."""
        if not self.expected:
            return ()
        record = Expected(self.key, self.zh, self.en, self)
        return (record, Expected(f"{self.key}.paper", *self.paper, self, paper=True)) if self.paper else (record,)

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def asked(self, values: Mapping[str, Any] = MappingProxyType({})) -> "SubCategory":
        """The sub-category as a form asks it: without retired fields, save those that the record has a value of."""
        fields = [one for one in self.fields if not one.retired or values.get(one.name) is not None]
        fields = [replace(one, required=False) if one.retired else one for one in fields]
        return replace(self, fields=tuple(fields))


@dataclass(frozen=True, slots=True)
class Expected(Labelled):
    """One line of the checklist: a record of `sub`, or the paper that its scan shows (the copy of an ID card)."""

    key: str
    zh: str
    en: str
    sub: SubCategory
    paper: bool = False


@dataclass(frozen=True, slots=True)
class Category(Labelled):
    code: str
    id: str
    zh: str
    en: str
    subcategories: tuple[SubCategory, ...]

    @property
    def asked(self) -> tuple[SubCategory, ...]:
        """The sub-categories that records are still added to."""
        return tuple(one for one in self.subcategories if not one.retired)


@dataclass(frozen=True, slots=True)
class Setting(Labelled):
    """One `[X]` of the policy."""

    key: str
    policy: str
    kind: str
    zh: str
    en: str
    default: Any
    min: int | None = None
    max: int | None = None


class Catalogue:
    """All categories in binding order, and the settings."""

    def __init__(self, categories: tuple[Category, ...], settings: tuple[Setting, ...] = ()) -> None:
        self._categories = categories
        self.settings = settings

    @property
    def categories(self) -> tuple[Category, ...]:
        return self._categories

    @classmethod
    def load(cls, extra: Sequence[Path] = ()) -> "Catalogue":
        """The catalogue that ships, with `extra` files after it. A broken file is an error at the start."""
        here = Path(__file__).parent
        categories: list[Category] = []
        for path in (here / "categories.toml", *extra):
            with path.open("rb") as source:
                categories.extend(_category(raw) for raw in tomllib.load(source)["category"])
        with (here / "settings.toml").open("rb") as source:
            settings = tuple(Setting(**raw) for raw in tomllib.load(source)["setting"])
        return cls(tuple(categories), settings)

    def subcategories(self) -> Iterator[SubCategory]:
        for category in self.categories:
            yield from category.subcategories

    def checklist(self) -> tuple[Expected, ...]:
        """What each file should have, in binding order (B1, I7)."""
        return tuple(one for sub in self.subcategories() for one in sub.checklist)

    def category(self, code: str) -> Category:
        for category in self.categories:
            if category.code == code:
                return category
        raise NotFound("没有这个类别")

    def subcategory(self, category: str, code: str) -> SubCategory:
        """Raises NotFound when the catalogue has no such sub-category."""
        for one in self.category(category).subcategories:
            if one.code == code:
                return one
        raise NotFound("没有这个子类")

    def to_add(self, category: str, code: str) -> SubCategory:
        """The sub-category as a new record is asked. Raises NotFound, or Invalid where it is retired."""
        sub = self.subcategory(category, code)
        if sub.retired:
            raise Invalid(fields=[FieldError("subcategory", "这个子类已停用：请改用其他子类")])
        return sub.asked()

    def binding_order(self, category: str, date: str, number: int) -> tuple[int, str, int]:
        """Where a record stands in its file (policy §2): by category, within it by date, then as entered."""
        codes = [one.code for one in self.categories]
        return (codes.index(category) if category in codes else len(codes), date, number)

    def facet_fields(self) -> tuple[str, ...]:
        """Keys of the fields that are counted beside a search, `education.level` for one."""
        return tuple(f"{sub.code}.{one.name}" for sub in self.subcategories() for one in sub.fields if one.facet)

    def setting(self, key: str) -> Setting:
        for setting in self.settings:
            if setting.key == key:
                return setting
        raise NotFound("没有这项设置")


def _category(raw: dict[str, Any]) -> Category:
    subcategories = tuple(_subcategory(sub, raw["code"]) for sub in raw["subcategory"])
    return Category(raw["code"], raw["id"], raw["zh"], raw["en"], subcategories)


def _subcategory(raw: dict[str, Any], category: str) -> SubCategory:
    fields = tuple(_field(one) for one in raw["fields"])
    rest = {key: value for key, value in raw.items() if key not in ("fields", "title", "paper")}
    zh, en = raw.get("paper", ("", ""))
    return SubCategory(
        **rest, category=category, fields=fields, title=tuple(raw.get("title", ())), paper=(zh, en) if zh else None
    )


def _field(raw: dict[str, Any]) -> Field:
    if raw["kind"] not in KINDS:
        raise ValueError(f"field {raw['name']}: unknown kind {raw['kind']}")
    rest = {key: value for key, value in raw.items() if key not in ("choices", "fields")}
    fields = tuple(_field(one) for one in raw.get("fields", ()))
    if raw["kind"] == "group":
        if not any(one.kind == "long" for one in fields):
            raise ValueError(f"group {raw['name']}: one of its fields must be long, for a note")
        if any(one.kind in ("group", "id_number") or one.facet or one.statistic for one in fields):
            raise ValueError(f"group {raw['name']}: rows hold no group, no ID number, no facet and no statistic")
    return Field(**rest, choices=tuple(Choice(*choice) for choice in raw.get("choices", ())), fields=fields)
