"""Encrypted content in GridFS: content-addressed within a file, in segments, read back and compared.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): each segment's additional data is the
blob's id, the segment's number and whether it is the last, so that swapped, cut or moved segments do not
open. One GridFS chunk holds one segment, so that a range is read without the rest.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

import gridfs
from cryptography.exceptions import InvalidTag
from gridfs.errors import CorruptGridFile, NoFile
from pymongo import IndexModel

from service.errors import NotFound
from service.store.connection import Document, Store, Transaction
from service.store.keys import FileCipher

SEGMENT = 1024 * 1024
"""Bytes of plain content in one segment."""
_TAG = 16
_PREFIX = 7


class Damaged(Exception):
    """What was read back is not what was written, or does not open."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One stored content: its id in GridFS, its size in bytes and its SHA-256 in hex."""

    id: str
    size: int
    sha256: str
    prefix: bytes

    @property
    def content(self) -> str:
        """The content's address: equal for equal bytes within one file."""
        return self.id.rpartition("/")[0]


def indexes(bucket: str) -> dict[str, list[IndexModel]]:
    """The indexes that GridFS's specification asks for, to be made at the start."""
    return {
        f"{bucket}.files": [IndexModel([("filename", 1), ("uploadDate", 1)])],
        f"{bucket}.chunks": [IndexModel([("files_id", 1), ("n", 1)], unique=True)],
    }


class Blobs:
    """One bucket of GridFS (`scans` or `previews`)."""

    def __init__(self, store: Store, bucket: str) -> None:
        self._bucket = gridfs.GridFSBucket(store.db, bucket_name=bucket, chunk_size_bytes=SEGMENT + _TAG)
        self._files = store.db[f"{bucket}.files"]
        self._chunks = store.db[f"{bucket}.chunks"]
        self._intents = store.db[f"{bucket}.intents"]  # few: what is being sent at this moment, or was cut off

    def put(self, cipher: FileCipher, owner: str, content: IO[bytes]) -> Blob:
        """Store `content` under its digest within `owner` (a file number), once. Raises Damaged.

        `content` is read twice, so that the id is known before the first byte is sent.
        """
        plain, keyed, size = hashlib.sha256(), cipher.digester(), 0
        content.seek(0)
        while piece := content.read(SEGMENT):
            plain.update(piece)
            keyed.update(piece)
            size += len(piece)
        address = f"{owner}/{keyed.hexdigest()}"
        there = self._settled(address, size)
        if there is not None:
            return Blob(there["_id"], size, plain.hexdigest(), bytes(there["metadata"]["prefix"]))
        # Each sending has an id of its own, so that what a cut-off one left stands in nobody's way.
        blob_id, prefix = f"{address}/{os.urandom(6).hex()}", os.urandom(_PREFIX)
        self._intents.insert_one({"_id": blob_id, "at": datetime.now(UTC)})
        content.seek(0)
        written = hashlib.sha256()
        with self._bucket.open_upload_stream_with_id(blob_id, address, metadata={"prefix": prefix}) as out:
            # GridFS looks for any document before each upload, to make its indexes; ours are made at the start.
            object.__setattr__(out, "_ensured_index", True)
            for sealed in _seal(cipher, blob_id, prefix, content, size):
                written.update(sealed)
                out.write(sealed)
        self._compare(blob_id, written.digest())
        return Blob(blob_id, size, plain.hexdigest(), prefix)

    def _settled(self, address: str, size: int) -> Document | None:
        """The stored content that a document refers to; what is not settled may be swept at any moment."""
        for found in self._files.find({"filename": address}, limit=20):
            settled = self._intents.find_one({"_id": found["_id"]}) is None
            if settled and found["length"] == _sealed_length(size):
                return found
        return None

    def _compare(self, blob_id: str, expected: bytes) -> None:
        read = hashlib.sha256()
        with self._bucket.open_download_stream(blob_id) as stored:
            while piece := stored.readchunk():
                read.update(piece)
        if read.digest() != expected:
            self._bucket.delete(blob_id)
            raise Damaged(blob_id)

    def read(self, cipher: FileCipher, blob: Blob, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, piece by piece. Raises NotFound or Damaged."""
        end = blob.size if end is None else min(end, blob.size)
        count = _segments(blob.size)
        try:
            with self._bucket.open_download_stream(blob.id) as stored:
                number = start // SEGMENT
                stored.seek(number * (SEGMENT + _TAG))
                while number * SEGMENT < end or (number == 0 and blob.size == 0):
                    sealed = stored.read(SEGMENT + _TAG)
                    last = number == count - 1
                    plain = cipher.aead.decrypt(
                        _nonce(blob.prefix, number, last), sealed, _place(blob.id, number, last)
                    )
                    offset = number * SEGMENT
                    yield plain[max(start - offset, 0) : end - offset]
                    number += 1
                    if number >= count:
                        break
        except NoFile as error:
            raise NotFound from error
        except (InvalidTag, CorruptGridFile) as error:
            raise Damaged(blob.id) from error

    def bytes(self, cipher: FileCipher, blob: Blob) -> bytes:
        """All of it. Raises NotFound or Damaged."""
        return b"".join(self.read(cipher, blob))

    def delete(self, blob_id: str) -> None:
        """Remove a blob; one that is not there is no error."""
        try:
            self._bucket.delete(blob_id)
        except NoFile:
            self._chunks.delete_many({"files_id": blob_id})

    def exists(self, blob_id: str, tx: Transaction | None = None) -> bool:
        return self._files.find_one({"_id": blob_id}, {"_id": 1}, session=tx.session if tx else None) is not None

    def settle(self, tx: Transaction, blob_id: str) -> None:
        """A document now refers to the blob: it is no longer a candidate for the sweep."""
        self._intents.delete_one({"_id": blob_id}, session=tx.session)

    def sweep(self, before: datetime, used: Callable[[str], bool]) -> int:
        """Remove what was begun before `before` and never settled, unless `used` says that a document has it."""
        begun = list(self._intents.find({}, sort=[("_id", 1)], limit=100))
        stale = [intent["_id"] for intent in begun if intent["at"] < before]
        removed = 0
        for blob_id in stale:
            if not used(blob_id):
                self.delete(blob_id)
                removed += 1
            self._intents.delete_one({"_id": blob_id})
        return removed


def _segments(size: int) -> int:
    return max(1, -(-size // SEGMENT))


def _sealed_length(size: int) -> int:
    return size + _segments(size) * _TAG


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4) + (b"\1" if last else b"\0")


def _place(blob_id: str, number: int, last: bool) -> bytes:
    return f"{blob_id}/{number}/{'last' if last else 'more'}".encode()


def _seal(cipher: FileCipher, blob_id: str, prefix: bytes, content: IO[bytes], size: int) -> Iterator[bytes]:
    count = _segments(size)
    for number in range(count):
        last = number == count - 1
        plain = content.read(SEGMENT)
        yield cipher.aead.encrypt(_nonce(prefix, number, last), plain, _place(blob_id, number, last))
