"""What is asked of a search engine and what it answers. No engine here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from service.fulltext.text import Term, pairs


class Kind(StrEnum):
    FILES = "files"
    RECORDS = "records"
    PAGES = "pages"


class EngineDown(Exception):
    """The engine cannot answer now: say "search is degraded", and keep browsing."""


LAST_HIT = 10_000
"""Numbered pages go as far as this hit; behind it, in any order but relevance, lists go on after the last hit."""
KEYWORDS = (
    "file_no", "record_id", "department", "status", "category", "subcategory", "state", "author", "hidden", "attribute",
    "scan_id", "page_no", "verdict", "missing",
)  # fmt: skip
"""Fields that are matched whole; `attribute` holds `facet key=value` pairs of the catalogue's facet fields.

`verdict` of a record is what its verification found, `missing` of a file are the lines of the checklist that it is
without: what supervision asks for, and no search.
"""
DAYS = ("hire_date", "date")
"""Fields that are days, kept as whole numbers such as 20210301."""
TEXTS = ("own", "text", "sensitive", "waiting")
"""Searched fields: the head of a file; filed content; its masked part; what is submitted but not filed."""
SEARCHED = (*TEXTS, "name")
"""All fields whose tokens and pairs are indexed, `text` and `text_pairs` for one."""
PREFIXES = ("name_prefix", "number_prefix")
"""Beginnings of the name, in Han and in pinyin, and of the file's number, each matched whole."""
MOST_VALUES = 60
"""Values of a facet that are counted, the most frequent first."""
SORTS = ("name", "file_no", "hire_date", "date")


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
    prefixes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def indexed(self) -> dict[str, str]:
        """Each text for tokens alone, and its pairs for words of more of them: a quarter of the time of a phrase."""
        cut = {name: text.split(" ") for name, text in self.texts.items()}
        return {**self.texts, **{f"{name}_pairs": " ".join(pairs(tokens)) for name, tokens in cut.items()}}

    def sort_keys(self) -> dict[str, str]:
        """A unique key for each order, so that ties have an order too and a list can go on after any hit.

        In hexadecimal, which sorts as its bytes do and can stand in every engine's query.
        """
        values = {
            "name": self.name_key, "file_no": self.keywords.get("file_no", ("",))[0],
            **{name: f"{self.days.get(name, 0):08}" for name in DAYS},
        }  # fmt: skip
        return {name: f"{values[name]}\0{self.id}".encode().hex() for name in SORTS}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may find: any of the clauses (each of them keyword -> allowed values), in these text fields.

    No clause means nothing; an empty clause means everything.
    """

    clauses: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    texts: tuple[str, ...] = ("own",)
    drafts_of: str = ""
    """Where it is set, drafts of any other author are left out: few, so cheaper than to name all the rest."""


@dataclass(frozen=True, slots=True)
class Query:
    """Terms are ANDed; each must stand as a phrase in one text field, or begin a name or number.

    `sort` is `relevance` or one of SORTS, `-` before it turns it round. `after` is the `next` of the answer
    before, in the same order; a search by relevance has none and goes by `offset`.
    """

    kind: Kind
    scope: Scope
    terms: tuple[Term, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    name: tuple[Term, ...] = ()
    sort: str = "relevance"
    offset: int = 0
    after: str = ""
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
    """`next` is empty where there is no more, or the order is that of relevance."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    next: str = ""


Changes = Sequence[tuple[str, Sequence[Document]]]
"""Files by their number, each with all its documents; none means that the file is gone."""


class Reader(Protocol):
    """Searching."""

    def search(self, query: Query) -> Result:
        """Raises EngineDown where the engine cannot answer."""

    def versions(self) -> Iterator[tuple[str, int]]:
        """Each file's number and the version that it was projected from."""


class Writer(Protocol):
    """Writing; only the indexer has one. Every method raises EngineDown where the engine cannot take it."""

    def live(self) -> str:
        """The mark of the live index, another one after each `rebuild`; empty where there is none of today's schema."""

    def put(self, files: Changes) -> None:
        """Replace all documents of these files. Durable when it returns."""

    def rebuild(self, files: Iterator[tuple[str, Sequence[Document]]]) -> int:
        """Build an index beside the live one and swap; searches go on meanwhile. How many files."""

    def expunge(self) -> bool:
        """Merge the index so that no token of a removed document stays (T4).

        False where the engine cannot do that on request and a `rebuild` must.
        """
