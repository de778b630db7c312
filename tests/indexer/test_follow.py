"""From a saved record to a hit: the follower, its restarts, and what people may find."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

import pytest
import tantivy

from indexer.follow import Follower
from service.bootstrap import Archive
from service.files.rules import File
from service.fulltext import engines
from service.person import SYSTEM
from service.records.rules import Event
from service.search.operations import STALE, Answer
from service.search.rules import Criteria
from service.store.connection import Transaction
from tests.cast import CAST, holding

HR, CLERK = CAST["hr"], CAST["clerk"]
ID_NUMBER = "990101199003071237"
GIVEN = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}


@pytest.fixture
def file(archive: Archive) -> File:
    return archive.opening.open(HR, GIVEN)


class Following:
    """A follower in a thread that can be stopped and started again."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.start()

    def start(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=Follower(self._archive).run, args=(self._stop,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()


@pytest.fixture
def following(archive: Archive) -> Iterator[Following]:
    made = Following(archive)
    yield made
    made.stop()


def until(ask: Callable[[], Answer], total: int) -> Answer:
    """The answer, as soon as it has `total` hits; within five seconds."""
    limit = time.monotonic() + 5
    while (answer := ask()).total != total:
        assert time.monotonic() < limit, answer.total
        time.sleep(0.02)
    return answer


def search(archive: Archive, who: str, words: str, kind: str = "records", **rest: object) -> Answer:
    return archive.search.search(CAST[who], Criteria(kind, words, **rest))


def test_what_is_saved_is_found(archive: Archive, file: File, following: Following) -> None:
    """A record is found by a word of it, with the word marked, by whoever may read it."""
    archive.records.add(HR, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "投诉处理技巧"})
    answer = until(lambda: search(archive, "hr", "投诉處理"), 1)
    hit = answer.hits[0]
    assert (hit.file.name, hit.record.subcategory, answer.degraded) == ("欧阳小满", "internal", False)
    assert [(one.field, one.marks) for one in hit.evidence] == [("课程名称", [[0, 4]])]
    assert until(lambda: search(archive, "hr", "欧阳 技巧", "files"), 1).hits[0].file.file_no == file.file_no
    assert until(lambda: search(archive, "hr", "oyxm", "files"), 1)


def test_nobody_finds_more_than_they_may_read(archive: Archive, file: File, following: Following) -> None:
    """Drafts, submitted records, opinions and masked values are found only by those who may read them."""
    add = archive.records.add
    add(HR, file.file_no, "basic", "identity", {"name": "欧阳小满", "id_number": ID_NUMBER})
    add(CLERK, file.file_no, "other", "matter", {"what": "草稿事项", "date": "2025-01-01"}, draft=True)
    add(CLERK, file.file_no, "other", "matter", {"what": "待审事项", "date": "2025-01-01"})
    add(HR, file.file_no, "appraisal", "opinion", {"source": "colleague", "date": "2025-01-01", "opinion": "认真负责"})
    until(lambda: search(archive, "hr", "认真负责"), 1)

    def finders(words: str, kind: str = "records") -> set[str]:
        searchers = ("agent", "clerk", "head", "head2", "hr", "archivist", "archives")
        return {who for who in searchers if search(archive, who, words, kind).total}

    assert finders("草稿事项") == {"clerk"}
    assert finders("待审事项") == {"clerk", "hr", "archivist", "archives"}
    assert finders("认真负责") == {"hr", "archivist", "archives"}
    assert finders(ID_NUMBER) == {"hr", "archivist", "archives"}
    assert finders(ID_NUMBER, "files") == {"hr", "archivist", "archives"}
    assert finders("欧阳小满", "files") == {"agent", "clerk", "head", "hr", "archivist", "archives"}


def test_a_renamed_department_is_found_by_its_new_name(archive: Archive, file: File, following: Following) -> None:
    """Its files are found by the new name and no longer by the old one, also where it was renamed while nobody
    followed."""
    archive.accounts.put_department(SYSTEM, "north", "北疆服务部")
    until(lambda: search(archive, "hr", "北疆服务部", "files"), 1)
    assert search(archive, "hr", "北方客服部", "files").total == 0
    following.stop()
    archive.accounts.put_department(SYSTEM, "north", "极北服务部")
    following.start()
    until(lambda: search(archive, "hr", "极北服务部", "files"), 1)


def test_a_follower_goes_on_where_it_stopped(archive: Archive, file: File, following: Following) -> None:
    """What changed while the indexer was down is found after its restart, without a rebuild."""
    until(lambda: search(archive, "hr", "", "files"), 1)
    following.stop()
    live = (archive.settings.index_folder / "live").read_text()
    archive.opening.open(HR, {**GIVEN, "name": "后来的人"})
    following.start()
    until(lambda: search(archive, "hr", "后来的人", "files"), 1)
    assert (archive.settings.index_folder / "live").read_text() == live


def test_a_lost_token_means_a_rebuild(archive: Archive, file: File, following: Following) -> None:
    """With the resume token gone the index is built anew and holds everything."""
    until(lambda: search(archive, "hr", "", "files"), 1)
    following.stop()
    archive.store.db["index_state"].delete_one({"_id": "token"})
    archive.opening.open(HR, {**GIVEN, "name": "后来的人"})
    following.start()
    until(lambda: search(archive, "hr", "", "files"), 2)


def test_reconcile_mends_what_differs(archive: Archive, file: File, following: Following) -> None:
    """A file that the index missed is found by comparing versions, and only it is written."""
    until(lambda: search(archive, "hr", "", "files"), 1)
    following.stop()
    archive.opening.open(HR, {**GIVEN, "name": "漏掉的人"})
    follower = Follower(archive)
    assert follower.reconcile() == 1
    assert follower.reconcile() == 0
    assert search(archive, "hr", "漏掉的人", "files").total == 1


def test_an_index_that_is_lost_is_built_anew(archive: Archive, file: File, following: Following) -> None:
    """The index is a cache: when its folder is gone, lists still come, and the follower makes it again by itself."""
    until(lambda: search(archive, "hr", "", "files"), 1)
    shutil.rmtree(archive.settings.index_folder)
    assert search(archive, "hr", "", "files").degraded
    archive.opening.open(HR, {**GIVEN, "name": "后来的人"})
    until(lambda: search(archive, "hr", "", "files"), 2)


def test_a_running_indexer_rebuilds_when_it_is_asked(archive: Archive, file: File, following: Following) -> None:
    """The command lets the indexer that runs do it, which goes on with the new index; without one it is told so."""
    until(lambda: search(archive, "hr", "", "files"), 1)
    live = (archive.settings.index_folder / "live").read_text()
    assert Follower(archive).ask("rebuild")
    assert (archive.settings.index_folder / "live").read_text() != live
    archive.opening.open(HR, {**GIVEN, "name": "后来的人"})
    until(lambda: search(archive, "hr", "后来的人", "files"), 1)
    following.stop()
    almost = archive.clock.now() - STALE + timedelta(seconds=1)
    archive.store.db["heartbeats"].update_one({"_id": "indexer"}, {"$set": {"at": almost}})
    assert not Follower(archive).ask("rebuild"), "it beat a moment ago, and is gone"
    assert archive.store.collection("index_state").find_one({"_id": "wanted"}) is None


def test_the_index_of_another_archive_is_not_taken_for_ones_own(
    archive: Archive, file: File, following: Following
) -> None:
    """Where another archive built its index in the same place meanwhile, ours is built anew."""
    until(lambda: search(archive, "hr", "", "files"), 1)
    following.stop()
    folder = archive.settings.index_folder
    engines.writer(archive.settings).rebuild(iter(()))
    assert search(archive, "hr", "", "files").total == 0
    following.start()
    until(lambda: search(archive, "hr", "", "files"), 1)
    following.stop()
    live = (folder / "live").read_text()
    Follower(archive).build()
    assert (built := (folder / "live").read_text()) != live
    following.start()
    archive.opening.open(HR, {**GIVEN, "name": "后来的人"})
    until(lambda: search(archive, "hr", "后来的人", "files"), 1)
    assert (folder / "live").read_text() == built, "the command's own index is gone on from"


def test_a_change_of_state_is_followed(archive: Archive, file: File, following: Following) -> None:
    """Who holds a pass finds a clerk's record once it is filed, and not before."""
    matter = {"what": "年度之星", "date": "2025-01-01"}
    record = archive.records.add(CLERK, file.file_no, "other", "matter", matter)
    until(lambda: search(archive, "hr", "年度之星"), 1)
    found = partial(archive.search.search, holding(archive, "head", file.file_no), Criteria("records", "年度之星"))
    assert found().total == 0
    archive.records.move(CAST["archivist"], record.id, 1, Event.FILE)
    until(found, 1)


def test_without_an_index_lists_still_come(archive: Archive, file: File) -> None:
    """Degraded is said: no total and no facets, but the files that one may know of."""
    answer = search(archive, "hr", "欧阳", "files")
    assert (answer.degraded, answer.total, answer.facets) == (True, None, {})
    assert [hit.file.file_no for hit in answer.hits] == [file.file_no]


def test_filters_facets_and_dates(archive: Archive, following: Following) -> None:
    """Department, hire dates and facets narrow a search together."""
    for n, department in enumerate(("north", "north", "south")):
        archive.opening.open(
            HR, {**GIVEN, "name": f"客服员{n}", "department": department, "hire_date": f"202{n}-03-01"}
        )
    answer = until(lambda: search(archive, "hr", "", "files"), 3)
    assert dict(answer.facets["department"]) == {"north": 2, "south": 1}
    assert search(archive, "hr", "", "files", filters={"department": "north"}).total == 2
    assert search(archive, "hr", "", "files", hired_from=date(2021, 1, 1), hired_to=date(2021, 12, 31)).total == 1
    assert search(archive, "hr", "", "files", name="客服员2").total == 1


def left(archive: Archive, token: str) -> int | None:
    """How many documents have the token in any segment on the disk, the removed ones included; None amid a swap."""
    try:
        indexes = [tantivy.Index.open(str(folder)) for folder in archive.settings.index_folder.glob("v*")]
    except ValueError:  # one that is just being made or taken away
        return None
    return sum(index.searcher().doc_freq("text", token) for index in indexes)


def test_no_token_of_a_destroyed_file_stays(archive: Archive, file: File, following: Following) -> None:
    """When a file's key and head are gone, no segment of the index holds one of its words any more (T4)."""
    archive.opening.open(HR, {**GIVEN, "name": "留存者"})
    archive.records.add(HR, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "Zebrafinch"})
    until(lambda: search(archive, "hr", "zebrafinch"), 1)
    assert left(archive, "zebrafinch") == 2  # the record, and its file

    def destroy(tx: Transaction) -> None:
        archive.keys.destroy(tx, file.file_no)
        archive.store.collection("files").delete_one({"_id": file.file_no}, session=tx.session)
        archive.audit.append(tx, HR, "file.destroyed", subject=f"file:{file.file_no}", ids={"file": file.file_no})

    archive.store.transact(destroy)
    until(lambda: search(archive, "hr", "zebrafinch"), 0)
    limit = time.monotonic() + 5
    while left(archive, "zebrafinch") != 0:
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert search(archive, "hr", "留存", "files").total == 1
