"""Scans of what came back: kept under the file's key, compared by the ingest, and shown to the desk (L6)."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import IO

from bson import ObjectId
from pymongo import IndexModel

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit, file_chain
from service.catalogue.repository import PolicySettings
from service.circulation.lending.findings import COLLECTION, Archived, Comparison, Found, State, found, pages_of
from service.circulation.lending.operations import LendingOperations
from service.circulation.lending.rules import Item, Loan
from service.circulation.lending.rules import State as LoanState
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.repository import Files
from service.person import SYSTEM, Person
from service.records.repository import Records
from service.scans import media
from service.scans.repository import Scans
from service.store.blobs import Blob, Blobs
from service.store.connection import Document, Store, Transaction
from service.store.jobs import Jobs, Lease
from service.store.keys import FileCipher, Keyring

QUEUE = "returned"
MOST_PAGES = 200
INDEXES: Mapping[str, Sequence[IndexModel]] = {COLLECTION: (IndexModel([("loan", 1), ("at", 1)]),)}


class Comparing:
    """Uploading what came back, and what the comparison found. People pass the gate; the ingest is the system."""

    def __init__(
        self, store: Store, lending: LendingOperations, files: Files, records: Records, scans: Scans, keys: Keyring,
        jobs: Jobs, audit: Audit, gate: Gate, clock: Clock, settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._store, self._comparisons = store, store.collection(COLLECTION)
        self._lending, self._files, self._records, self._scans = lending, files, records, scans
        self._keys, self._jobs, self._audit, self._gate = keys, jobs, audit, gate
        self._clock, self._settings = clock, settings
        self._originals = Blobs(store, "scans")

    def upload(self, person: Person, case_id: str, content: IO[bytes] | None) -> Comparison:
        """Keep a scan or photo of the returned pages, and have it compared. Raises Invalid, Conflict, TooLarge or
        UnsupportedMedia before anything is stored."""
        self._gate.require(person, Action.HANDLE_LOAN)
        one = self._lending.get(person, case_id)
        if one.case.state is not LoanState.CHECKING or one.loan is None:
            raise Conflict("原件收回后才能比对：请先办理归还")
        if content is None:
            raise Invalid(fields=[FieldError("file", "没有收到文件：请选择归还材料的扫描件")])
        size = content.seek(0, io.SEEK_END)
        kind = media.inspect(content, size, int(self._settings.value("upload_mebibytes")) * 2**20)
        pages = self._archived(one.loan)
        if not pages:
            raise Invalid(fields=[FieldError("file", "这些原件没有可比对的扫描件：请人工核对")])
        file_no = one.loan.originals[0].file_no
        blob = self._originals.put(self._keys.cipher(file_no), file_no, content)
        made = Comparison(str(ObjectId()), case_id, file_no, State.STORED, person.account, self._clock.now(), "", pages)
        place = self._jobs.reserve(QUEUE)

        def work(tx: Transaction) -> Comparison:
            document = _document(made, blob, kind.type, self._keys.cipher(file_no, tx))
            self._comparisons.insert_one(document, session=tx.session)
            self._originals.settle(tx, blob.id)
            self._jobs.enqueue(tx, QUEUE, made.id, place)
            self._note(tx, person, "loans.scanned", made)
            return made

        return self._store.transact(work, queue=(file_chain(file_no),))

    def of_loan(self, person: Person, case_id: str) -> list[Comparison]:
        """What was compared for a loan, newest first, to the archives office."""
        self._gate.require(person, Action.HANDLE_LOAN)
        found_ = self._comparisons.find({"loan": case_id}, sort=[("at", -1)], limit=20)
        return [_comparison(one) for one in found_]

    def waiting(self, comparison_id: str) -> tuple[Comparison, bytes, str]:
        """For the ingest: a comparison, the bytes that were sent and their type. Raises NotFound."""
        kept = self._comparisons.find_one({"_id": ObjectId(comparison_id)})
        if kept is None:
            raise NotFound
        cipher = self._keys.cipher(kept["file"])
        return _comparison(kept), self._originals.bytes(cipher, _blob(kept, cipher)), str(kept["media_type"])

    def finish(self, lease: Lease, comparison: Comparison, findings: Sequence[Found], returned: int) -> None:
        """For the ingest: what was found, in the transaction that ends its lease. Raises LeaseLost."""
        self._end(lease, replace(comparison, state=State.COMPARED, findings=tuple(findings), returned=returned))

    def fail(self, lease: Lease, comparison: Comparison, reason: str) -> None:
        """For the ingest: it could not be compared, and why. Raises LeaseLost."""
        self._end(lease, replace(comparison, state=State.FAILED, reason=reason))

    def _end(self, lease: Lease, comparison: Comparison) -> None:
        change = {
            "state": comparison.state, "reason": comparison.reason, "returned": comparison.returned,
            "findings": [one.kept() for one in comparison.findings],
        }  # fmt: skip

        def work(tx: Transaction) -> None:
            self._jobs.finish(tx, lease)
            self._comparisons.update_one({"_id": ObjectId(comparison.id)}, {"$set": change}, session=tx.session)
            self._note(tx, SYSTEM, f"loans.{comparison.state}", comparison)

        self._store.transact(work, queue=(file_chain(comparison.file_no),))

    def _archived(self, loan: Loan) -> tuple[Archived, ...]:
        """The pages of what was lent, in binding order as far as they were scanned."""
        pages: list[Archived] = []
        for original in loan.originals:
            if original.item is Item.RECORD:
                records = [original.id]
            else:
                count = self._files.get(original.file_no).records
                records = [one.id for one in self._records.of_file(original.file_no, count)]
            for record in records:
                for scan in self._scans.of_record(record):
                    pages += [Archived(scan.id, number) for number in scan.shown()]
                if len(pages) > MOST_PAGES:
                    many = "超过 %(most)s 页：请人工核对，或分份借阅"
                    raise Invalid(fields=[FieldError("file", many, {"most": MOST_PAGES})])
        return tuple(pages)

    def _note(self, tx: Transaction, person: Person, action: str, comparison: Comparison) -> None:
        ids = {"file": comparison.file_no, "case": comparison.loan, "comparison": comparison.id}
        self._audit.append(tx, person, action, subject=file_chain(comparison.file_no), ids=ids)


def _document(one: Comparison, blob: Blob, media_type: str, cipher: FileCipher) -> Document:
    return {
        "_id": ObjectId(one.id), "loan": one.loan, "file": one.file_no, "state": one.state, "by": one.by, "at": one.at,
        "reason": "", "pages": [asdict(page) for page in one.pages], "returned": 0, "findings": [],
        "media_type": media_type, "blob": {"id": blob.id, "size": blob.size, "prefix": blob.prefix},
        "sha256": cipher.seal(f"{COLLECTION}/{one.id}/sha256", blob.sha256),
    }  # fmt: skip


def _blob(kept: Document, cipher: FileCipher) -> Blob:
    sha256 = str(cipher.open(f"{COLLECTION}/{kept['_id']}/sha256", kept["sha256"]))
    return Blob(kept["blob"]["id"], kept["blob"]["size"], sha256, kept["blob"]["prefix"])


def _comparison(kept: Document) -> Comparison:
    return Comparison(
        str(kept["_id"]), kept["loan"], kept["file"], State(kept["state"]), kept["by"], kept["at"], kept["reason"],
        pages_of(kept["pages"]), kept["returned"], tuple(found(one) for one in kept["findings"]),
    )  # fmt: skip
