"""From paper to page: uploading, reading, looking, and what is refused."""

import hashlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from PIL import Image

from indexer.follow import Follower
from scanner_ingest import memory
from scanner_ingest.worker import Worker
from service.audit.trail import file_chain
from service.audit.verifier import verify
from service.bootstrap import Archive
from service.clock import Clock, SetClock, SystemClock
from service.errors import DanganError, Forbidden, NotFound
from service.files.rules import File
from service.records.rules import Record
from service.scans.rules import State
from service.search.rules import Criteria
from service.store.jobs import LeaseLost
from tests.cast import CAST, holding
from tests.scans.conftest import ID_NUMBER, Plate, plate

HR, CLERK = CAST["hr"], CAST["clerk"]


@pytest.fixture
def clock(request: pytest.FixtureRequest, clock: SystemClock) -> Clock:
    """The clock that the test sets, where it does."""
    return request.getfixturevalue("set_clock") if "set_clock" in request.fixturenames else clock


def upload(archive: Archive, record: Record, data: bytes, who: str = "hr"):
    return archive.scans.upload(CAST[who], record.id, io.BytesIO(data), "扫描.png")


def actions(archive: Archive, file: File) -> list[str]:
    return [event.action for event in archive.audit.trail.chain(file_chain(file.file_no))]


def test_an_upload_is_read_and_shown(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """What was uploaded is stored, read by the worker, and its page, text and original come back."""
    data = plate("劳动合同书")
    scan, new = upload(archive, record, data)
    assert (new, scan.state, scan.pages, scan.blob.sha256) == (True, State.STORED, 1, hashlib.sha256(data).hexdigest())
    work()
    assert archive.scans.state(HR, scan.id).state is State.SEARCHABLE
    assert archive.scans.text(HR, scan.id, 1).text == "劳动合同书"
    assert Image.open(io.BytesIO(archive.scans.image(HR, scan.id, 1))).size == (400, 300)
    assert max(Image.open(io.BytesIO(archive.scans.thumbnail(HR, scan.id, 1))).size) <= 200
    assert b"".join(archive.scans.original(HR, scan.id)[1]) == data


def test_the_same_bytes_are_kept_once(archive: Archive, record: Record) -> None:
    """Uploading equal bytes to a record again gives the scan that is there, also when eight come at once."""
    data = plate("一")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(archive, record, data), range(8)))
    assert len({scan.id for scan, _ in answers}) == 1
    assert [new for _, new in answers].count(True) == 1
    assert len(archive.scans.of_record(HR, record.id)) == 1


def test_every_look_is_an_event_before_the_first_byte(
    archive: Archive, file: File, record: Record, work: Callable[[], None]
) -> None:
    """Page image, text and original each leave their event; a thumbnail belongs to the look at the scan (V4)."""
    scan, _ = upload(archive, record, plate("一"))
    work()
    before = len(actions(archive, file))
    archive.scans.look(HR, scan.id)
    archive.scans.thumbnail(HR, scan.id, 1)
    archive.scans.image(HR, scan.id, 1)
    archive.scans.text(HR, scan.id, 1)
    archive.scans.original(HR, scan.id)
    assert actions(archive, file)[before:] == ["scan.look", "scan.page", "scan.text", "scan.original"]
    assert list(verify(archive.audit.trail)) == []


def test_a_masked_reader_sees_no_number(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """Through a masked pass the ID number is starred in the text and painted over on the image, and no original."""
    scan, _ = upload(archive, record, plate(f"号{ID_NUMBER}止"))
    work()
    head = holding(archive, "head", record.file_no)
    page = archive.scans.text(head, scan.id, 1)
    assert ID_NUMBER not in page.text + "".join(word.text for word in page.words)
    assert len(page.text) == len(f"号{ID_NUMBER}止")
    shown = Image.open(io.BytesIO(archive.scans.image(head, scan.id, 1))).convert("L")
    plain = Image.open(io.BytesIO(archive.scans.image(HR, scan.id, 1))).convert("L")
    assert shown.getpixel((200, 150)) < 80 < plain.getpixel((200, 150))
    with pytest.raises(Forbidden):
        archive.scans.original(head, scan.id)


def test_strangers_see_nothing(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """Whoever may not read the record does not learn that it has a scan."""
    scan, _ = upload(archive, record, plate("一"))
    work()
    for who in ("clerk", "head2", "admin", "auditor", "leadership", "stranger"):
        with pytest.raises(NotFound):
            archive.scans.image(CAST[who], scan.id, 1)
        with pytest.raises(NotFound):
            upload(archive, record, plate("二"), who)


def test_a_page_is_found_by_a_word_on_it(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """A word printed on the scan finds the page, with the boxes of its characters."""
    scan, _ = upload(archive, record, plate("甲方云溪科技"))
    work()
    Follower(archive).rebuild()
    answer = archive.search.search(HR, Criteria("pages", "雲溪"))
    assert [(hit.scan_id, hit.page_no, len(hit.boxes)) for hit in answer.hits] == [(scan.id, 1, 2)]
    assert archive.search.search(HR, Criteria("files", "林晓 云溪")).total == 1
    assert archive.search.search(CLERK, Criteria("pages", "云溪")).total == 0


def test_nothing_of_a_page_is_readable_at_rest(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """Neither the original nor the page's text nor its image stands in the store in clear."""
    data = plate("甲方云溪科技")
    upload(archive, record, data)
    work()
    everything = b"".join(
        str(document).encode() + b"".join(v for v in document.values() if isinstance(v, bytes))
        for name in archive.store.db.list_collection_names()
        for document in archive.store.db[name].find()
    )
    for secret in (
        "云溪科技".encode(),
        "扫描.png".encode(),
        data[:64],
        b"JFIF",
        hashlib.sha256(data).hexdigest().encode(),
    ):
        assert secret not in everything


def test_a_lost_lease_keeps_nothing(archive: Archive, record: Record) -> None:
    """A worker whose job was taken over meanwhile writes nothing; the other's result stands alone."""
    scan, _ = upload(archive, record, plate("一"))
    first = Worker(archive, Plate())
    lease = archive.jobs.lease("read")
    archive.store.db["jobs"].update_one({}, {"$set": {"token": "another"}})
    with pytest.raises(LeaseLost):
        first._work(lease)
    assert archive.store.db["pages"].count_documents({}) == 0
    assert archive.scans.state(HR, scan.id).state is not State.SEARCHABLE


def test_a_scan_that_kills_its_worker_is_given_up(set_clock: SetClock, archive: Archive, record: Record) -> None:
    """A lease that nobody ended runs out after a minute; after the third the scan fails with its reason, stands among
    the failed, and waits for nobody until it is asked for again."""
    scan, _ = upload(archive, record, plate("一"))
    for attempt in (1, 2, 3):
        lease = archive.jobs.lease("read")
        assert (lease.attempt, archive.jobs.lease("read")) == (attempt, None)
        set_clock.advance(timedelta(seconds=61))
    worker = Worker(archive, Plate())
    assert (worker.once(), worker.once()) == (True, False)
    failed = archive.scans.state(HR, scan.id)
    assert (failed.state, "几次中断" in failed.reason) == (State.FAILED, True)
    assert [one.scan.id for one in archive.arranging.failed(HR)] == [scan.id]
    archive.arranging.retry(HR, scan.id)
    worker.once()
    assert archive.scans.state(HR, scan.id).state is State.SEARCHABLE


def test_fifty_uploads_are_read_once_each_by_two_workers(archive: Archive, record: Record) -> None:
    """Two workers side by side read every scan exactly once."""
    scans = [upload(archive, record, plate(f"第{n}份"))[0] for n in range(50)]

    def drain(_: int) -> int:
        worker, done = Worker(archive, Plate()), 0
        while worker.once():
            done += 1
        return done

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(drain, range(2)))
    assert sum(done) == 50
    assert all(archive.scans.state(HR, scan.id).state is State.SEARCHABLE for scan in scans)
    assert archive.store.db["pages"].count_documents({}) == 50
    assert archive.store.db["jobs"].count_documents({}) == 0


def test_a_worker_that_has_grown_ends(archive: Archive, record: Record) -> None:
    """When more memory stays in use than a worker may keep, it ends after its job, and leaves the others waiting."""
    scans = [upload(archive, record, plate(text))[0] for text in ("一", "二")]
    Worker(archive, Plate(), most_memory=1).run(threading.Event())
    assert [archive.scans.state(HR, scan.id).state for scan in scans] == [State.SEARCHABLE, State.STORED]


def test_a_worker_that_has_read_and_waits_ends(archive: Archive, record: Record) -> None:
    """It reads all there is, waits for more, and then ends, so that the model is not kept for nothing."""
    scans = [upload(archive, record, plate(text))[0] for text in ("一", "二")]
    Worker(archive, Plate(), most_memory=2**40, most_idle=2).run(
        threading.Event()
    )  # a lease that was lost once is asked for again
    assert {archive.scans.state(HR, scan.id).state for scan in scans} == {State.SEARCHABLE}


def test_freed_memory_goes_back() -> None:
    """What reading a page has freed is the system's again, not kept for later."""
    before = memory.resident()
    kept = [bytearray(100_000) for _ in range(2000)]
    for block in kept:
        block[::4096] = b"1" * len(block[::4096])
    assert memory.resident() > before + 150 * 2**20
    del kept, block
    memory.give_back()
    assert memory.resident() < before + 50 * 2**20


def test_what_was_cut_off_is_swept(archive: Archive, record: Record) -> None:
    """A blob whose upload never became a scan is removed after an hour; those in use stay."""
    upload(archive, record, plate("一"))
    cipher = archive.keys.cipher(record.file_no)
    archive.scans._originals.put(cipher, record.file_no, io.BytesIO(b"never a scan"))
    archive.store.db["scans.intents"].update_many({}, {"$set": {"at": archive.clock.now().replace(year=2020)}})
    assert archive.scans.sweep() == 1
    assert archive.store.db["scans.files"].count_documents({}) == 1


def test_errors_do_not_name_the_file(archive: Archive, record: Record) -> None:
    """No message repeats what was uploaded under which name."""
    with pytest.raises(DanganError) as refused:
        archive.scans.upload(HR, record.id, io.BytesIO(b"MZ" * 300), "张三的身份证.png")
    assert "张三" not in str(refused.value)
