"""Files in MongoDB, names sealed under each file's key; their numbers; who opened which lately."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.rules import AgentFile, Status
from service.store.connection import Document, Store, Transaction
from service.store.keys import FileCipher, Keyring

FILES, COUNTERS, RECENTS = "files", "counters", "recents"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    FILES: (
        IndexModel([("n", ASCENDING)], unique=True),
        IndexModel([("department", ASCENDING), ("n", ASCENDING)]),
        IndexModel([("name_digest", ASCENDING)]),
        IndexModel(
            [("id_digest", ASCENDING)],
            name="id_digest_unique",
            unique=True,
            partialFilterExpression={"id_digest": {"$type": "string"}},
        ),
    ),
    COUNTERS: (),
    RECENTS: (),
}
WINDOW = 200
"""No filter here matches more documents than this (design, data)."""
KEPT_RECENTS = 12
SAME_NAME_SHOWN = 20


class TakenNumber(Exception):
    """The file number is in use, as after a change of the numbering rule: take the next one."""


def name_place(file_no: str) -> str:
    return f"files/{file_no}/name"


class Files:
    """Files, one document each. Gives and takes them with the name in clear; stores it sealed."""

    def __init__(self, store: Store, keys: Keyring) -> None:
        self._files = store.collection(FILES)
        self._counters = store.collection(COUNTERS)
        self._keys = keys

    # -- numbers ---------------------------------------------------------------------------------

    def take(self, counter: str, count: int = 1) -> int:
        """The first of `count` numbers that nobody else gets, ever. Outside any transaction, so that people who
        open files at the same time do not wait; a number whose opening failed stays unused."""
        while True:
            try:
                found = self._counters.find_one_and_update(
                    {"_id": counter},
                    {"$inc": {"last": count}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
            except DuplicateKeyError:  # two made the counter at once
                continue
            return int(found["last"]) - count + 1

    def last(self) -> int:
        """The place of the file that was opened last."""
        found = self._counters.find_one({"_id": FILES})
        return int(found["last"]) if found else 0

    # -- reading ---------------------------------------------------------------------------------

    def get(self, file_no: str, tx: Transaction | None = None) -> AgentFile:
        """Raises NotFound, also when the file's key is gone."""
        found = self._files.find_one({"_id": file_no}, session=tx.session if tx else None)
        if found is None:
            raise NotFound
        return self._file(found, self._keys.cipher(file_no, tx))

    def many(self, file_nos: Sequence[str]) -> dict[str, AgentFile]:
        """Up to 200 files by number, in two look-ups; those that are gone are left out."""
        found = list(self._files.find({"_id": {"$in": list(file_nos)[:WINDOW]}}))
        return {file.file_no: file for file in self._opened(found)}

    def window(self, first: int, department: str | None = None) -> list[AgentFile]:
        """Files at the places `first` to `first + 199`, newest first."""
        query: dict[str, Any] = {"n": {"$gte": first, "$lt": first + WINDOW}}
        if department is not None:
            query["department"] = department
        return list(self._opened(self._files.find(query, sort=[("n", DESCENDING)])))

    def with_name(self, name_digest: str) -> list[str]:
        """Numbers of files whose agent has this name; a few are enough to ask whether it is the same person."""
        found = self._files.find({"name_digest": name_digest}, {"_id": 1}, limit=SAME_NAME_SHOWN)
        return sorted(document["_id"] for document in found)

    def with_id_number(self, id_digest: str) -> str | None:
        """The file whose agent has this ID number."""
        found = self._files.find_one({"id_digest": id_digest}, {"_id": 1})
        return found["_id"] if found else None

    def with_id_numbers(self, digests: Sequence[str]) -> set[str]:
        """Which of up to 200 digests of ID numbers are taken."""
        found = self._files.find({"id_digest": {"$in": list(digests)[:WINDOW]}}, {"id_digest": 1})
        return {document["id_digest"] for document in found}

    def digest_name(self, name: str) -> str:
        return self._keys.system.digest(f"name:{name}".encode())

    def digest_id_number(self, id_number: str) -> str:
        return self._keys.system.digest(f"id_number:{id_number}".encode())

    def _opened(self, found: Iterable[Document]) -> Iterable[AgentFile]:
        documents = list(found)
        ciphers = self._keys.ciphers([document["_id"] for document in documents])
        return (self._file(d, ciphers[d["_id"]]) for d in documents if d["_id"] in ciphers)

    def _file(self, found: Document, cipher: FileCipher) -> AgentFile:
        kept = {name: found[name] for name in AgentFile.__dataclass_fields__ if name in found}
        name = cipher.open(name_place(found["_id"]), found["name"])
        return AgentFile(**{**kept, "file_no": found["_id"], "name": str(name), "status": Status(found["status"])})

    # -- writing ---------------------------------------------------------------------------------

    def insert_all(self, tx: Transaction, files: Sequence[tuple[AgentFile, FileCipher, str | None]]) -> None:
        """Add files, each with its cipher and ID number. Raises TakenNumber, and Invalid for a taken ID number."""
        documents = [
            self._document(file, cipher, self._digests(file.name, id_number)) for file, cipher, id_number in files
        ]
        try:
            self._files.insert_many(documents, session=tx.session)
        except (DuplicateKeyError, BulkWriteError) as error:
            raise (taken_id_number() if _is_id_number(error) else TakenNumber()) from error

    def replace(
        self, tx: Transaction, file: AgentFile, version: int, *, id_number: str | None = None, rename: bool = False
    ) -> AgentFile:
        """Store `file` over the `version` that was read. With `rename`, its name and ID number are set anew.

        Raises Conflict, with what stands there, when someone was faster; Invalid for a taken ID number.
        """
        after: AgentFile = AgentFile(**{**_fields(file), "version": version + 1})
        values = self._document(after, self._keys.cipher(file.file_no), {})
        del values["_id"]
        changes: dict[str, Any] = {"$set": values}
        if rename:
            digests = self._digests(file.name, id_number)
            values.update(digests)
            if "id_digest" not in digests:
                changes["$unset"] = {"id_digest": ""}
        try:
            done = self._files.update_one({"_id": file.file_no, "version": version}, changes, session=tx.session)
        except DuplicateKeyError as error:
            raise taken_id_number() from error
        if done.matched_count == 0:
            raise Conflict(current=self.get(file.file_no))
        return after

    def count_record(self, tx: Transaction, file_no: str) -> int:
        """One more record in the file; its place in it. Raises NotFound."""
        found = self._files.find_one_and_update(
            {"_id": file_no},
            {"$inc": {"records": 1}},
            projection={"records": 1},
            return_document=ReturnDocument.AFTER,
            session=tx.session,
        )
        if found is None:
            raise NotFound
        return int(found["records"])

    def _digests(self, name: str, id_number: str | None) -> dict[str, str]:
        digests = {"name_digest": self.digest_name(name)}
        if id_number:
            digests["id_digest"] = self.digest_id_number(id_number)
        return digests

    @staticmethod
    def _document(file: AgentFile, cipher: FileCipher, digests: Mapping[str, str]) -> Document:
        document = {**_fields(file), **digests, "name": cipher.seal(name_place(file.file_no), file.name)}
        return {"_id": document.pop("file_no"), **document, "status": str(file.status)}


class Recents:
    """The files that each person opened last, newest first: one small document per account."""

    def __init__(self, store: Store) -> None:
        self._recents = store.collection(RECENTS)

    def of(self, account: str) -> list[str]:
        found = self._recents.find_one({"_id": account})
        return list(found["files"]) if found else []

    def add(self, account: str, file_no: str) -> None:
        """Put a file first. Two at once may lose one entry, which is a convenience only."""
        before = self.of(account)
        if before[:1] == [file_no]:
            return
        after = [file_no, *(other for other in before if other != file_no)][:KEPT_RECENTS]
        self._recents.update_one({"_id": account}, {"$set": {"files": after}}, upsert=True)


def taken_id_number() -> Invalid:
    return Invalid(fields=[FieldError("id_number", "这个身份证号码已有档案：请查找该档案，不要重复建档")])


def _fields(file: AgentFile) -> dict[str, Any]:
    return asdict(file)


def _is_id_number(error: DuplicateKeyError | BulkWriteError) -> bool:
    return "id_digest" in str(error.details)
