"""What Elasticsearch is asked, from our query: the same semantics as the embedded engine's. Pure."""

from collections.abc import Sequence
from typing import Any

from service.fulltext import pinyin
from service.fulltext.port import MOST_VALUES, PREFIXES, Query, Scope
from service.fulltext.text import Term

Clause = dict[str, Any]
_EXPANSIONS = 1000
"""Words that a typing error may stand for; the embedded engine has no such limit."""


def body(query: Query) -> Clause:
    """The whole request; one hit more than asked for tells whether there is a next page."""
    sorted_by, more = _sort(query)
    made: Clause = {
        "query": {
            "bool": {
                "must": [_term(term, query.scope.texts) for term in query.terms]
                + [_term(term, ("name",)) for term in query.name],
                "filter": _filters(query),
            }
        },
        "sort": sorted_by,
        "size": query.size + more,
        "track_total_hits": True,
        "_source": ["id", "file_no", "record_id", "scan_id", "page_no"],
    }
    if query.after:
        made["search_after"] = [query.after]
    else:
        made["from"] = query.offset
    if query.facets:
        made["aggs"] = {name: {"terms": {"field": name, "size": MOST_VALUES}} for name in query.facets}
    return made


def _sort(query: Query) -> tuple[list[Clause], int]:
    if query.sort == "relevance":
        return [{"_score": "desc"}, {"by_file_no": "asc"}], 0
    order = "desc" if query.sort.startswith("-") else "asc"
    return [{f"by_{query.sort.removeprefix('-')}": order}], 1


def _filters(query: Query) -> list[Clause]:
    made = [_scope(query.scope)]
    made += [{"terms": {name: list(values)}} for name, values in query.filters.items()]
    for name, (low, high) in query.ranges.items():
        ends = {"gte": low, "lte": high}
        made.append({"range": {name: {end: day for end, day in ends.items() if day is not None}}})
    return made


def _scope(scope: Scope) -> Clause:
    if not scope.drafts_of:
        return _reach(scope)
    others = {"bool": {"filter": {"term": {"state": "draft"}}, "must_not": {"term": {"author": scope.drafts_of}}}}
    return {"bool": {"filter": _reach(scope), "must_not": others}}


def _reach(scope: Scope) -> Clause:
    if any(not clause for clause in scope.clauses):
        return {"match_all": {}}
    if not scope.clauses:
        return {"match_none": {}}
    clauses = [
        {"bool": {"filter": [{"terms": {name: list(values)}} for name, values in clause.items()]}}
        for clause in scope.clauses
    ]
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _term(term: Term, texts: Sequence[str]) -> Clause:
    ways: list[Clause] = []
    for field in texts:
        if len(term.tokens) > 1:
            ways.append({"match_phrase": {f"{field}_pairs": {"query": " ".join(term.pairs)}}})
            continue
        ways.append({"term": {field: {"value": term.tokens[0]}}})
        if term.edits:
            fuzzy = {
                "value": term.tokens[0], "fuzziness": term.edits, "prefix_length": 0, "transpositions": True,
                "max_expansions": _EXPANSIONS, "boost": 0.3,
            }  # fmt: skip
            ways.append({"fuzzy": {field: fuzzy}})
    if len(term.joined) <= pinyin.LONGEST and not term.exact:
        for field in PREFIXES if "own" in texts else PREFIXES[:1] if "name" in texts else ():
            ways.append({"term": {field: {"value": term.joined, "boost": 4.0}}})
    return {"bool": {"should": ways, "minimum_should_match": 1}}
