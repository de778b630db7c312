"""What people do with scans. Permission first; a look's event is committed before its first byte (design §2)."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO

from service.access.gate import Gate
from service.access.grants import Pass
from service.access.policy import Action, Decision
from service.audit.trail import Audit, file_chain
from service.catalogue.model import Catalogue
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid
from service.files.repository import Files
from service.files.rules import File
from service.person import Person
from service.records.repository import Records
from service.records.rules import Record
from service.records.secrets import Secrets
from service.scans import media, showing
from service.scans.arranging import QUEUE
from service.scans.repository import Scans, new_id
from service.scans.rules import Held, Page, Scan, Sheet, State, held, masked, sensitive_boxes
from service.store.blobs import Blobs
from service.store.connection import Store, Transaction
from service.store.jobs import Jobs
from service.store.keys import Keyring

_UNSETTLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Look:
    """A scan as its page shows it: the pages that the person may see, in their order; whether they may have the file
    itself, and may arrange its pages; the pass that they look through, if it is one."""

    scan: Scan
    sheets: Mapping[int, Sheet]
    pages: tuple[int, ...]
    original: bool
    arrange: bool
    grant: Pass | None = None


class ScanOperations:
    """Uploading and looking. Every method asks the gate first."""

    def __init__(
        self, store: Store, scans: Scans, records: Records, files: Files, keys: Keyring, jobs: Jobs, audit: Audit,
        gate: Gate, clock: Clock, catalogue: Catalogue, settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._store, self._scans, self._records, self._files = store, scans, records, files
        self._keys, self._jobs, self._audit, self._gate, self._clock = keys, jobs, audit, gate, clock
        self._catalogue, self._settings = catalogue, settings
        self._secrets = Secrets(records, catalogue)
        self._originals, self._previews = Blobs(store, "scans"), Blobs(store, "previews")

    def upload(self, person: Person, record_id: str, content: IO[bytes] | None, name: str) -> tuple[Scan, bool]:
        """Keep an original, and have it read; the scan, and whether it is new.

        The same bytes again to one record give the scan that is there. Raises TooLarge, UnsupportedMedia or
        Invalid before anything is stored.
        """
        _, file_no = self._require(person, Action.ADD_SCAN, record_id)
        if content is None:
            raise Invalid(fields=[FieldError("file", "没有收到文件：请选择要上传的扫描件")])
        size = content.seek(0, io.SEEK_END)
        found = media.inspect(content, size, int(self._settings.value("upload_mebibytes")) * 2**20)
        blob = self._originals.put(self._keys.cipher(file_no), file_no, content)
        there = self._scans.same(record_id, blob.content)
        if there is not None:
            return there, False
        scan = Scan(new_id(), record_id, file_no, found.type, name[-120:], blob, State.STORED, found.pages)
        place, within = self._jobs.reserve(QUEUE), self._scans.place(record_id)

        def work(tx: Transaction) -> None:
            self._scans.add(tx, scan, within)
            self._originals.settle(tx, blob.id)
            self._jobs.enqueue(tx, QUEUE, scan.id, place)
            self._note(tx, person, "scan.added", scan)

        try:
            self._store.transact(work, queue=(file_chain(file_no),))
        except Conflict:
            there = self._scans.same(record_id, blob.content)
            if there is None:
                raise
            return there, False
        return scan, True

    def of_record(self, person: Person, record_id: str) -> list[Scan]:
        """The scans of a record that the person may read."""
        self._require(person, Action.READ_SCAN, record_id)
        return self._scans.of_record(record_id)

    def held(self, person: Person, file: File, records: Sequence[Record]) -> dict[str, Held]:
        """How many scans each of these records of one file has, where the person may read them; shows none of them."""
        may = []
        for record in records:
            hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
            if self._gate.decide(person, Action.READ_SCAN, record.subject(file.department, hidden)).allowed:
                may.append(record.id)
        return {record_id: held(states) for record_id, states in self._scans.states(may).items()}

    def first(self, person: Person, file_no: str) -> str | None:
        """The first scan of a file, in binding order, that the person may read; shows nothing of it, so no look."""
        file = self._files.get(file_no)
        order = self._catalogue.binding_order
        records = sorted(
            self._records.of_file(file_no, file.records), key=lambda one: order(one.category, one.date, one.number)
        )
        there = self.held(person, file, records)
        record = next((one for one in records if one.id in there), None)
        return self.of_record(person, record.id)[0].id if record else None

    def look(self, person: Person, scan_id: str) -> Look:
        """The scan's page with its thumbnails; one look."""
        scan, decision = self._open(person, scan_id)
        self._seen(person, "scan.look", scan, decision)
        record = self._records.get(scan.record_id)
        subject = record.subject(self._files.get(scan.file_no).department, hidden_from_agent=False)
        arrange = self._gate.decide(person, Action.ARRANGE_SCAN, subject).allowed
        pages = [leaf.page for leaf in scan.leaves] if arrange else scan.shown()
        if decision.grant is not None:
            pages = decision.grant.sees(scan.id, pages)
        return Look(scan, self._scans.sheets(scan), tuple(pages), decision.original, arrange, decision.grant)

    def unread(self, person: Person) -> int:
        """How many scans still wait for their reading; shows nothing of them, so it is no look."""
        self._gate.require(person, Action.ADD_SCAN)
        return self._jobs.waiting(QUEUE)

    def state(self, person: Person, scan_id: str) -> Scan:
        """How far its reading is; shows nothing of it, so it is no look. Of a scan of which single pages were granted
        these alone are told of."""
        scan, decision = self._open(person, scan_id)
        if decision.grant is None or not decision.grant.pages:
            return scan
        seen = decision.grant.sees(scan.id, scan.shown())
        leaves = tuple(leaf for leaf in scan.leaves if leaf.page in seen)
        return replace(scan, pages=len(seen), leaves=leaves, blob=replace(scan.blob, size=0, sha256=""))

    def original(
        self, person: Person, scan_id: str, start: int = 0, end: int | None = None
    ) -> tuple[Scan, Iterator[bytes]]:
        """The file as it was uploaded, or a part of it."""
        scan = self._scans.get(scan_id)
        decision, _ = self._require(person, Action.READ_ORIGINAL, scan.record_id)
        self._seen(person, "scan.original", scan, decision)
        return scan, self._originals.read(self._keys.cipher(scan.file_no), scan.blob, start, end)

    def printed(self, person: Person, scan_id: str) -> tuple[Scan, list[int]]:
        """A scan and the numbers of its pages, to be printed by whoever may have the original; each image of them is a
        look of its own besides."""
        scan = self._scans.get(scan_id)
        decision, _ = self._require(person, Action.READ_ORIGINAL, scan.record_id, scan.id)
        self._seen(person, "scan.printed", scan, decision)
        return scan, scan.shown() if scan.state is State.SEARCHABLE else []

    def text(self, person: Person, scan_id: str, number: int) -> Page:
        """A page's text and words, masked where the person's right is."""
        scan, decision, page = self._page(person, scan_id, number)
        self._seen(person, "scan.text", scan, decision, number)
        return masked(page, self._own(scan)) if decision.masked else page

    def image(self, person: Person, scan_id: str, number: int) -> bytes:
        """A page's image as JPEG; sensitive words are painted over for a masked reader, and who looks through a pass
        gets it with their name, account and the time burned in (K2)."""
        scan, decision, page = self._page(person, scan_id, number)
        self._seen(person, "scan.page", scan, decision, number)
        plain = self._previews.bytes(self._keys.cipher(scan.file_no), page.image)
        hidden = sensitive_boxes(page, self._own(scan)) if decision.masked else []
        said = f"{person.name} {person.account} {self._local():%Y-%m-%d %H:%M}" if decision.watermark else ""
        return showing.shown(plain, hidden, said)

    def thumbnail(self, person: Person, scan_id: str, number: int) -> bytes:
        """A page's thumbnail, masked like its image; it belongs to the look at the scan's page."""
        scan, decision, page = self._page(person, scan_id, number)
        plain = self._previews.bytes(self._keys.cipher(scan.file_no), page.thumbnail)
        return showing.shown(plain, sensitive_boxes(page, self._own(scan)) if decision.masked else [], "")

    def sweep(self) -> int:
        """Remove what uploads and readings that were cut off have left; how many blobs."""
        before: datetime = self._clock.now() - _UNSETTLED
        return sum(blobs.sweep(before, self._scans.uses) for blobs in (self._originals, self._previews))

    def _page(self, person: Person, scan_id: str, number: int) -> tuple[Scan, Decision, Page]:
        """A page that the person may see: a withdrawn one is there for who arranges, and for nobody else."""
        scan, decision = self._open(person, scan_id, number)
        if number not in scan.shown():
            self._require(person, Action.ARRANGE_SCAN, scan.record_id)
        return scan, decision, self._scans.page(scan, number)

    def _open(self, person: Person, scan_id: str, number: int = 0) -> tuple[Scan, Decision]:
        """A scan as a whole, or one page of it."""
        scan = self._scans.get(scan_id)
        return scan, self._require(person, Action.READ_SCAN, scan.record_id, scan.id, number)[0]

    def _own(self, scan: Scan) -> tuple[str, ...]:
        """What is sensitive wherever it stands in the file that the scan is of."""
        return self._secrets.of(self._files.get(scan.file_no))

    def _local(self) -> datetime:
        """The time on the office's clocks."""
        return self._clock.now().astimezone(self._clock.zone)

    def _require(
        self, person: Person, action: Action, record_id: str, scan_id: str = "", number: int = 0
    ) -> tuple[Decision, str]:  # fmt: skip
        record = self._records.get(record_id)
        file = self._files.get(record.file_no)
        hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
        subject = replace(record.subject(file.department, hidden), scan=scan_id, page=number)
        return self._gate.require(person, action, subject), record.file_no

    def _seen(self, person: Person, action: str, scan: Scan, decision: Decision, number: int = 0) -> None:
        ids = {"file": scan.file_no, "record": scan.record_id, "scan": scan.id, **decision.reasons(person)}
        if number:
            ids["page"] = str(number)
        self._audit.record(person, action, subject=file_chain(scan.file_no), ids=ids)

    def _note(self, tx: Transaction, person: Person, action: str, scan: Scan) -> None:
        ids = {"file": scan.file_no, "record": scan.record_id, "scan": scan.id}
        self._audit.append(tx, person, action, subject=file_chain(scan.file_no), ids=ids)
