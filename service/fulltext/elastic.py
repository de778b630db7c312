"""Elasticsearch 9 behind the search port: three indices behind aliases, one for each kind."""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from elasticsearch.helpers import BulkIndexError, streaming_bulk

from service.config import Settings
from service.fulltext.elastic_query import body
from service.fulltext.port import (
    DAYS,
    KEYWORDS,
    LAST_HIT,
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
)  # fmt: skip
from service.logs import logger

log = logger("fulltext")

_SCHEMA = "7"
_SHOWN = ("id", "file_no", "record_id", "scan_id", "page_no", "version")
"""What a hit tells; texts are searched and not told."""
_ANSWERS_IN, _TAKES = 3.0, 60.0
"""Seconds that a search and a batch of writes are waited for. Whoever waits for a search waits for a page."""
_LEASE = 90.0
"""Seconds for which removals may be kept by a shard before an index is better built anew."""
_REST = 5.0
"""Seconds for which a node that did not answer is not asked again: every page would wait for it."""


def _alias(prefix: str, kind: Kind) -> str:
    """Leads to the live index. An index of another schema has another: asked for what it lacks, it finds nothing."""
    return f"{prefix}-{kind.value}-v{_SCHEMA}"


def connect(settings: Settings) -> Elasticsearch:
    """A client of the settings' nodes. Nothing is sent until it is used; one retry on another node."""
    secret = settings.elasticsearch_password.get_secret_value() if settings.elasticsearch_password else ""
    key = settings.elasticsearch_api_key.get_secret_value() if settings.elasticsearch_api_key else None
    authority: dict[str, Any] = {"ca_certs": str(settings.elasticsearch_ca)} if settings.elasticsearch_ca else {}
    return Elasticsearch(
        [node.strip() for node in (settings.elasticsearch_url or "").split(",")],
        basic_auth=(settings.elasticsearch_user, secret) if settings.elasticsearch_user else None,
        api_key=key,
        **authority,
        request_timeout=_ANSWERS_IN,
        max_retries=1,
        retry_on_timeout=True,
    )


@contextmanager
def _engine() -> Iterator[None]:
    try:
        yield
    except (TransportError, ApiError, BulkIndexError) as error:
        log.warning("engine.down", reason=type(error).__name__, status=getattr(error, "status_code", None))
        raise EngineDown(type(error).__name__) from error


class Reader:
    """Searching, through the aliases."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self._rests_until = 0.0

    def search(self, query: Query) -> Result:
        """Raises EngineDown where Elasticsearch cannot answer, or has no index yet."""
        if time.monotonic() < self._rests_until:
            raise EngineDown("it did not answer a moment ago")
        try:
            with _engine():
                answer = self._client.search(index=_alias(self._prefix, query.kind), body=body(query))
        except EngineDown as down:
            if isinstance(down.__cause__, TransportError):
                self._rests_until = time.monotonic() + _REST
            raise
        found = answer["hits"]["hits"]
        more = query.sort != "relevance" and len(found) > query.size
        hits = found[: query.size]
        facets = {
            name: tuple((str(one["key"]), int(one["doc_count"])) for one in answer["aggregations"][name]["buckets"])
            for name in query.facets
        }
        following = str(hits[-1]["sort"][0]) if more and hits else ""
        return Result(
            int(answer["hits"]["total"]["value"]), tuple(_hit(one["_source"]) for one in hits), facets, following
        )

    def versions(self) -> Iterator[tuple[str, int]]:
        """Each file's number and the version that it was projected from."""
        alias = _alias(self._prefix, Kind.FILES)
        for found in _walk(self._client.options(request_timeout=_TAKES), alias, {"match_all": {}}):
            yield found["_source"]["file_no"][0], int(found["_source"]["version"])


def _hit(source: dict[str, Any]) -> Hit:
    def first(name: str) -> str:
        return str((source.get(name) or [""])[0])

    return Hit(source["id"], first("file_no"), first("record_id"), first("scan_id"), int(first("page_no") or 0))


def _walk(client: Elasticsearch, index: str, query: dict[str, Any], size: int = 1000) -> Iterator[dict[str, Any]]:
    """All documents that match, as they stand at one point in time. Raises EngineDown."""
    with _engine():
        point = client.open_point_in_time(index=index, keep_alive="2m")["id"]
    try:
        after: list[Any] | None = None
        while True:
            asked: dict[str, Any] = {
                "query": query, "size": size, "sort": [{"by_file_no": "asc"}], "_source": ["file_no", "version"],
                "pit": {"id": point, "keep_alive": "2m"}, "track_total_hits": False,
            }  # fmt: skip
            if after:
                asked["search_after"] = after
            with _engine():
                answer = client.search(body=asked)
            point, found = answer["pit_id"], answer["hits"]["hits"]
            yield from found
            if len(found) < size:
                return
            after = found[-1]["sort"]
    finally:
        with _engine():
            client.close_point_in_time(id=point)


class Writer:
    """Writing; only the indexer has one."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client, self._prefix = client.options(request_timeout=_TAKES), prefix

    def live(self) -> str:
        """The names of the indices behind the aliases; empty where one of today's schema is missing."""
        with _engine():
            behind = [self._behind(kind) for kind in Kind]
        return " ".join(name for names in behind for name in names) if all(behind) else ""

    def _behind(self, kind: Kind) -> list[str]:
        alias = _alias(self._prefix, kind)
        if not self._client.indices.exists_alias(name=alias):
            return []
        return sorted(self._client.indices.get_alias(name=alias))

    def put(self, files: Changes) -> None:
        """Replace all documents of these files, by external version: what is older never overwrites what is newer."""
        written = (_write(_alias(self._prefix, one.kind), one) for _, documents in files for one in documents)
        with _engine():
            self._bulk([*written, *self._gone(dict(files))], require_alias=True)
            self._client.indices.refresh(index=[_alias(self._prefix, kind) for kind in Kind])

    def _gone(self, files: Mapping[str, Sequence[Document]]) -> Iterator[dict[str, Any]]:
        """Removals of what the files had and have no more."""
        kept = {(one.kind, one.id) for documents in files.values() for one in documents}
        for kind in Kind:
            alias = _alias(self._prefix, kind)
            for found in _walk(self._client, alias, {"terms": {"file_no": list(files)}}):
                if (kind, found["_id"]) not in kept:
                    of = files[found["_source"]["file_no"][0]]
                    version = max([int(found["_source"]["version"]) + 1, *(one.version for one in of[:1])])
                    yield {
                        "_op_type": "delete", "_index": alias, "_id": found["_id"], "version": version,
                        "version_type": "external_gte",
                    }  # fmt: skip

    def _bulk(self, actions: Iterable[dict[str, Any]], *, require_alias: bool = False) -> None:
        """A busy node's 429 is waited out, half a minute in all."""
        sending = streaming_bulk(
            self._client, actions, raise_on_error=False, require_alias=require_alias, chunk_size=1000,
            max_chunk_bytes=8_000_000, max_retries=5, initial_backoff=0.5, max_backoff=10,
        )  # fmt: skip
        for well, answer in sending:
            operation, said = next(iter(answer.items()))
            if not (well or _no_fault(operation, said)):
                raise EngineDown(f"a write was answered with {said.get('status')}")

    def rebuild(self, files: Iterator[tuple[str, Sequence[Document]]]) -> int:
        """Build indices beside the live ones and swap the aliases in one step. How many files."""
        mark, count = secrets.token_hex(4), 0
        names = {kind: f"{_alias(self._prefix, kind)}-{mark}" for kind in Kind}

        def actions() -> Iterator[dict[str, Any]]:
            nonlocal count
            for _, documents in files:
                count += 1
                for one in documents:
                    yield _write(names[one.kind], one)

        with _engine():
            loading = {
                "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1",
                "max_result_window": LAST_HIT + 1,
            }  # fmt: skip
            for name in names.values():
                self._client.indices.create(index=name, mappings=_mappings(), settings=loading)
            self._bulk(actions())
            swap: list[dict[str, Any]] = []
            for kind, name in names.items():
                alias = _alias(self._prefix, kind)
                serving = {"refresh_interval": "1s", "auto_expand_replicas": "0-1"}
                self._client.indices.put_settings(index=name, settings=serving)
                self._client.indices.refresh(index=name)
                swap += [{"remove": {"index": before, "alias": alias}} for before in self._behind(kind)]
                swap.append({"add": {"index": name, "alias": alias}})
            self._client.indices.update_aliases(actions=swap)
            old = self._besides(list(names.values()))
            if old:
                self._client.indices.delete(index=old)
        return count

    def _besides(self, live: Sequence[str]) -> list[str]:
        """Our other indices: those of before, and of rebuilds that were cut off, whose tokens must not stay (T4)."""
        ours = self._client.indices.get_alias(index=[f"{self._prefix}-{kind.value}-v*" for kind in Kind])
        return [name for name in ours if name not in live]

    def expunge(self) -> bool:
        """Merge each index into one segment; whether no removed document, and so no token of one, stays (T4).

        A shard keeps removals for copies of it that may be away, until it has heard from all: half a minute as a rule.
        """
        until = time.monotonic() + _LEASE
        while self._removed():
            if time.monotonic() > until:
                return False
            time.sleep(_REST)
        return True

    def _removed(self) -> int:
        """Removed documents that the indices still hold after a merge."""
        aliases = [_alias(self._prefix, kind) for kind in Kind]
        patient = self._client.options(request_timeout=600, max_retries=0)
        with _engine():
            patient.indices.flush(index=aliases)
            patient.indices.forcemerge(index=aliases, max_num_segments=1)
            patient.indices.refresh(index=aliases)
            return int(self._client.indices.stats(index=aliases, metric="docs")["_all"]["total"]["docs"]["deleted"])


def _no_fault(operation: str, said: Mapping[str, Any]) -> bool:
    """A write that is no more needed: a later version stands there, or what it removes is gone already."""
    return said.get("status") == 409 or (operation == "delete" and said.get("result") == "not_found")


def _write(index: str, document: Document) -> dict[str, Any]:
    source: dict[str, Any] = {
        "id": document.id, "version": document.version, **document.days, **document.indexed(),
        **{name: list(values) for name, values in (*document.keywords.items(), *document.prefixes.items())},
        **{f"by_{name}": key for name, key in document.sort_keys().items()},
    }  # fmt: skip
    return {
        "_op_type": "index", "_index": index, "_id": document.id, "version": document.version,
        "version_type": "external_gte", "_source": source,
    }  # fmt: skip


def _mappings() -> dict[str, Any]:
    keyword = {"type": "keyword"}
    plain = {"type": "keyword", "doc_values": False}
    text = {"type": "text", "analyzer": "whitespace"}
    words = {**text, "index_options": "freqs"}
    return {
        "dynamic": False,
        "_source": {"includes": list(_SHOWN)},
        "properties": {
            "id": keyword,
            "version": {"type": "long"},
            **dict.fromkeys((*KEYWORDS, *(f"by_{sort}" for sort in SORTS)), keyword),
            **{name: {"type": "integer"} for name in DAYS},
            **dict.fromkeys(SEARCHED, words),
            **dict.fromkeys((f"{name}_pairs" for name in SEARCHED), text),
            **dict.fromkeys(PREFIXES, plain),
        },
    }
