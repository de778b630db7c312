"""The worker: leases a scan, reads it page by page, and makes all of it visible in one transaction."""

import io
import threading
import time
from datetime import timedelta

from PIL import Image
from pymongo.errors import PyMongoError

from scanner_ingest import decode, memory, pages, returned
from scanner_ingest.layers import Layer
from scanner_ingest.reading import Engine, Reading
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.errors import NotFound, Unavailable
from service.logs import logger
from service.person import SYSTEM
from service.scans.arranging import QUEUE
from service.scans.rules import Page, Scan, State, Word
from service.store.blobs import Blobs, Damaged
from service.store.connection import Transaction
from service.store.heartbeats import here
from service.store.jobs import Lease, LeaseLost

log = logger("ingest")

ATTEMPTS = 3
MOST_MEMORY = 800 * 2**20
"""Bytes that may stay in use between two jobs; a fresh process has a quarter of it."""
MOST_IDLE = 120.0
"""Seconds without a job after which a worker that has read begins anew: it gives back the model, 170 MB of it."""
_BEAT_SECONDS = 15.0


class Worker:
    """One worker; any number may run, each leases its own jobs."""

    def __init__(
        self, archive: Archive, engine: Engine, most_memory: int = MOST_MEMORY, most_idle: float = MOST_IDLE
    ) -> None:  # fmt: skip
        self._archive, self._engine, self._most_memory, self._most_idle = archive, engine, most_memory, most_idle
        self._originals, self._previews = Blobs(archive.store, "scans"), Blobs(archive.store, "previews")
        self._returned = returned.Returned(archive)
        self._name = here("ingest")

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`, or until a fresh process is due: its memory has grown, or it has read and waits now.

        Waits for the store.
        """
        read_at: float | None = None
        while not stop.is_set():
            try:
                self._archive.heartbeats.beat(self._name)
                if self.once():
                    read_at, due = time.monotonic(), self._grown()
                else:
                    stop.wait(0.5)
                    due = read_at is not None and time.monotonic() - read_at > self._most_idle
                if due:
                    log.info("ingest.recycled")
                    return
            except (PyMongoError, Unavailable) as error:
                log.warning("ingest.waits", reason=type(error).__name__)
                stop.wait(2.0)

    def once(self) -> bool:
        """Do one job, if there is one: a scan to be read, or else returned pages to be compared."""
        lease, work = self._archive.jobs.lease(QUEUE), self._work
        if lease is None:
            lease, work = self._archive.jobs.lease(returned.QUEUE), self._returned.work
        if lease is None:
            return False
        done = threading.Event()
        beating = threading.Thread(target=self._beat, args=(lease, done), daemon=True)
        beating.start()
        try:
            work(lease)
        except LeaseLost:
            log.warning("ingest.lease_lost", job=lease.id)
        finally:
            done.set()
        return True

    def _grown(self) -> bool:
        memory.give_back()
        return memory.resident() > self._most_memory

    def _beat(self, lease: Lease, done: threading.Event) -> None:
        while not done.wait(_BEAT_SECONDS):
            try:
                self._archive.jobs.renew(lease)
            except (LeaseLost, PyMongoError):
                return

    def _work(self, lease: Lease) -> None:
        try:
            scan = self._archive.kept_scans.get(lease.subject)
        except NotFound:  # its file was destroyed meanwhile
            self._archive.store.transact(lambda tx: self._archive.jobs.finish(tx, lease))
            return
        if lease.attempt > ATTEMPTS:  # it took its worker with it each time: memory, or a fault in native code
            log.error("ingest.given_up", scan=scan.id, attempt=lease.attempt)
            self._fail(lease, scan, "识别程序几次中断，已停止重试：请检查原件，或稍后重试")
            return
        try:
            self._begin(lease, scan)
            read = self._read(scan)
        except (pages.Unreadable, Damaged) as error:
            self._fail(lease, scan, str(error) if isinstance(error, pages.Unreadable) else "存储的原件已损坏")
            return
        except (PyMongoError, LeaseLost):
            raise
        except Exception as error:
            log.error("ingest.fault", scan=scan.id, kind=type(error).__name__, attempt=lease.attempt)
            if lease.attempt >= ATTEMPTS:
                self._fail(lease, scan, "识别程序出错：请稍后重试")
            else:
                self._archive.jobs.retry(lease, timedelta(seconds=5 * 4 ** (lease.attempt - 1)))
            return
        self._keep(lease, scan, read)

    def _read(self, scan: Scan) -> list[Page]:
        cipher = self._archive.keys.cipher(scan.file_no)
        data = self._originals.bytes(cipher, scan.blob)
        read: list[Page] = []
        turns = {leaf.page: leaf.turn for leaf in scan.leaves}
        done = {page.number: page for page in self._archive.kept_scans.pages(scan)}
        for number, (image, layer) in enumerate(decode.images(data, scan.media_type), 1):
            self._archive.heartbeats.beat(self._name)
            if number in done and turns.get(number) in (None, done[number].turn):
                continue  # read before, and it still stands as it did
            reading = self._recognised(image, layer, turns.get(number))
            upright = image.rotate(reading.turn, expand=True) if reading.turn else image
            shown, width, height = pages.preview(upright)
            kept = self._previews.put(cipher, scan.file_no, io.BytesIO(shown))
            small = self._previews.put(cipher, scan.file_no, io.BytesIO(pages.thumbnail(upright)))
            read.append(Page(scan.id, number, width, height, reading.text, reading.words, kept, small, reading.turn))
        return read

    def _recognised(self, image: Image.Image, layer: Layer | None, turn: int | None) -> Reading:
        """A good text layer is what was printed; it needs no recognition."""
        if layer is not None and turn in (None, 0):
            return Reading(0, layer.text, tuple(Word(at, text, box, 1.0) for at, text, box in layer.words))
        return self._engine.read(image, turn)

    def _keep(self, lease: Lease, scan: Scan, read: list[Page]) -> None:
        numbers = {page.number for page in read}
        before = [page for page in self._archive.kept_scans.pages(scan) if page.number in numbers]

        def work(tx: Transaction) -> None:
            self._archive.jobs.finish(tx, lease)
            for page in read:
                self._archive.kept_scans.put_page(tx, scan.file_no, page)
                self._previews.settle(tx, page.image.id)
                self._previews.settle(tx, page.thumbnail.id)
            self._archive.kept_scans.set_state(tx, scan.id, State.SEARCHABLE)
            self._note(tx, scan, "scan.read")

        self._archive.store.transact(work, queue=(file_chain(scan.file_no),))
        for blob in (blob for page in before for blob in (page.image, page.thumbnail)):
            if not self._archive.kept_scans.uses(blob.id):
                self._previews.delete(blob.id)

    def _begin(self, lease: Lease, scan: Scan) -> None:
        """A state on the way is no change of the file's content, so it has no event of its own."""

        def work(tx: Transaction) -> None:
            self._archive.jobs.hold(tx, lease)
            self._archive.kept_scans.set_state(tx, scan.id, State.READING)

        self._archive.store.transact(work)

    def _fail(self, lease: Lease, scan: Scan, reason: str) -> None:
        def work(tx: Transaction) -> None:
            self._archive.jobs.bury(tx, lease, reason)
            self._archive.kept_scans.set_state(tx, scan.id, State.FAILED, reason)
            self._note(tx, scan, "scan.failed")

        self._archive.store.transact(work, queue=(file_chain(scan.file_no),))

    def _note(self, tx: Transaction, scan: Scan, action: str) -> None:
        ids = {"file": scan.file_no, "record": scan.record_id, "scan": scan.id}
        self._archive.audit.append(tx, SYSTEM, action, subject=file_chain(scan.file_no), ids=ids)
