"""Elasticsearch 9 behind the search port: three indices behind aliases, one for each kind."""

import secrets
from collections.abc import Iterator, Sequence
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

_SCHEMA = "6"
_SHOWN = ("id", "file_no", "record_id", "scan_id", "page_no", "version")
"""What a hit tells; texts are searched and never stored."""
_LATER = (404, 409)
"""Answers to single writes that are no fault: gone already, or a later version stands there."""


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
        request_timeout=10,
        max_retries=1,
        retry_on_timeout=True,
    )


@contextmanager
def _engine() -> Iterator[None]:
    try:
        yield
    except (TransportError, ApiError, BulkIndexError) as error:
        raise EngineDown(type(error).__name__) from error


class Reader:
    """Searching, through the aliases."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self._client, self._prefix = client, prefix

    def search(self, query: Query) -> Result:
        """Raises EngineDown where Elasticsearch cannot answer, or has no index yet."""
        with _engine():
            answer = self._client.search(index=_alias(self._prefix, query.kind), body=body(query))
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
        for found in _walk(self._client, alias, {"match_all": {}}):
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
                found = client.search(body=asked)["hits"]["hits"]
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
        self._client, self._prefix = client, prefix

    def ready(self) -> bool:
        """Whether the aliases lead to indices of today's schema."""
        with _engine():
            return all(self._behind(kind) for kind in Kind)

    def _behind(self, kind: Kind) -> list[str]:
        alias = _alias(self._prefix, kind)
        if not self._client.indices.exists_alias(name=alias):
            return []
        return list(self._client.indices.get_alias(name=alias))

    def put(self, files: Changes) -> None:
        """Replace all documents of these files, by external version: what is older never overwrites what is newer."""
        actions: list[dict[str, Any]] = []
        for file_no, documents in files:
            actions += [_write(_alias(self._prefix, one.kind), one) for one in documents]
            actions += self._gone(file_no, documents)
        with _engine():
            self._bulk(actions)
            self._client.indices.refresh(index=[_alias(self._prefix, kind) for kind in Kind])

    def _gone(self, file_no: str, documents: Sequence[Document]) -> Iterator[dict[str, Any]]:
        """Removals of what the file had and has no more."""
        kept = {(one.kind, one.id) for one in documents}
        for kind in Kind:
            alias = _alias(self._prefix, kind)
            for found in _walk(self._client, alias, {"term": {"file_no": file_no}}):
                if (kind, found["_id"]) not in kept:
                    version = max([int(found["_source"]["version"]) + 1, *(one.version for one in documents[:1])])
                    yield {
                        "_op_type": "delete", "_index": alias, "_id": found["_id"], "version": version,
                        "version_type": "external_gte",
                    }  # fmt: skip

    def _bulk(self, actions: Sequence[dict[str, Any]] | Iterator[dict[str, Any]]) -> None:
        for well, answer in streaming_bulk(self._client, actions, chunk_size=1000, raise_on_error=False):
            status = next(iter(answer.values())).get("status", 500)
            if not well and status not in _LATER:
                raise EngineDown(f"a write was answered with {status}")

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
            loading = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
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
        """Merge each index into one segment, so that no token of a removed document stays (T4)."""
        with _engine():
            aliases = [_alias(self._prefix, kind) for kind in Kind]
            self._client.options(request_timeout=600).indices.forcemerge(index=aliases, max_num_segments=1)
        return True


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
