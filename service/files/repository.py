"""Files in MongoDB. Names lie sealed under the file's key; equal names and ID numbers show by digests only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.rules import File, Status
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.keys import FileCipher, Keyring

COLLECTION, NAMES = "files", "file_names"
WINDOW = 100
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (
        IndexModel([("n", 1)], unique=True),
        IndexModel([("department", 1), ("n", 1)]),
        IndexModel([("id_digest", 1)], unique=True, partialFilterExpression={"id_digest": {"$exists": True}}),
    ),
}


Placed = tuple[int, File]
"""A file with its place among all files."""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is about to be opened, with its place among all files."""

    file: File
    place: int
    id_number: str | None = None


class Files:
    """One document for each file, by its number."""

    def __init__(self, store: Store, keys: Keyring) -> None:
        self._files = store.collection(COLLECTION)
        self._names = store.collection(NAMES)
        self._counters = Counters(store)
        self._keys = keys

    def next(self, counter: str, count: int = 1) -> int:
        """The first of the next `count` numbers of a counter; see `Counters`."""
        return self._counters.take(f"files/{counter}", count)

    def last(self, counter: str) -> int:
        """The last number that a counter has given."""
        return self._counters.last(f"files/{counter}")

    def get(self, file_no: str, tx: Transaction | None = None) -> File:
        """Raises NotFound."""
        found = self._files.find_one({"_id": file_no}, session=tx.session if tx else None)
        if found is None:
            raise NotFound
        return self._file(found)

    def many(self, numbers: list[str]) -> dict[str, File]:
        """At most 100 files by their numbers; those that are gone are left out."""
        found = {one["_id"]: one for one in self._files.find({"_id": {"$in": numbers[:100]}})}
        ciphers = self._keys.ciphers(list(found))  # a file that is destroyed meanwhile has none
        return {file_no: self._file(found[file_no], cipher) for file_no, cipher in ciphers.items()}

    def known_names(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that some file has, whoever it is of."""
        return self._known(self._names, "_id", "name", names)

    def known_id_numbers(self, numbers: Sequence[str]) -> frozenset[str]:
        """Those of the ID numbers that some file has."""
        return self._known(self._files, "id_digest", "id_number", numbers)

    def holders(self, numbers: Sequence[str]) -> dict[str, str]:
        """Which file has each of the ID numbers, as far as one has."""
        digests = {self._digest("id_number", number): number for number in numbers}
        found: dict[str, str] = {}
        for start in range(0, len(digests), WINDOW):
            part = {"id_digest": {"$in": list(digests)[start : start + WINDOW]}}
            found |= {digests[one["id_digest"]]: one["_id"] for one in self._files.find(part, {"id_digest": 1})}
        return found

    def _known(
        self, collection: Collection[Document], field: str, kind: str, values: Sequence[str]
    ) -> frozenset[str]:  # fmt: skip
        digests = {self._digest(kind, value): value for value in values}
        found: set[str] = set()
        for start in range(0, len(digests), WINDOW):
            part = {field: {"$in": list(digests)[start : start + WINDOW]}}
            found |= {digests[one[field]] for one in collection.find(part, {field: 1})}
        return frozenset(found)

    def add(self, tx: Transaction, files: Sequence[NewFile], ciphers: Mapping[str, FileCipher]) -> None:
        """Raises Invalid when an ID number is that of another file."""
        documents = []
        for new in files:
            document = {**self._document(new.file, ciphers[new.file.file_no]), "n": new.place}
            document["records"] = new.file.records
            if new.id_number:
                document["id_digest"] = self._digest("id_number", new.id_number)
            documents.append(document)
        with _unique_id_number():
            self._files.insert_many(documents, session=tx.session)
        for name, count in Counter(new.file.name for new in files).items():
            self._count_name(tx, name, count)

    def _count_name(self, tx: Transaction, name: str, change: int) -> None:
        """How many files have a name: a document of its own, since files with a common name are many."""
        digest = self._digest("name", name)
        if self._names.find_one({"_id": digest}, session=tx.session) is None:
            self._names.insert_one({"_id": digest, "files": change}, session=tx.session)
            return
        self._names.update_one({"_id": digest}, {"$inc": {"files": change}}, session=tx.session)
        self._names.delete_one({"_id": digest, "files": {"$lte": 0}}, session=tx.session)

    def fingerprint(self, file: File) -> str:
        """The digest of a file's head under its key, for the trail."""
        return self._keys.cipher(file.file_no).fingerprint(_flat(file))

    def replace(self, tx: Transaction, before: File, file: File, version: int) -> File:
        """Store what `file` has otherwise than `before`, which was read with that version.

        Raises Conflict, with what stands there now.
        """
        if before.version != version:
            raise Conflict(current=before)
        was, now = _flat(before), _flat(file)
        change: Document = {name: value for name, value in now.items() if was[name] != value}
        if "name" in change:
            change["name"] = self._keys.cipher(file.file_no, tx).seal(f"files/{file.file_no}/name", file.name)
        done = self._files.update_one(
            {"_id": file.file_no, "version": version}, {"$set": {**change, "version": version + 1}}, session=tx.session
        )
        if done.matched_count == 0:
            raise Conflict(current=self.get(file.file_no, tx))
        if "name" in change:
            self._count_name(tx, before.name, -1)
            self._count_name(tx, file.name, 1)
        return replace(file, version=version + 1)

    def count_records(self, tx: Transaction, file_no: str, count: int) -> int:
        """The number within the file of the first of `count` more records."""
        self._files.update_one({"_id": file_no}, {"$inc": {"records": count}}, session=tx.session)
        found = self._files.find_one({"_id": file_no}, {"records": 1}, session=tx.session)
        if found is None:
            raise NotFound
        return int(found["records"]) - count + 1

    def set_id_number(self, tx: Transaction, file_no: str, id_number: str | None) -> None:
        """Note whose ID number it is, or that none is known. Raises Invalid when another file has it."""
        change: dict[str, Any] = {"$unset": {"id_digest": ""}}
        if id_number:
            change = {"$set": {"id_digest": self._digest("id_number", id_number)}}
        with _unique_id_number():
            self._files.update_one({"_id": file_no}, change, session=tx.session)

    def window(
        self, below: int | None, department: str | None = None, most: int = WINDOW
    ) -> tuple[list[Placed], int]:  # fmt: skip
        """Up to `most` files opened before place `below`, newest first, each with its place; and the next `below`.

        One department's files alone are looked for among twice as many places.
        """
        end = self.last("n") + 1
        end = min(below, end) if below is not None else end
        start = max(1, end - (WINDOW if department is None else 2 * WINDOW))
        asked: Document = {} if department is None else {"department": department}
        found = list(self._files.find({**asked, "n": {"$gte": start, "$lt": end}}, sort=[("n", -1)], limit=most))
        return self._placed(found), found[-1]["n"] if len(found) == most else start

    def placed(self, numbers: Sequence[str]) -> list[Placed]:
        """At most 100 files by their numbers, newest first, each with its place."""
        found = self._files.find({"_id": {"$in": list(numbers)[:WINDOW]}})
        return self._placed(sorted(found, key=lambda one: -int(one["n"])))

    def _placed(self, found: Sequence[Document]) -> list[Placed]:
        ciphers = self._keys.ciphers([one["_id"] for one in found])
        return [(one["n"], self._file(one, ciphers[one["_id"]])) for one in found if one["_id"] in ciphers]

    def _digest(self, kind: str, value: str) -> str:
        return self._keys.system.digest(f"{kind}:{value}".encode())

    def _document(self, file: File, cipher: FileCipher) -> Document:
        document = _flat(file)
        document["_id"] = document.pop("file_no")
        document["name"] = cipher.seal(f"files/{file.file_no}/name", file.name)
        del document["records"]
        return document

    def _file(self, found: Document, cipher: FileCipher | None = None) -> File:
        cipher = cipher or self._keys.cipher(found["_id"])
        name = str(cipher.open(f"files/{found['_id']}/name", found["name"]))
        return File(
            found["_id"], name, found["department"], found["post"], found["hire_date"], Status(found["status"]),
            found["left_on"], found.get("records", 0), found["version"], found["opened_by"], found["opened_at"],
        )  # fmt: skip


def _flat(file: File) -> Document:
    """`asdict` without its deep copies, which a file's plain values do not need."""
    return {one.name: getattr(file, one.name) for one in fields(File)}


class _unique_id_number:  # noqa: N801
    """Turns the index's refusal into words."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, (DuplicateKeyError, BulkWriteError)) and "id_digest" in str(error.details):
            fault = FieldError("id_number", "身份证号码：已有档案使用同一号码，请先检索核对")
            raise Invalid(fields=[fault]) from error
