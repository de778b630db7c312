"""Both engines beside each other, and the whole way from a saved record to a hit on Elasticsearch."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.follow import Follower
from service.bootstrap import Archive, build
from service.clock import SystemClock
from service.fulltext import elastic, embedded
from service.fulltext.port import Kind, Query, Reader, Scope
from service.fulltext.text import parse
from service.person import SYSTEM
from service.search.operations import Answer
from service.search.rules import Criteria
from service.store.connection import Store, Transaction
from tests.cast import CAST, DEPARTMENTS
from tests.contract.conftest import settings_of
from tests.contract.server import Server
from tests.contract.test_engine import ALL, CORPUS, QUERIES

pytestmark = pytest.mark.contract
HR = CAST["hr"]
NORTH = Scope(({"department": ("north",)},), ("own", "text"))
NAMES_ALONE = Scope(({},), ("own",))
NO_DRAFTS = Scope(({},), ("own", "text"), drafts_of="hr")
FACETS = ("department",)


@pytest.fixture(scope="module")
def both(elasticsearch: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reader, Reader]]:
    folder = tmp_path_factory.mktemp("both")
    client = elastic.connect(settings_of(elasticsearch, folder, "dangan-both"))
    ours, theirs = embedded.Writer(folder), elastic.Writer(client, "dangan-both")
    for writer in (ours, theirs):
        writer.rebuild((file_no, CORPUS.documents(file_no)) for file_no in CORPUS.rows)
    yield embedded.Reader(folder), elastic.Reader(client, "dangan-both")
    client.close()


@pytest.mark.parametrize("text", sorted(set(QUERIES)))
def test_same_ids_totals_and_facets(both: tuple[Reader, Reader], text: str) -> None:
    """Whatever is asked, within everything, a department, names alone or without drafts, both engines give the same."""
    for scope in (ALL, NORTH, NAMES_ALONE, NO_DRAFTS):
        query = Query(Kind.FILES, scope, parse(text), size=400, facets=FACETS)
        tantivy, elasticsearch = (engine.search(query) for engine in both)
        assert {hit.id for hit in tantivy.hits} == {hit.id for hit in elasticsearch.hits}
        assert tantivy.total == elasticsearch.total
        assert dict(tantivy.facets["department"]) == dict(elasticsearch.facets["department"])


@pytest.mark.parametrize("sort", ["name", "-name", "file_no", "-file_no", "hire_date", "-hire_date", "date"])
def test_same_order_and_same_pages(both: tuple[Reader, Reader], sort: str) -> None:
    """Sorted lists are equal hit by hit, with ties, and go on after the same keys."""
    after = ["", ""]
    for _ in range(4):
        pages = [
            engine.search(Query(Kind.FILES, ALL, sort=sort, after=one, size=90))
            for engine, one in zip(both, after, strict=True)
        ]
        assert [hit.id for hit in pages[0].hits] == [hit.id for hit in pages[1].hits]
        assert pages[0].next == pages[1].next
        after = [page.next for page in pages]
    assert after == ["", ""]


class Following:
    """A follower in a thread, as the indexer's program runs it."""

    def __init__(self, archive: Archive) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=Follower(archive).run, args=(self._stop,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)


@pytest.fixture
def archive(elasticsearch: Server, store: Store, master: bytes, data_folder: Path, tmp_path: Path) -> Archive:
    """An archive over the embedded store that searches with Elasticsearch."""
    settings = settings_of(elasticsearch, tmp_path, f"dangan-{store.db.name[-8:]}")
    settings.master_key = data_folder / "keys" / "master.key"
    made = build(settings, store, SystemClock())
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    return made


def until(ask: Callable[[], Answer], right: Callable[[Answer], bool], seconds: float = 60) -> Answer:
    limit = time.monotonic() + seconds
    while not right(answer := ask()):
        assert time.monotonic() < limit, (answer.total, answer.degraded)
        time.sleep(0.1)
    return answer


def test_the_whole_way_on_elasticsearch(archive: Archive, elasticsearch: Server) -> None:
    """Saved is found; without the engine search is degraded and browsing works; afterwards the indexer catches up."""
    following = Following(archive)
    try:
        given = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
        file = archive.opening.open(HR, given)
        training = {"date": "2025-05-06", "course": "投诉处理技巧"}
        archive.records.add(HR, file.file_no, "training", "internal", training)
        ask = lambda: archive.search.search(HR, Criteria("records", "投诉處理"))  # noqa: E731
        hit = until(ask, lambda answer: answer.total == 1).hits[0]
        assert [(one.field, one.marks) for one in hit.evidence] == [("课程名称", [[0, 4]])]
        assert archive.search.suggest(HR, "oyx")[0].file_no == file.file_no

        elasticsearch.halt()
        down = ask()
        assert (down.degraded, down.total, [hit.file.file_no for hit in down.hits]) == (True, None, [file.file_no])
        archive.records.add(HR, file.file_no, "training", "internal", {**training, "course": "投诉处理进阶"})
        elasticsearch.start()
        until(ask, lambda answer: answer.total == 2, 90)

        def destroy(tx: Transaction) -> None:
            archive.keys.destroy(tx, file.file_no)
            archive.store.collection("files").delete_one({"_id": file.file_no}, session=tx.session)
            archive.audit.append(tx, HR, "file.destroyed", subject=f"file:{file.file_no}")

        archive.store.transact(destroy)
        until(ask, lambda answer: answer.total == 0)
        assert Follower(archive).reconcile() == 0
    finally:
        following.stop()
