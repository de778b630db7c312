"""The rule that keeps the store fast: no filter matches a number of documents that grows with the archive."""

import io
from collections.abc import Mapping
from datetime import timedelta

import pytest
from bson import json_util
from flask.testing import FlaskClient

from indexer.follow import Follower
from scanner_ingest.worker import Worker
from service.bootstrap import Archive
from service.timer import due_jobs
from tests.cast import CAST
from tests.house.test_routes import BODY, FORM, RULES, address, log_in, walk
from tests.recording import RECORDER
from tests.scans.conftest import Plate, plate

MOST = 200
BUSY = timedelta(minutes=1)
SINCE = ("archivist", "archives", "leadership", "agent")
"""They look at everything that is theirs, and do what nobody before them could."""


@pytest.mark.slow
def test_no_filter_matches_more_than_two_hundred(
    archive: Archive, client: FlaskClient, scan: tuple[str, str], ids: Mapping[str, str], large: None
) -> None:
    """Whatever the pages, the API, the worker, the timer and the indexer ask on a large archive stays bounded."""
    Follower(archive).rebuild()
    with RECORDER.recording() as asked:
        taken: set[tuple[str, str]] = set()
        for name in ("hr", "clerk", "head", "admin", "auditor", *SINCE):
            token = log_in(client, name)
            for endpoint, method, rule in walk(client):
                if name not in RULES[endpoint] or endpoint in ("access.log_out", "session_api.end"):
                    continue
                if name in SINCE and method != "GET" and (endpoint, method) in taken:
                    continue
                taken.add((endpoint, method))
                body = BODY if rule.startswith("/api/") and method != "GET" else None
                client.open(
                    address(rule, ids), method=method, json=body,
                    data=None if body or method == "GET" else FORM,
                    headers={"Authorization": f"Bearer {token}"},
                )  # fmt: skip
        archive.files.list(CAST["head2"])
        archive.scans.upload(CAST["hr"], scan[0], io.BytesIO(plate("new")), "a.png")
        Worker(archive, Plate()).once()
        for _, _, work in due_jobs(archive):
            work()
        Follower(archive).reconcile()
    assert len(asked) > 100
    wide = {}
    for collection, query in asked:
        if collection == "audit" and query.get("at") and query["at"]["$lt"] - query["at"]["$gte"] < BUSY:
            continue  # what happens in a minute grows with how busy it is, not with the archive
        matched = archive.store.db[collection].count_documents(query)
        if matched > MOST:
            wide[collection, json_util.dumps(query)[:200]] = matched
    assert not wide, "\n".join(f"{one}: {count}" for one, count in wide.items())
