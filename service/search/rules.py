"""What a person may find, and what a search form asks for. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from service.access.grants import Pass
from service.fulltext.port import TEXTS, Scope
from service.person import Person, Role

Clause = Mapping[str, tuple[str, ...]]
KEEPERS = (Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD)
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


def scope(person: Person, kind: str, *, opinions: bool = False) -> Scope:
    """The filter without which nothing is searched. It says what `access.policy` says, for whole indexes.

    `opinions` is whether people may read what others think of them.
    """
    own = _by_role(person, kind, opinions)
    if not person.passes or not person.pledged:
        return own
    clauses = (*own.clauses, *(clause for one in person.passes for clause in _through(one, kind)))
    if kind == "files":
        return Scope(clauses, ("own",))
    # Texts are those of all clauses, so one masked pass keeps the sensitive ones out of what else is searched.
    wanted = {"own", "text", "sensitive", *own.texts}
    wanted -= {"sensitive"} if any(one.masked for one in person.passes) else set()
    return Scope(clauses, tuple(name for name in TEXTS if name in wanted))


def _through(one: Pass, kind: str) -> Iterator[Clause]:
    """What a pass lets its holder find: the heads of its files, and of what is filed in them the part that it names."""
    if kind == "files":
        yield {"file_no": one.files}
        return
    clause: dict[str, tuple[str, ...]] = {"file_no": one.files, "state": ("filed",)}
    if one.categories:
        clause["category"] = one.categories
    if one.records:
        clause["record_id"] = one.records
    if not one.pages:
        yield clause
    elif kind == "pages":
        by_scan: dict[str, tuple[str, ...]] = {}
        for scan, _, number in (page.partition("/") for page in one.pages):
            by_scan[scan] = (*by_scan.get(scan, ()), number)
        yield from ({**clause, "scan_id": (scan,), "page_no": numbers} for scan, numbers in by_scan.items())


def _by_role(person: Person, kind: str, opinions: bool) -> Scope:
    if person.role in KEEPERS:
        texts = ("own", "text", "sensitive", "waiting")
        if kind == "files":
            return Scope(({},), texts)
        return Scope(({},), texts, drafts_of=person.account)
    department, own = (person.department or "",), _own(person, kind, opinions)
    listed = Scope((*([{"department": department}] if person.department else []), *own), ("own",))
    match person.role:
        case Role.HEAD | Role.CLERK if kind == "files":
            return listed if listed.clauses else Scope()
        case Role.CLERK if person.department:
            mine = {"department": department, "author": (person.account,)}
            return Scope((mine, *own), ("own", "text", "sensitive", "waiting"))
        case Role.HEAD | Role.CLERK | Role.AGENT | Role.LEADERSHIP if own:
            return Scope(own, ("own",) if kind == "files" else ("own", "text"))
    return Scope()


def _own(person: Person, kind: str, opinions: bool) -> tuple[Clause, ...]:
    """The person's own file, and what is filed in it but for what others think of them (V1)."""
    if not person.file_no:
        return ()
    if kind == "files":
        return ({"file_no": (person.file_no,)},)
    filed = {"file_no": (person.file_no,), "state": ("filed",)}
    return (filed if opinions else {**filed, "hidden": ("no",)},)
