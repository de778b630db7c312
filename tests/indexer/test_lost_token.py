"""An indexer that was away for longer than the store keeps its changes: it notices, and nobody's search fails."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from service.bootstrap import Archive, build
from service.config import Settings
from service.fulltext.port import EngineDown, Kind, Query, Scope
from service.person import SYSTEM
from service.store.connection import connect
from service.store.embedded import EmbeddedStore, hold_folder
from tests.cast import DEPARTMENTS
from tests.indexer.test_follow import GIVEN, HR, Following, search, until

FILES = Query(Kind.FILES, Scope(({},), ("own",)))


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Archive]:
    """An archive on a store that keeps a hundred changes."""
    with hold_folder(tmp_path):
        embedded = EmbeddedStore(tmp_path, Settings().store_server, kept_changes=100)
        with closing(connect(embedded.start().uri)) as store:
            made = build(Settings(data=tmp_path), store)
            for code, name in DEPARTMENTS.items():
                made.accounts.put_department(SYSTEM, code, name)
            yield made
        embedded.stop()


def test_a_token_that_is_too_old_means_a_rebuild(forgetful: Archive, capfd: pytest.CaptureFixture[str]) -> None:
    """The index is built anew beside the live one, which answers every search until the swap."""
    forgetful.opening.open(HR, GIVEN)
    following = Following(forgetful)
    until(lambda: search(forgetful, "hr", "", "files"), 1)
    following.stop()
    live = (forgetful.settings.index_folder / "live").read_text()
    forgetful.opening.open(HR, {**GIVEN, "name": "后来的人"})
    forgetful.store.db["noise"].insert_many([{} for _ in range(3000)])
    answers: Counter[object] = Counter()
    stop = threading.Event()

    def searching() -> None:
        while not stop.is_set():
            try:
                answers[forgetful.reader.search(FILES).total] += 1
            except EngineDown as down:
                answers[down] += 1

    asking = threading.Thread(target=searching)
    asking.start()
    following.start()
    until(lambda: search(forgetful, "hr", "", "files"), 2)
    stop.set()
    asking.join()
    following.stop()
    assert set(answers) <= {1, 2}
    assert answers[1] > 0
    assert "indexer.token_lost" in capfd.readouterr().out
    assert (forgetful.settings.index_folder / "live").read_text() != live
