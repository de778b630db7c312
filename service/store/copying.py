"""Copying a whole database to another server, as the bytes that are stored: nothing is opened on the way.

A batch asks the target first what it has, so that a copy that was cut off goes on with what is missing.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteMany, InsertOne, ReplaceOne
from pymongo.collection import Collection

from service.store.connection import Store

MARK = "moves"
"""In the target: which archive is being copied into it, and whether all of it is there."""
_TOGETHER = 200
_BYTES = 16 * 2**20
_RAW = CodecOptions(document_class=RawBSONDocument)
Raw = Collection[RawBSONDocument]


class Occupied(Exception):
    """The target holds another archive already."""


class Differs(Exception):
    """After copying a collection is not the same on both sides."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One collection that is equal on both sides."""

    name: str
    documents: int
    digest: str
    written: int
    """Documents that this run had to write; the others were there."""


def unfinished(store: Store) -> bool:
    """Whether a move into this database was begun and not ended: nobody may work on it yet."""
    mark = store.db[MARK].find_one({"_id": "archive"})
    return mark is not None and not mark["done"]


def copy(
    source: Store, target: Store, archive: bytes, leave: Sequence[str], tell: Callable[[Copied], None]
) -> list[Copied]:
    """Copy every collection but those in `leave`; `archive` tells one archive from another.

    Raises Occupied before anything is written, and Differs where a collection could not be made the same.
    """
    _mark(target, archive)
    done = []
    for name in sorted(source.db.list_collection_names()):
        if name in (*leave, MARK) or name.startswith("system."):
            continue
        done.append(_collection(_raw(source, name), _raw(target, name)))
        tell(done[-1])
    return done


def digest(store: Store, collection: str) -> str:
    """What tells one state of a collection from all others."""
    whole = _Digest()
    for batch in _batches(_raw(store, collection)):
        whole.add(batch)
    return str(whole)


def finish(target: Store) -> None:
    """All of it is there: people may work on it."""
    target.db[MARK].update_one({"_id": "archive"}, {"$set": {"done": True}})


def _mark(target: Store, archive: bytes) -> None:
    mark = target.db[MARK].find_one({"_id": "archive"})
    if mark is None and target.db.list_collection_names():
        raise Occupied
    if mark is not None and (mark["archive"] != archive or mark["done"]):
        raise Occupied
    target.db[MARK].update_one({"_id": "archive"}, {"$set": {"archive": archive, "done": False}}, upsert=True)


def _raw(store: Store, name: str) -> Raw:
    return cast("Raw", store.db[name].with_options(codec_options=_RAW))


def _collection(source: Raw, target: Raw) -> Copied:
    written = 0
    ours = _Digest()
    for batch in _batches(source):
        ours.add(batch)
        there = {_id(one): bytes(one.raw) for one in target.find({"_id": {"$in": [one["_id"] for one in batch]}})}
        writes: list[Any] = [_write(one, there) for one in batch if there.get(_id(one)) != one.raw]
        if writes:
            target.bulk_write(writes, ordered=False)
        written += len(writes)
    theirs = _Digest()
    for batch in _batches(target):
        kept = {_id(one) for one in source.find({"_id": {"$in": [one["_id"] for one in batch]}}, {"_id": 1})}
        gone = [one["_id"] for one in batch if _id(one) not in kept]
        if gone:  # the source was used again after a move that was cut off
            target.bulk_write([DeleteMany({"_id": {"$in": gone}})])
        theirs.add([one for one in batch if _id(one) in kept])
    if ours != theirs:
        raise Differs(f"{source.name}: {ours.count} documents here, {theirs.count} there")
    return Copied(source.name, ours.count, str(ours), written)


def _write(document: RawBSONDocument, there: dict[bytes, bytes]) -> Any:
    if _id(document) in there:
        return ReplaceOne({"_id": document["_id"]}, document)
    return InsertOne(document)


def _id(document: RawBSONDocument) -> bytes:
    """A document's id as something that can be looked up, whatever its type."""
    return repr(document["_id"]).encode()


def _batches(collection: Raw) -> Iterator[list[RawBSONDocument]]:
    """All documents by one cursor, in batches that are small in number and in bytes."""
    batch: list[RawBSONDocument] = []
    size = 0
    with collection.find({}, batch_size=_TOGETHER, comment="walk") as cursor:
        for one in cursor:
            batch.append(one)
            size += len(one.raw)
            if len(batch) == _TOGETHER or size >= _BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


class _Digest:
    """Count and sum of the digests of documents: equal for equal sets, in whatever order they come."""

    def __init__(self) -> None:
        self.count, self._sum = 0, 0

    def add(self, batch: list[RawBSONDocument]) -> None:
        self.count += len(batch)
        for one in batch:
            self._sum += int.from_bytes(hashlib.sha256(one.raw).digest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Digest) and (self.count, self._sum) == (other.count, other._sum)

    def __hash__(self) -> int:
        return hash((self.count, self._sum))

    def __str__(self) -> str:
        return f"{self._sum % 2**256:064x}"
