"""The embedded engine: a tantivy index in the data folder. One process writes, any number read."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tantivy
from tantivy import FieldType, Occur, Order

from service.fulltext import pinyin
from service.fulltext.port import (
    DAYS,
    KEYWORDS,
    MOST_VALUES,
    PREFIXES,
    SEARCHED,
    SORTS,
    Changes,
    Document,
    EngineDown,
    Hit,
    Kind,
    Query,
    Result,
    Scope,
)  # fmt: skip
from service.fulltext.text import Term

_SCHEMA_VERSION = "7"
_HEAP = 64_000_000
_SWAPS = 5
"""More swaps than can fall into one search."""


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "kind", *(f"by_{sort}" for sort in SORTS)):
        builder.add_text_field(name, stored=name == "id", fast=True, tokenizer_name="raw", index_option="basic")
    for name in KEYWORDS:
        stored = name in ("file_no", "record_id", "scan_id", "page_no")
        builder.add_text_field(name, stored=stored, fast=True, tokenizer_name="raw")
    for name in DAYS:
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field("version", stored=True, indexed=True, fast=True)
    for name in SEARCHED:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field(f"{name}_pairs", tokenizer_name="whitespace", index_option="position")
    for name in PREFIXES:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    return builder.build()


class Reader:
    """Searching; follows the pointer file to whichever index is live."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: tuple[tuple[str, int, int], Any] | None = None

    def _index(self) -> Any:
        """The live index, as it stands now. One that a swap takes away meanwhile is looked for again."""
        met: Exception | None = None
        for _ in range(_SWAPS):
            try:
                return self._now()
            except (OSError, ValueError) as error:
                self._opened, met = None, error
        raise EngineDown from met

    def _now(self) -> Any:
        live = (self._folder / "live").read_text().strip()
        if not live.startswith(f"v{_SCHEMA_VERSION}-"):
            raise OSError("the index is of another version, and not built anew yet")
        kept = (self._folder / live / "meta.json").stat()
        commit, opened = (live, kept.st_mtime_ns, kept.st_ino), self._opened
        if opened is None or opened[0][0] != live:
            self._opened = opened = (commit, tantivy.Index.open(str(self._folder / live)))
        elif opened[0] != commit:  # the writer puts another file there with each commit
            opened[1].reload()
            self._opened = opened = (commit, opened[1])
        return opened[1]

    def search(self, query: Query) -> Result:
        """Raises EngineDown where no index can be read; one that a swap takes away meanwhile is left for the next."""
        for _ in range(_SWAPS):
            index = self._index()
            try:
                return _found(index, query)
            except (ValueError, OSError) as error:
                if index is self._index():
                    raise EngineDown from error
        raise EngineDown

    def versions(self) -> Iterator[tuple[str, int]]:
        """Each file's number and the version that it was projected from."""
        index = self._index()
        searcher = index.searcher()
        asked = tantivy.Query.term_query(index.schema, "kind", Kind.FILES.value)
        count = searcher.num_docs
        for _, address in searcher.search(asked, limit=max(1, count)).hits:
            document = searcher.doc(address)
            yield document.get_first("file_no"), int(document.get_first("version"))


def _found(index: Any, query: Query) -> Result:
    searcher = index.searcher()
    asked = _asked(index.schema, query)
    total, found, following = _page(index, searcher, asked, query)
    hits = tuple(_hit(searcher.doc(address)) for _, address in found)
    return Result(total, hits, _facets(searcher, asked, query.facets), following)


def _page(index: Any, searcher: Any, asked: Any, query: Query) -> tuple[int, list[Any], str]:
    """How many there are, the hits of one page, and the key of its last hit where more follow."""
    if query.sort == "relevance":
        found = searcher.search(asked, limit=query.size, offset=query.offset, count=True)
        return int(found.count), found.hits, ""
    descending = query.sort.startswith("-")
    field = f"by_{query.sort.removeprefix('-')}"
    page, total = asked, None
    if query.after:
        total = int(searcher.search(asked, limit=1, count=True).count)
        beyond = f"{field}:{{* TO {query.after}}}" if descending else f"{field}:{{{query.after} TO *}}"
        beyond_query = tantivy.Query.const_score_query(index.parse_query(beyond, [field]), 0.0)
        page = tantivy.Query.boolean_query([(Occur.Must, asked), (Occur.Must, beyond_query)])
    order = Order.Desc if descending else Order.Asc
    offset = 0 if query.after else query.offset
    found = searcher.search(
        page, limit=query.size + 1, offset=offset, count=True, order_by_field=field, order=order
    )  # fmt: skip
    more = len(found.hits) > query.size
    hits = found.hits[: query.size]
    return int(found.count) if total is None else total, hits, str(hits[-1][0]) if more else ""


def _hit(found: Any) -> Hit:
    page = found.get_first("page_no")
    return Hit(
        found.get_first("id"),
        found.get_first("file_no"),
        found.get_first("record_id") or "",
        found.get_first("scan_id") or "",
        int(page) if page else 0,
    )


def _facets(searcher: Any, asked: Any, names: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    """All counts in one pass over the hits."""
    if not names:
        return {}
    wanted = {name: {"terms": {"field": name, "size": MOST_VALUES}} for name in names}
    counted = searcher.aggregate(asked, wanted)
    return {
        name: tuple((str(bucket["key"]), int(bucket["doc_count"])) for bucket in counted[name]["buckets"])
        for name in names
    }


def _asked(schema: Any, query: Query) -> Any:
    parts = [(Occur.Must, tantivy.Query.term_query(schema, "kind", query.kind.value)), *_scope(schema, query.scope)]
    for name, values in query.filters.items():
        parts.append((Occur.Must, tantivy.Query.term_set_query(schema, name, list(values))))
    for name, (low, high) in query.ranges.items():
        parts.append((Occur.Must, tantivy.Query.range_query(schema, name, FieldType.Integer, low, high)))
    parts += [(Occur.Must, _term(schema, term, query.scope.texts)) for term in query.terms]
    parts += [(Occur.Must, _term(schema, term, ("name",))) for term in query.name]
    return tantivy.Query.boolean_query(parts)


def _scope(schema: Any, scope: Scope) -> list[tuple[Any, Any]]:
    parts = []
    if scope.drafts_of:
        draft = tantivy.Query.term_query(schema, "state", "draft")
        own = tantivy.Query.term_query(schema, "author", scope.drafts_of)
        others = tantivy.Query.boolean_query([(Occur.Must, draft), (Occur.MustNot, own)])
        parts.append((Occur.MustNot, others))
    if any(not clause for clause in scope.clauses):
        return parts
    clauses = [
        tantivy.Query.boolean_query(
            [(Occur.Must, tantivy.Query.term_set_query(schema, name, list(values))) for name, values in clause.items()]
        )
        for clause in scope.clauses
    ]
    found = (
        tantivy.Query.boolean_query([(Occur.Should, clause) for clause in clauses])
        if clauses
        else tantivy.Query.empty_query()
    )
    return [*parts, (Occur.Must, tantivy.Query.const_score_query(found, 0.0))]


def _term(schema: Any, term: Term, texts: Sequence[str]) -> Any:
    ways = []
    for field in texts:
        if len(term.tokens) == 1:
            ways.append(tantivy.Query.term_query(schema, field, term.tokens[0]))
            if term.edits:
                fuzzy = tantivy.Query.fuzzy_term_query(schema, field, term.tokens[0], distance=term.edits)
                ways.append(tantivy.Query.boost_query(fuzzy, 0.3))
        else:
            ways.append(_word(schema, term, f"{field}_pairs"))
    if len(term.joined) <= pinyin.LONGEST and not term.exact:
        for field in PREFIXES if "own" in texts else PREFIXES[:1] if "name" in texts else ():
            begins = tantivy.Query.term_query(schema, field, term.joined, "basic")
            ways.append(tantivy.Query.boost_query(begins, 4.0))
    return tantivy.Query.boolean_query([(Occur.Should, way) for way in ways])


def _word(schema: Any, term: Term, field: str) -> Any:
    """Several tokens: every other pair and the last, each in its place, is all of them."""
    parts = term.pairs
    if len(parts) == 1:
        return tantivy.Query.term_query(schema, field, parts[0])
    places = sorted({*range(0, len(parts), 2), len(parts) - 1})
    return tantivy.Query.phrase_query(schema, field, [(place, parts[place]) for place in places])


class Writer:
    """Writing; only the indexer has one. A file's documents are replaced together, in one commit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._live: tuple[Any, Any] | None = None

    def live(self) -> str:
        """The live index's name; empty where it is not of today's schema."""
        pointer = self._folder / "live"
        name = pointer.read_text().strip() if pointer.exists() else ""
        return name if name.startswith(f"v{_SCHEMA_VERSION}-") else ""

    def put(self, files: Changes) -> None:
        """Replace all documents of these files. Durable when it returns."""
        if self._live is None:
            index = tantivy.Index.open(str(self._folder / (self._folder / "live").read_text().strip()))
            self._live = (index, index.writer(_HEAP, 1))
        _write(self._live[1], files)

    def rebuild(self, files: Iterator[tuple[str, Sequence[Document]]]) -> int:
        """Build an index beside the live one and swap; searches go on meanwhile. How many files."""
        name = f"v{_SCHEMA_VERSION}-{os.urandom(4).hex()}"
        target = self._folder / name
        target.mkdir(mode=0o700, parents=True)
        writer = tantivy.Index(_schema(), str(target)).writer(_HEAP, 1)
        count = 0
        for _, documents in files:
            count += 1
            for document in documents:  # written out as memory fills; one commit at the end waits for it but once
                writer.add_document(_document(document))
        writer.commit()
        writer.wait_merging_threads()
        pointer = self._folder / "live.new"
        pointer.write_text(name)
        pointer.replace(self._folder / "live")
        self._live = None
        for old in self._folder.glob("v*-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)
        return count

    def expunge(self) -> bool:
        """Never: tantivy merges segments when it likes, and its Python binding cannot ask it to."""
        return False


def _write(writer: Any, files: Changes) -> None:
    for file_no, documents in files:
        writer.delete_documents_by_term("file_no", file_no)
        for document in documents:
            writer.add_document(_document(document))
    writer.commit()


def _document(document: Document) -> Any:
    made = tantivy.Document()
    made.add_text("id", document.id)
    made.add_text("kind", document.kind.value)
    for name, key in document.sort_keys().items():
        made.add_text(f"by_{name}", key)
    made.add_integer("version", document.version)
    for name, values in document.keywords.items():
        for value in values:
            made.add_text(name, value)
    for name, day in document.days.items():
        made.add_integer(name, day)
    for name, text in document.indexed().items():
        made.add_text(name, text)
    for name, starts in document.prefixes.items():
        for start in starts:
            made.add_text(name, start)
    return made
