"""Records in MongoDB: one document each, every value sealed by itself so that the shape stays visible."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from pymongo import IndexModel

from service.errors import Conflict, NotFound
from service.records.rules import Record, State, Verdict, Verification
from service.store.connection import Document, Store, Transaction
from service.store.keys import FileCipher, Keyring

COLLECTION, VERSIONS = "records", "record_versions"
WINDOW = 200
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (IndexModel([("file", 1), ("n", 1)], unique=True),),
    VERSIONS: (IndexModel([("record", 1), ("version", 1)], unique=True),),
}


def new_id() -> str:
    return str(ObjectId())


class Records:
    """Records by their id, and those of one file in windows of their numbers."""

    def __init__(self, store: Store, keys: Keyring) -> None:
        self._records = store.collection(COLLECTION)
        self._versions = store.collection(VERSIONS)
        self._keys = keys

    def get(self, record_id: str, tx: Transaction | None = None) -> Record:
        """Raises NotFound."""
        found = self._records.find_one({"_id": _object_id(record_id)}, session=tx.session if tx else None)
        if found is None:
            raise NotFound
        return self._record(found)

    def many(self, ids: list[str]) -> dict[str, Record]:
        """At most 100 records by their ids."""
        wanted = [_object_id(one) for one in ids[:100]]
        found = list(self._records.find({"_id": {"$in": wanted}}))
        ciphers = self._keys.ciphers([one["file"] for one in found])
        return {str(one["_id"]): self._record(one, ciphers[one["file"]]) for one in found if one["file"] in ciphers}

    def kinds(self, ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Category and sub-category of at most 200 records, without opening what they say."""
        wanted = {"_id": {"$in": [_object_id(one) for one in sorted(ids)[:200]]}}
        found = self._records.find(wanted, {"category": 1, "subcategory": 1})
        return {str(one["_id"]): (one["category"], one["subcategory"]) for one in found}

    def of_file(
        self, file_no: str, count: int, kind: tuple[str, str] | None = None, tx: Transaction | None = None
    ) -> Iterator[Record]:
        """All records of a file that has made `count` of them, or those of one kind, in the order of their making."""
        of_kind = {"category": kind[0], "subcategory": kind[1]} if kind else {}
        session = tx.session if tx else None
        for start in range(1, count + 1, WINDOW):
            window = {"file": file_no, "n": {"$gte": start, "$lt": start + WINDOW}, **of_kind}
            for found in self._records.find(window, sort=[("n", 1)], session=session):
                yield self._record(found)

    def of_files(self, numbers: list[str]) -> dict[str, list[Record]]:
        """All records of up to a hundred files in one look, for a rebuild; never for an answer to a person."""
        ciphers = self._keys.ciphers(numbers)
        made: dict[str, list[Record]] = {}
        for found in self._records.find({"file": {"$in": numbers}}, comment="walk"):
            if found["file"] in ciphers:
                made.setdefault(found["file"], []).append(self._record(found, ciphers[found["file"]]))
        return {file_no: sorted(records, key=lambda record: record.number) for file_no, records in made.items()}

    def add(self, tx: Transaction, records: Sequence[tuple[Record, FileCipher]]) -> None:
        """Keep new records, each with the cipher of its file."""
        if records:
            self._records.insert_many([self._document(*one) for one in records], session=tx.session)

    def replace(self, tx: Transaction, record: Record, version: int) -> None:
        """Store `record` over the version that was read, which is kept. Raises Conflict with what stands there."""
        before = self._records.find_one({"_id": ObjectId(record.id)}, session=tx.session)
        document = {**self._document(record, self._keys.cipher(record.file_no, tx)), "version": version + 1}
        done = self._records.replace_one({"_id": document["_id"], "version": version}, document, session=tx.session)
        if done.matched_count == 0 or before is None:
            raise Conflict(current=self._record(before) if before else None)
        kept = {**before, "record": before["_id"], "_id": ObjectId()}
        self._versions.insert_one(kept, session=tx.session)

    def versions(self, record_id: str, version: int) -> list[Record]:
        """Earlier versions, newest first, at most the last hundred."""
        window = {"record": _object_id(record_id), "version": {"$gte": version - 100, "$lt": version}}
        found = self._versions.find(window, sort=[("version", -1)])
        return [self._record({**one, "_id": one["record"]}) for one in found]

    def _document(self, record: Record, cipher: FileCipher) -> Document:
        verification = record.verification
        return {
            "_id": ObjectId(record.id), "file": record.file_no, "n": record.number, "category": record.category,
            "subcategory": record.subcategory, "date": record.date, "state": record.state, "author": record.author,
            "made_at": record.made_at, "version": record.version, "checked_by": record.checked_by,
            "changed_by": record.changed_by, "changed_at": record.changed_at,
            "case": record.case,
            "fields": {name: _sealed(cipher, record.id, name, value) for name, value in record.fields.items()},
            "note": cipher.seal(_place(record.id, "@note"), record.note) if record.note else None,
            "verification": verification and {
                "verdict": verification.verdict, "by": verification.by, "at": verification.at,
                "reason": cipher.seal(_place(record.id, "@reason"), verification.reason),
            },
        }  # fmt: skip

    def _record(self, found: Document, cipher: FileCipher | None = None) -> Record:
        cipher = cipher or self._keys.cipher(found["file"])
        record_id = str(found["_id"])
        checked = found["verification"]
        return Record(
            id=record_id, file_no=found["file"], number=found["n"], category=found["category"],
            subcategory=found["subcategory"], date=found["date"], state=State(found["state"]),
            fields={name: _opened(cipher, record_id, name, value) for name, value in found["fields"].items()},
            author=found["author"], made_at=found["made_at"], version=found["version"],
            checked_by=found["checked_by"], case=found.get("case", ""),
            changed_by=found.get("changed_by", ""), changed_at=found.get("changed_at"),
            note=_text(cipher, record_id, "@note", found["note"]),
            verification=checked and Verification(
                Verdict(checked["verdict"]), checked["by"], checked["at"],
                _text(cipher, record_id, "@reason", checked["reason"]),
            ),
        )  # fmt: skip


def _sealed(cipher: FileCipher, record_id: str, name: str, value: Any) -> bytes | list[dict[str, Any]]:
    """A value sealed by itself; a group's rows keep their shape, and each value its place in them."""
    if not isinstance(value, list):
        return cipher.seal(_place(record_id, name), value)
    return [
        {inner: cipher.seal(_place(record_id, f"{name}.{n}.{inner}"), one) for inner, one in row.items()}
        for n, row in enumerate(value, 1)
    ]


def _opened(cipher: FileCipher, record_id: str, name: str, kept: Any) -> Any:
    if not isinstance(kept, list):
        return cipher.open(_place(record_id, name), kept)
    return [
        {inner: cipher.open(_place(record_id, f"{name}.{n}.{inner}"), one) for inner, one in row.items()}
        for n, row in enumerate(kept, 1)
    ]


def _text(cipher: FileCipher, record_id: str, name: str, sealed: bytes | None) -> str:
    return str(cipher.open(_place(record_id, name), sealed)) if sealed else ""


def _place(record_id: str, name: str) -> str:
    return f"records/{record_id}/fields/{name}"


def _object_id(text: str) -> ObjectId:
    try:
        return ObjectId(text)
    except (InvalidId, TypeError) as error:
        raise NotFound from error
