"""What a person may find, and what a search form asks for. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from service.fulltext.port import Scope
from service.person import Person, Role

KEEPERS = (Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD)
LAST_HIT = 10_000
"""Numbered pages go as far as this hit; behind it, in any order but relevance, lists go on after the last hit."""
SORTS = ("relevance", "name", "-name", "file_no", "-file_no", "hire_date", "-hire_date", "date", "-date")
FILTERS = ("file_no", "department", "status", "category", "subcategory", "state", "attribute")
FACETS = {
    "files": ("department", "status", "category"),
    "records": ("category", "subcategory", "attribute", "department", "state"),
    "pages": ("category", "subcategory", "attribute", "department", "state"),
}


@dataclass(frozen=True, slots=True)
class Criteria:
    """A search as it was asked: any words, the name alone, exact filters, and days of hire."""

    kind: str
    words: str = ""
    name: str = ""
    filters: Mapping[str, str] | None = None
    hired_from: date | None = None
    hired_to: date | None = None
    sort: str = "relevance"
    page: int = 1
    size: int = 20
    after: str = ""
    facets: tuple[str, ...] | None = None
    """Which to count; all of the kind where none are named."""


@dataclass(frozen=True, slots=True)
class Understood:
    """One part of what was typed: as what it is looked for, and the words without it."""

    text: str
    meant: str
    rest: str


_NUMBER = re.compile(r"[A-Za-z]{1,6}-?\d[\dA-Za-z-]*|\d{4,}")


def understood(words: str) -> tuple[Understood, ...]:
    """The parts of the words, as `fulltext.text.parse` parts them, each with what it is taken for."""
    parts = re.findall(r'["“][^"“”]*["”]?|[^\s"“”]+', words)
    found = []
    for at, part in enumerate(parts):
        text = part.strip('"“”').strip()
        if not text:
            continue
        exact = text != part
        meant = "exact" if exact else "number" if _NUMBER.fullmatch(text) else "latin" if text.isascii() else "words"
        found.append(Understood(text, meant, " ".join((*parts[:at], *parts[at + 1 :]))))
    return tuple(found)


def scope(person: Person, kind: str) -> Scope:
    """The filter without which nothing is searched. It says what `access.policy` says, for whole indexes."""
    if person.role in KEEPERS:
        texts = ("own", "text", "sensitive", "waiting")
        if kind == "files":
            return Scope(({},), texts)
        return Scope(({},), texts, drafts_of=person.account)
    department = (person.department or "",)
    match person.role:
        case Role.HEAD if person.department:
            if kind == "files":
                return Scope(({"department": department},), ("own", "text"))
            return Scope(({"department": department, "state": ("filed",)},), ("own", "text"))
        case Role.CLERK if person.department:
            if kind == "files":
                return Scope(({"department": department},), ("own",))
            mine = {"department": department, "author": (person.account,)}
            return Scope((mine,), ("own", "text", "sensitive", "waiting"))
        case Role.AGENT if person.file_no:
            if kind == "files":
                return Scope(({"file_no": (person.file_no,)},), ("own",))
            own = {"file_no": (person.file_no,), "state": ("filed",), "hidden": ("no",)}
            return Scope((own,), ("own", "text"))
    return Scope()
