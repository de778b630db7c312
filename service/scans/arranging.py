"""What keepers do with scans that lie in the archive: arranging pages, correcting text, moving to another record."""

import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action, Decision
from service.audit.trail import Audit, file_chain
from service.catalogue.model import Catalogue
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.repository import Files
from service.person import Person
from service.records.repository import Records
from service.scans import arrangement, correction
from service.scans.arrangement import Leaf
from service.scans.repository import Scans
from service.scans.rules import Failed, Page, Scan, Sheet, State
from service.store.blobs import Blobs
from service.store.connection import Store, Transaction
from service.store.jobs import Jobs
from service.store.keys import Keyring

QUEUE = "read"


class Arranging:
    """Every method asks the gate first, and leaves its event in the same transaction."""

    def __init__(
        self, store: Store, scans: Scans, records: Records, files: Files, keys: Keyring, jobs: Jobs, audit: Audit,
        gate: Gate, clock: Clock, catalogue: Catalogue,
    ) -> None:  # fmt: skip
        self._store, self._scans, self._records, self._files = store, scans, records, files
        self._keys, self._jobs, self._audit, self._gate, self._clock = keys, jobs, audit, gate, clock
        self._catalogue = catalogue
        self._originals, self._previews = Blobs(store, "scans"), Blobs(store, "previews")

    def begin(self, person: Person, scan_id: str) -> tuple[Scan, Mapping[int, Sheet]]:
        """A scan with how its pages lie, to those alone who may arrange them; one look, for its thumbnails."""
        scan = self._scans.get(scan_id)
        decision, _ = self._require(person, Action.ARRANGE_SCAN, scan.record_id)
        ids = {"file": scan.file_no, "record": scan.record_id, "scan": scan.id, **decision.reasons(person)}
        self._audit.record(person, "scan.look", subject=file_chain(scan.file_no), ids=ids)
        return scan, self._scans.sheets(scan)

    def arrange(self, person: Person, scan_id: str, version: int, pages: Any) -> Scan:
        """Set order, turns and withdrawals of all pages at once. Raises Invalid, or Conflict after a lost race."""
        scan = self._open(person, scan_id)
        return self._keep(person, scan, version, arrangement.read(pages, scan.pages))

    def step(self, person: Person, scan_id: str, version: int, page: int, change: str) -> Scan:
        """One step of arranging, as the viewer's buttons do it. Raises Invalid or Conflict."""
        scan = self._open(person, scan_id)
        turns = {page: self._scans.page(scan, page).turn} if change in ("left", "right") else {}
        return self._keep(person, scan, version, arrangement.changed(scan.leaves, page, change, turns))

    def _keep(self, person: Person, scan: Scan, version: int, leaves: tuple[Leaf, ...]) -> Scan:
        turned = {leaf.page: leaf.turn for leaf in leaves} != {leaf.page: leaf.turn for leaf in scan.leaves}
        place = self._jobs.reserve(QUEUE) if turned else 0

        def work(tx: Transaction) -> Scan:
            if turned and scan.state is not State.SEARCHABLE:
                raise Conflict("正在识别：请在识别完成后再旋转页面")
            kept = self._scans.arrange(tx, scan, version, leaves, State.STORED if turned else scan.state)
            if turned:  # what stands on a turned page must be read again
                self._jobs.enqueue(tx, QUEUE, scan.id, place)
            self._note(tx, person, "scan.arranged", scan)
            return kept

        return self._store.transact(work, queue=(file_chain(scan.file_no),))

    def correct(self, person: Person, scan_id: str, number: int, version: int, text: str) -> Page:
        """Correct a page's text by hand; what was read is kept beside it. An empty text takes the correction back."""
        scan = self._open(person, scan_id)
        if len(text) > correction.MOST:
            raise Invalid(fields=[FieldError("text", "文字过长：每页最多 %(most)s 字", {"most": correction.MOST})])
        self._scans.page(scan, number)

        def work(tx: Transaction) -> Page:
            if self._scans.get(scan_id, tx).state is not State.SEARCHABLE:
                raise Conflict("正在识别：请在识别完成后再更正文字")
            page = self._scans.correct(tx, scan, number, version, text.replace("\r\n", "\n").strip())
            self._note(tx, person, "scan.corrected", scan, page=str(number))
            return page

        return self._store.transact(work, queue=(file_chain(scan.file_no),))

    def move(self, person: Person, scan_id: str, version: int, record_id: str) -> Scan:
        """Move a scan to the record where it belongs, in this file or another, whose key then seals it.

        In another file it is read again. Raises Conflict where that record has the same scan already.
        """
        scan = self._open(person, scan_id)
        try:
            _, to = self._require(person, Action.ADD_SCAN, record_id)
        except NotFound as error:
            raise Invalid(fields=[FieldError("record_id", "请选择扫描件要移到的材料")]) from error
        if record_id == scan.record_id:
            raise Invalid(fields=[FieldError("record_id", "扫描件已经在这份材料里")])
        if scan.state not in (State.SEARCHABLE, State.FAILED):
            raise Conflict("正在识别：请在识别完成后再移动")
        within = self._scans.place(record_id)
        if to == scan.file_no:
            return self._transact_move(person, scan, lambda tx: self._scans.move(tx, scan, version, record_id, within))
        return self._to_another_file(person, scan, version, record_id, to, within)

    def _to_another_file(
        self, person: Person, scan: Scan, version: int, record_id: str, to: str, within: int
    ) -> Scan:  # fmt: skip
        cipher = self._keys.cipher(to)
        # In memory: a temporary file on the disk would hold a scan in clear.
        with tempfile.SpooledTemporaryFile(max_size=2**31) as plain:
            for piece in self._originals.read(self._keys.cipher(scan.file_no), scan.blob):
                plain.write(piece)
            blob = self._originals.put(cipher, to, plain)
        place = self._jobs.reserve(QUEUE)
        pages = self._scans.pages(scan)

        def work(tx: Transaction) -> Scan:
            moved = self._scans.move(tx, scan, version, record_id, within, file_no=to, blob=blob)
            self._scans.drop_pages(tx, scan)
            self._originals.settle(tx, blob.id)
            self._jobs.forget(tx, QUEUE, scan.id)
            self._jobs.enqueue(tx, QUEUE, scan.id, place)
            return moved

        moved = self._transact_move(person, scan, work, to)
        # Equal content within a file is stored once: only what nothing refers to any more goes.
        if not self._scans.uses(scan.blob.id):
            self._originals.delete(scan.blob.id)
        for blob in (blob for page in pages for blob in (page.image, page.thumbnail)):
            if not self._scans.uses(blob.id):
                self._previews.delete(blob.id)
        return moved

    def _transact_move(
        self, person: Person, scan: Scan, work: Callable[[Transaction], Scan], to: str = ""
    ) -> Scan:  # fmt: skip
        def both(tx: Transaction) -> Scan:
            moved = work(tx)
            self._note(tx, person, "scan.moved", scan, to=moved.record_id)
            if to:
                self._note(tx, person, "scan.came", moved)
            return moved

        chains = [file_chain(scan.file_no), *([file_chain(to)] if to else [])]
        return self._store.transact(both, queue=chains)

    def retry(self, person: Person, scan_id: str) -> None:
        """Read a scan again whose reading failed. Raises Conflict where it has not."""
        scan = self._open(person, scan_id)
        if scan.state is not State.FAILED:
            raise Conflict("只有识别失败的扫描件才能重试")
        place = self._jobs.reserve(QUEUE)

        def work(tx: Transaction) -> None:
            self._jobs.revive(tx, QUEUE, scan_id, place)
            self._scans.set_state(tx, scan_id, State.STORED)
            self._note(tx, person, "scan.retried", scan)

        self._store.transact(work, queue=(file_chain(scan.file_no),))

    def failed(self, person: Person) -> list[Failed]:
        """Scans whose reading failed in the last year, newest first, at most a hundred that one may arrange."""
        self._gate.require(person, Action.ARRANGE_SCAN)
        found = []
        for letter in self._jobs.dead(QUEUE):
            scan = self._scans.get(letter.subject)
            record = self._records.get(scan.record_id)
            file = self._files.get(scan.file_no)
            hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
            subject = record.subject(file.department, hidden)
            if self._gate.decide(person, Action.ARRANGE_SCAN, subject).allowed:
                found.append(Failed(scan, file.name, letter.reason, letter.at))
        return found

    def failed_count(self, person: Person) -> int:
        """How many readings failed in the last year, a hundred at most; 0 for those who may not arrange all of them."""
        if not self._gate.decide(person, Action.ARRANGE_SCAN).allowed:
            return 0
        return len(self._jobs.dead(QUEUE))

    def _open(self, person: Person, scan_id: str) -> Scan:
        scan = self._scans.get(scan_id)
        self._require(person, Action.ARRANGE_SCAN, scan.record_id)
        return scan

    def _require(self, person: Person, action: Action, record_id: str) -> tuple[Decision, str]:
        record = self._records.get(record_id)
        file = self._files.get(record.file_no)
        hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
        return self._gate.require(person, action, record.subject(file.department, hidden)), file.file_no

    def _note(self, tx: Transaction, person: Person, action: str, scan: Scan, **more: str) -> None:
        ids = {"file": scan.file_no, "record": scan.record_id, "scan": scan.id, **more}
        self._audit.append(tx, person, action, subject=file_chain(scan.file_no), ids=ids)
