"""Searching. Permission and scope first; every hit is decided again when it is fetched; the search is an event."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit, account_chain, file_chain
from service.catalogue import derived, masks
from service.catalogue.model import Catalogue
from service.errors import FieldError, Invalid, Unavailable
from service.files.operations import FileOperations
from service.files.repository import Files
from service.files.rules import File
from service.fulltext.port import EngineDown, Kind, Query, Reader, Scope
from service.fulltext.port import Hit as Found
from service.fulltext.text import Term, marks, parse
from service.person import Person
from service.records.repository import Records
from service.records.rules import Record
from service.records.secrets import Secrets
from service.scans.repository import Scans
from service.scans.rules import Page, boxes, masked
from service.search.rules import FACETS, FILTERS, SORTS, Criteria, scope
from service.store.heartbeats import Heartbeats

STALE = timedelta(seconds=10)
MOST_EXPORTED = 5000
_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the words stand: a field's text and [start, end) marks on it."""

    field: str
    text: str
    marks: list[list[int]]


@dataclass(frozen=True, slots=True)
class Hit:
    file: File
    record: Record | None
    title: str
    evidence: tuple[Evidence, ...]
    scan_id: str = ""
    page_no: int = 0
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    """Every field of the record as the person sees it: label and value."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits of one page. Degraded: lists only, no total and no facets."""

    hits: tuple[Hit, ...]
    total: int | None
    degraded: bool
    facets: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    next: str = ""


class SearchOperations:
    """One operation: search."""

    def __init__(
        self, reader: Reader, files: Files, listed: FileOperations, records: Records, catalogue: Catalogue,
        scans: Scans, audit: Audit, gate: Gate, heartbeats: Heartbeats,
    ) -> None:  # fmt: skip
        self._reader, self._files, self._listed, self._records = reader, files, listed, records
        self._catalogue, self._scans, self._audit = catalogue, scans, audit
        self._gate, self._heartbeats, self._secrets = gate, heartbeats, Secrets(records, catalogue)

    def search(self, person: Person, wanted: Criteria) -> Answer:
        """A page of what the person may find. Its event has the number of hits, never the words."""
        self._gate.require(person, Action.SEARCH)
        terms = (*parse(wanted.words), *parse(wanted.name))
        try:
            found = self._reader.search(self.query(person, wanted))
        except EngineDown:
            answer = self._degraded(person)
            self._note(person, wanted, len(answer.hits))
            return answer
        hits = self._fetch(person, wanted.kind, found.hits, terms)
        self._note(person, wanted, found.total)
        return Answer(tuple(hits), found.total, not self.fresh(), found.facets, found.next)

    def suggest(self, person: Person, words: str) -> list[File]:
        """At most eight people whose name or number begins with, or holds, the words.

        Part of typing a search, whose event follows; it tells no more than a list of files does.
        """
        self._gate.require(person, Action.SEARCH)
        terms = parse(words)
        if not terms:
            return []
        reach = replace(self._scope(person, Kind.FILES), texts=("own",))
        try:
            found = self._reader.search(Query(Kind.FILES, reach, terms, size=8))
        except EngineDown:
            return []
        return [hit.file for hit in self._fetch(person, Kind.FILES, found.hits, terms)]

    def count(self, person: Person, kind: Kind, filters: Mapping[str, str]) -> int | None:
        """How many the person may find; None while searching is degraded. Shows nothing of them, so it is no look."""
        return self._total(person, Criteria(kind.value, filters=filters))

    def counts(self, person: Person, kinds: Mapping[str, Criteria]) -> dict[str, int | None]:
        """How many the person may find of each kind; part of a search, whose event it is."""
        return {kind: self._total(person, wanted) for kind, wanted in kinds.items()}

    def _total(self, person: Person, wanted: Criteria) -> int | None:
        try:
            return self._reader.search(self.query(person, replace(wanted, page=1, after="", size=1, facets=()))).total
        except EngineDown:
            return None

    def why(self, person: Person, wanted: Criteria, hits: Sequence[Hit]) -> dict[str, Hit]:
        """By number, the best record or page of each person found whose own head does not hold the words.

        Part of the same search: decided, masked and marked as its own hits are.
        """
        terms = parse(wanted.words)
        left = [hit.file.file_no for hit in hits if not hit.evidence] if terms else []
        found: dict[str, Hit] = {}
        for kind in (Kind.RECORDS, Kind.PAGES):
            left = [number for number in left if number not in found]
            if not left:
                break
            asked = Query(kind, scope(person, kind), terms, {"file_no": tuple(left)}, size=100)
            try:
                best = {one.file_no: one for one in reversed(self._reader.search(asked).hits)}
            except EngineDown:
                break
            shown = self._fetch(person, kind, list(best.values()), terms)
            found |= {hit.file.file_no: hit for hit in shown if hit.evidence and hit.evidence[0].marks}
        return found

    def may_export(self, person: Person) -> bool:
        """Whether the person may take a result list away."""
        return self._gate.decide(person, Action.EXPORT).allowed

    def export(self, person: Person, wanted: Criteria) -> list[Hit]:
        """The whole result list, for a sheet; an event of its own with the number of rows, and one on the chain of each
        file that is in it, before the first byte (K2, V4).

        Raises Invalid where it is too long, Unavailable while searching is degraded.
        """
        self._gate.require(person, Action.EXPORT)
        person = replace(person, passes=())  # a pass lets one look, and take nothing away
        terms = (*parse(wanted.words), *parse(wanted.name))
        hits: list[Hit] = []
        try:
            total = self._reader.search(self.query(person, replace(wanted, page=1, size=1, facets=()))).total
            if total > MOST_EXPORTED:
                fault = FieldError("q", "结果超过 %(most)s 条：请增加条件缩小范围后再导出", {"most": MOST_EXPORTED})
                raise Invalid(fields=[fault])
            for page in range(1, -(-total // _TOGETHER) + 1):
                asked = replace(wanted, page=page, size=_TOGETHER, after="", facets=())
                found = self._reader.search(self.query(person, asked))
                hits += self._fetch(person, wanted.kind, found.hits, terms)
        except EngineDown as error:
            raise Unavailable("检索暂时降级，无法导出：请稍后再试") from error
        said = {"kind": wanted.kind, **({"purpose": person.purpose} if person.purpose else {})}
        taken = Counter(hit.file.file_no for hit in hits)
        of_files = {file_chain(one): {"file": one, "rows": str(rows), **said} for one, rows in taken.items()}
        self._audit.record_all(person, "file.exported", of_files)
        ids = {"rows": str(len(hits)), **said}
        self._audit.record(person, "search.exported", subject=account_chain(person.account), ids=ids)
        return hits

    def _note(self, person: Person, wanted: Criteria, hits: int) -> None:
        ids = {"kind": wanted.kind, "hits": str(hits)}
        self._audit.record(person, "search", subject=account_chain(person.account), ids=ids)

    def fresh(self) -> bool:
        """Whether the index is being kept up to date."""
        return self._heartbeats.alive("indexer", STALE)

    def query(self, person: Person, wanted: Criteria) -> Query:
        """What the engine is asked, within the person's scope."""
        filters = {name: (value,) for name, value in (wanted.filters or {}).items() if name in FILTERS and value}
        if "file_no" in filters:
            filters["file_no"] = (self._listed.number(filters["file_no"][0]),)
        ranges = {}
        if wanted.hired_from or wanted.hired_to:
            ranges["hire_date"] = (_day(wanted.hired_from), _day(wanted.hired_to))
        kind = Kind(wanted.kind)
        facets = FACETS[kind] if wanted.facets is None else wanted.facets
        return Query(
            kind, self._scope(person, kind), parse(wanted.words), filters, ranges, parse(wanted.name),
            wanted.sort if wanted.sort in SORTS else "relevance",
            offset=(wanted.page - 1) * wanted.size, after=wanted.after, size=wanted.size, facets=facets,
        )  # fmt: skip

    def _scope(self, person: Person, kind: Kind) -> Scope:
        opinions = bool(person.file_no) and self._gate.opinions()
        return scope(person, kind, opinions=opinions)

    def _degraded(self, person: Person) -> Answer:
        """What the store alone can give: files that one may know of, newest first."""
        found = self._listed.list(person, size=20)[0]
        return Answer(tuple(Hit(file, None, file.name, ()) for file in found), None, True)

    def _fetch(self, person: Person, kind: str, found: Sequence[Found], terms: Sequence[Term]) -> list[Hit]:
        files = self._files.many(list({one.file_no for one in found}))
        records = self._records.many([one.record_id for one in found]) if kind != Kind.FILES else {}
        pages = self._scans.many([(one.scan_id, one.page_no) for one in found]) if kind == Kind.PAGES else {}
        own = cache(lambda file_no: self._secrets.of(files[file_no]))
        hits = []
        for one in found:
            file = files.get(one.file_no)
            if file is None or not self._gate.decide(person, Action.READ_FILE, file.subject()).allowed:
                continue
            if kind == Kind.FILES:
                hits.append(Hit(file, None, file.name, _evidence([("姓名", file.name)], terms)))
            elif one.record_id in records:
                read = pages.get((one.scan_id, one.page_no))
                if kind == Kind.PAGES and read is None:
                    continue
                hit = self._record_hit(person, file, records[one.record_id], terms, own, read[1] if read else None)
                hits += [hit] if hit else []
        return hits

    def _record_hit(
        self, person: Person, file: File, record: Record, terms: Sequence[Term],
        own: Callable[[str], Sequence[str]], page: Page | None,
    ) -> Hit | None:  # fmt: skip
        sub = self._catalogue.subcategory(record.category, record.subcategory)
        subject = record.subject(file.department, sub.hidden_from_agent)
        if page is not None:
            subject = replace(subject, scan=page.scan_id, page=page.number)
        decision = self._gate.decide(person, Action.READ_RECORD, subject)
        if not decision.allowed:
            return None
        if page is not None:
            seen = masked(page, own(file.file_no)) if decision.masked else page
            return _page_hit(file, record, seen, terms)
        values: Mapping[str, Any] = masks.mask(sub, record.fields) if decision.masked else record.fields
        language = person.language
        shown = [(one.label(language), text) for one, text in derived.leaves(sub, values)]
        asked = sub.asked(values).fields
        cells = tuple((one.label(language), one.shown(values.get(one.name), language)) for one in asked)
        return Hit(file, record, derived.title(sub, values, language), _evidence(shown, terms), cells=cells)


def _page_hit(file: File, record: Record, page: Page, terms: Sequence[Term]) -> Hit:
    text = page.text
    spans = marks(text, terms)
    start = max(0, spans[0][0] - 30) if spans else 0
    part = text[start : start + 120]
    inside = [[a - start, b - start] for a, b in spans if b <= start + len(part)]
    found = boxes(page.words, spans)
    return Hit(file, record, "", (Evidence("", part, inside),), page.scan_id, page.number, tuple(found))


def _evidence(shown: Sequence[tuple[str, str]], terms: Sequence[Term]) -> tuple[Evidence, ...]:
    found = [Evidence(name, text[:400], marks(text[:400], terms)) for name, text in shown if text]
    return tuple(one for one in found if one.marks)[:3]


def _day(day: date | None) -> int | None:
    return int(f"{day:%Y%m%d}") if day else None
