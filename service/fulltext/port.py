"""What is asked of a search engine and what it answers. No engine here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from service.fulltext.text import Term


class Kind(StrEnum):
    FILES = "files"
    RECORDS = "records"
    PAGES = "pages"


class EngineDown(Exception):
    """The engine cannot answer now: say "search is degraded", and keep browsing."""


KEYWORDS = (
    "file_no", "record_id", "department", "status", "category", "subcategory", "state", "author", "hidden", "attribute",
    "scan_id", "page_no",
)  # fmt: skip
"""Fields that are matched whole; `attribute` holds `facet key=value` pairs of the catalogue's facet fields."""
DAYS = ("hire_date", "date")
"""Fields that are days, kept as whole numbers such as 20210301."""
TEXTS = ("own", "text", "sensitive", "waiting")
"""Searched fields: the head of a file; filed content; its masked part; what is submitted but not filed."""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to be found. Texts are prepared tokens and are never stored; keywords may have many values."""

    id: str
    kind: Kind
    version: int
    name_key: str
    keywords: Mapping[str, tuple[str, ...]]
    days: Mapping[str, int]
    texts: Mapping[str, str]
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may find: any of the clauses (each of them keyword -> allowed values), in these text fields.

    No clause means nothing; an empty clause means everything.
    """

    clauses: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    texts: tuple[str, ...] = ("own",)


@dataclass(frozen=True, slots=True)
class Query:
    """Terms are ANDed; each must stand as a phrase in one text field, or begin a name or number."""

    kind: Kind
    scope: Scope
    terms: tuple[Term, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    name: tuple[Term, ...] = ()
    sort: str = "relevance"
    offset: int = 0
    size: int = 20
    facets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    id: str
    file_no: str
    record_id: str
    scan_id: str = ""
    page_no: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
