"""Scans of what came back: kept under the file's key, compared by the ingest, and shown to the desk (L6).

A comparison is of one file's pages: they lie under its key, and go with it.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import IO

from bson import ObjectId
from bson.errors import InvalidId
from pymongo import IndexModel

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit, file_chain
from service.catalogue.model import Catalogue
from service.catalogue.repository import PolicySettings
from service.circulation.lending.findings import COLLECTION, Archived, Comparison, State, found, pages_of
from service.circulation.lending.operations import LendingOperations
from service.circulation.lending.rules import Loan
from service.circulation.lending.rules import State as LoanState
from service.clock import Clock
from service.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from service.files.repository import Files
from service.person import SYSTEM, Person
from service.records.repository import Records
from service.records.rules import Record
from service.records.rules import State as RecordState
from service.scans import media
from service.scans.repository import Scans
from service.scans.rules import State as ScanState
from service.store.blobs import Blob, Blobs
from service.store.connection import Document, Store, Transaction
from service.store.jobs import Jobs, Lease
from service.store.keys import FileCipher, Keyring

QUEUE = "returned"
MOST_PAGES, MOST_RETURNED, MOST_SHOWN = 200, 400, 100
INDEXES: Mapping[str, Sequence[IndexModel]] = {COLLECTION: (IndexModel([("loan", 1), ("at", 1)]),)}


class Comparing:
    """Uploading what came back, and what the comparison found. People pass the gate; the ingest is the system."""

    def __init__(
        self, store: Store, lending: LendingOperations, files: Files, records: Records, scans: Scans, keys: Keyring,
        jobs: Jobs, audit: Audit, gate: Gate, clock: Clock, settings: PolicySettings, catalogue: Catalogue,
    ) -> None:  # fmt: skip
        self._store, self._comparisons = store, store.collection(COLLECTION)
        self._lending, self._files, self._records, self._scans = lending, files, records, scans
        self._keys, self._jobs, self._audit, self._gate = keys, jobs, audit, gate
        self._clock, self._settings, self._catalogue = clock, settings, catalogue
        self._originals, self._previews = Blobs(store, "scans"), Blobs(store, "previews")

    def upload(self, person: Person, case_id: str, contents: Sequence[IO[bytes]], file_no: str = "") -> Comparison:
        """Keep scans or photos of the returned pages of one file, in their order, and have them compared.

        Raises Invalid, Conflict, TooLarge or UnsupportedMedia before anything is stored.
        """
        self._gate.require(person, Action.HANDLE_LOAN)
        one = self._lending.get(person, case_id)
        if one.case.state is not LoanState.CHECKING or one.loan is None:
            raise Conflict("原件收回后才能比对：请先办理归还")
        file_no = _file(one.loan, file_no)
        kinds = self._inspected(contents)
        pages = self._archived(one.loan, file_no)
        if not pages:
            raise Invalid(fields=[FieldError("file", "这些原件没有可比对的扫描件：请人工核对")])
        cipher = self._keys.cipher(file_no)
        blobs = [self._originals.put(cipher, _owner(file_no), content) for content in contents]
        made = Comparison(str(ObjectId()), case_id, file_no, State.STORED, person.account, self._clock.now(), "", pages)
        place = self._jobs.reserve(QUEUE)

        def work(tx: Transaction) -> Comparison:
            document = _document(made, list(zip(blobs, kinds, strict=True)), self._keys.cipher(file_no, tx))
            self._comparisons.insert_one(document, session=tx.session)
            for blob in blobs:
                self._originals.settle(tx, blob.id)
            self._jobs.enqueue(tx, QUEUE, made.id, place)
            self._note(tx, person, "loans.scanned", made)
            return made

        return self._store.transact(work, queue=(file_chain(file_no),))

    def of_loan(self, person: Person, case_id: str) -> list[Comparison]:
        """What was compared for a loan, newest first, to the archives office; nothing of a file that is destroyed."""
        self._gate.require(person, Action.HANDLE_LOAN)
        found_ = list(self._comparisons.find({"loan": case_id}, sort=[("at", -1)], limit=MOST_SHOWN))
        there = self._keys.ciphers([one["file"] for one in found_])
        return [_comparison(one) for one in found_ if one["file"] in there]

    def image(self, person: Person, case_id: str, comparison_id: str, number: int) -> bytes:
        """A returned page that differs, as JPEG: turned and laid as the archived one is. Each is a look (V4).

        It is shown to those alone who may see the file's pages as they are, since nothing can be painted over what
        was not read. Raises NotFound where the page did not differ.
        """
        self._gate.require(person, Action.HANDLE_LOAN)
        kept = self._kept(comparison_id)
        decision = self._gate.require(person, Action.READ_SCAN, self._files.get(kept["file"]).subject())
        if decision.masked or decision.watermark:
            raise Forbidden
        blob = next((one["blob"] for one in kept.get("shown", ()) if one["page"] == number), None)
        if kept["loan"] != case_id or blob is None:
            raise NotFound
        ids = {"comparison": comparison_id, "case": case_id, "page": str(number), "file": kept["file"]}
        self._audit.record(person, "loans.returned-read", subject=file_chain(kept["file"]), ids=ids)
        return self._previews.bytes(self._keys.cipher(kept["file"]), Blob(blob["id"], blob["size"], "", blob["prefix"]))

    def waiting(self, comparison_id: str) -> Comparison:
        """For the ingest: a comparison that is to be made. Raises NotFound, also where its file is destroyed."""
        kept = self._kept(comparison_id)
        self._keys.cipher(kept["file"])
        return _comparison(kept)

    def sent(self, comparison_id: str) -> Iterator[tuple[bytes, str]]:
        """For the ingest: what was sent, file by file, each with its type."""
        kept = self._kept(comparison_id)
        cipher = self._keys.cipher(kept["file"])
        for number, one in enumerate(kept.get("sent") or [kept]):  # one alone, before several could be sent
            yield self._originals.bytes(cipher, _blob(kept, number, one, cipher)), str(one["media_type"])

    def keep(self, comparison: Comparison, picture: bytes) -> Blob:
        """For the ingest: keep the picture of a returned page; `finish` says what it is of."""
        file_no = comparison.file_no
        return self._previews.put(self._keys.cipher(file_no), _owner(file_no), io.BytesIO(picture))

    def finish(self, lease: Lease, comparison: Comparison, shown: Mapping[int, Blob]) -> None:
        """For the ingest: what was found, with pictures of returned pages, in the transaction that ends its lease.

        Raises LeaseLost.
        """
        self._end(lease, replace(comparison, state=State.COMPARED), shown)

    def fail(self, lease: Lease, comparison: Comparison, reason: str) -> None:
        """For the ingest: it could not be compared, and why. Raises LeaseLost."""
        self._end(lease, replace(comparison, state=State.FAILED, reason=reason), {})

    def _end(self, lease: Lease, comparison: Comparison, shown: Mapping[int, Blob]) -> None:
        change = {
            "state": comparison.state, "reason": comparison.reason, "returned": comparison.returned,
            "findings": [one.kept() for one in comparison.findings],
            "shown": [{"page": number, "blob": _place(blob)} for number, blob in shown.items()],
        }  # fmt: skip

        def work(tx: Transaction) -> None:
            self._jobs.finish(tx, lease)
            self._comparisons.update_one({"_id": ObjectId(comparison.id)}, {"$set": change}, session=tx.session)
            for blob in shown.values():
                self._previews.settle(tx, blob.id)
            self._note(tx, SYSTEM, f"loans.{comparison.state}", comparison)

        self._store.transact(work, queue=(file_chain(comparison.file_no),))

    def _inspected(self, contents: Sequence[IO[bytes]]) -> list[str]:
        """The media types of what was sent. Raises Invalid, TooLarge or UnsupportedMedia."""
        if not contents:
            raise Invalid(fields=[FieldError("file", "没有收到文件：请选择归还材料的扫描件")])
        most = int(self._settings.value("upload_mebibytes")) * 2**20
        kinds = [media.inspect(content, content.seek(0, io.SEEK_END), most) for content in contents]
        if sum(kind.pages for kind in kinds) > MOST_RETURNED:
            many = "超过 %(most)s 页：请人工核对，或分份借阅"
            raise Invalid(fields=[FieldError("file", many, {"most": MOST_RETURNED})])
        return [kind.type for kind in kinds]

    def _archived(self, loan: Loan, file_no: str) -> tuple[Archived, ...]:
        """The pages of what was lent of a file, in binding order: those of filed records, as far as they were scanned.

        Raises Conflict where one was not read yet.
        """
        pages: list[Archived] = []
        for record in self._lent(loan, file_no):
            for scan in self._scans.of_record(record.id):
                if scan.state is not ScanState.SEARCHABLE:
                    raise Conflict("存档的扫描件还没有全部识别：请在识别完成后再比对")
                pages += [Archived(scan.id, number) for number in scan.shown()]
            if len(pages) > MOST_PAGES:
                many = "超过 %(most)s 页：请人工核对，或分份借阅"
                raise Invalid(fields=[FieldError("file", many, {"most": MOST_PAGES})])
        return tuple(pages)

    def _lent(self, loan: Loan, file_no: str) -> list[Record]:
        lent, order = {original.id for original in loan.originals}, self._catalogue.binding_order
        filed = [
            one
            for one in self._records.of_file(file_no, self._files.get(file_no).records)
            if one.state is RecordState.FILED and not lent.isdisjoint((one.id, file_no))
        ]
        return sorted(filed, key=lambda one: order(one.category, one.date, one.number))

    def _kept(self, comparison_id: str) -> Document:
        try:
            kept = self._comparisons.find_one({"_id": ObjectId(comparison_id)})
        except InvalidId:
            kept = None
        if kept is None:
            raise NotFound
        return kept

    def _note(self, tx: Transaction, person: Person, action: str, comparison: Comparison) -> None:
        ids = {"file": comparison.file_no, "case": comparison.loan, "comparison": comparison.id}
        self._audit.append(tx, person, action, subject=file_chain(comparison.file_no), ids=ids)


def _file(loan: Loan, wanted: str) -> str:
    """The file whose pages came back: the one that was named, or the loan's only one. Raises Invalid."""
    files = loan.file_nos()
    if wanted in files:
        return wanted
    if wanted or len(files) != 1:
        raise Invalid(fields=[FieldError("file_no", "请选择这是哪一份档案归还的页面：每份档案分别比对")])
    return files[0]


def _owner(file_no: str) -> str:
    """Apart from what is archived of the file, so that neither goes with the other where their bytes are equal."""
    return f"{file_no}/returned"


def _document(one: Comparison, sent: Sequence[tuple[Blob, str]], cipher: FileCipher) -> Document:
    return {
        "_id": ObjectId(one.id), "loan": one.loan, "file": one.file_no, "state": one.state, "by": one.by, "at": one.at,
        "reason": "", "pages": [asdict(page) for page in one.pages], "returned": 0, "findings": [], "shown": [],
        "sent": [
            {
                "media_type": media_type, "blob": _place(blob),
                "sha256": cipher.seal(_digest(one.id, number), blob.sha256),
            }
            for number, (blob, media_type) in enumerate(sent)
        ],
    }  # fmt: skip


def _place(blob: Blob) -> Document:
    return {"id": blob.id, "size": blob.size, "prefix": blob.prefix}


def _blob(kept: Document, number: int, one: Document, cipher: FileCipher) -> Blob:
    sha256 = str(cipher.open(_digest(str(kept["_id"]), number), one["sha256"]))
    return Blob(one["blob"]["id"], one["blob"]["size"], sha256, one["blob"]["prefix"])


def _digest(comparison_id: str, number: int) -> str:
    """The first is named as the only one was, before several could be sent."""
    return f"{COLLECTION}/{comparison_id}/sha256" + (f"/{number}" if number else "")


def _comparison(kept: Document) -> Comparison:
    return Comparison(
        str(kept["_id"]), kept["loan"], kept["file"], State(kept["state"]), kept["by"], kept["at"], kept["reason"],
        pages_of(kept["pages"]), kept["returned"], tuple(found(one) for one in kept["findings"]),
        frozenset(one["page"] for one in kept.get("shown", ())),
    )  # fmt: skip
