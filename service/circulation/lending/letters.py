"""The letter by which an organisation asks for originals (L1): scanned to its loan, sealed, read by whoever decides.

It lies under the key of the first file that is asked for, and goes with it.
"""

import io
from collections.abc import Iterator
from typing import IO

from pymongo.errors import DuplicateKeyError

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit, file_chain
from service.catalogue.repository import PolicySettings
from service.circulation.lending.operations import Lending
from service.circulation.lending.repository import LETTERS
from service.circulation.lending.rules import State
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.person import Person
from service.scans import media
from service.store.blobs import Blob, Blobs
from service.store.connection import Store, Transaction
from service.store.keys import Keyring


class Letters:
    """One letter for each loan; what was asked for in it stays as it was."""

    def __init__(
        self, store: Store, keys: Keyring, audit: Audit, gate: Gate, clock: Clock, settings: PolicySettings
    ) -> None:
        self._store, self._letters, self._keys = store, store.collection(LETTERS), keys
        self._audit, self._gate, self._clock, self._settings = audit, gate, clock, settings
        self._blobs = Blobs(store, "scans")

    def keep(self, person: Person, one: Lending, content: IO[bytes] | None) -> None:
        """Keep the scan of the letter. Raises Invalid, Conflict, TooLarge or UnsupportedMedia, and keeps nothing."""
        self._gate.require(person, Action.HANDLE_LOAN)
        if one.case.state != State.OUTSIDE or one.loan is None or not one.loan.originals:
            raise Conflict("只有外单位等待审批的借阅申请可以上传申请函")
        if content is None:
            raise Invalid(fields=[FieldError("file", "没有收到文件：请选择申请函的扫描件")])
        size = content.seek(0, io.SEEK_END)
        kind = media.inspect(content, size, int(self._settings.value("upload_mebibytes")) * 2**20)
        file_no = one.loan.originals[0].file_no
        blob = self._blobs.put(self._keys.cipher(file_no), file_no, content)

        def work(tx: Transaction) -> None:
            kept = {
                "_id": one.case.id, "file": file_no, "media_type": kind.type, "by": person.account,
                "at": self._clock.now(), "blob": {"id": blob.id, "size": blob.size, "prefix": blob.prefix},
                "sha256": self._keys.cipher(file_no, tx).seal(_place(one.case.id), blob.sha256),
            }  # fmt: skip
            self._letters.insert_one(kept, session=tx.session)
            self._blobs.settle(tx, blob.id)
            ids = {"file": file_no, "case": one.case.id}
            self._audit.append(tx, person, "loans.letter-kept", subject=file_chain(file_no), ids=ids)

        try:
            self._store.transact(work, queue=(file_chain(file_no),))
        except DuplicateKeyError:
            raise Conflict("申请函已经上传") from None

    def read(self, person: Person, one: Lending) -> tuple[str, Iterator[bytes]]:
        """Its media type and content, to those who have a hand in the loan; the reading is an event."""
        kept = self._letters.find_one({"_id": one.case.id})
        if kept is None:
            raise NotFound("还没有上传申请函")
        cipher, file_no = self._keys.cipher(kept["file"]), str(kept["file"])
        sha256 = str(cipher.open(_place(one.case.id), kept["sha256"]))
        blob = Blob(kept["blob"]["id"], kept["blob"]["size"], sha256, kept["blob"]["prefix"])
        ids = {"file": file_no, "case": one.case.id}
        self._audit.record(person, "loans.letter-read", subject=file_chain(file_no), ids=ids)
        return str(kept["media_type"]), self._blobs.read(cipher, blob, 0, blob.size)


def _place(case_id: str) -> str:
    return f"{LETTERS}/{case_id}/sha256"
