"""Blobs: what was stored comes back byte for byte, lies encrypted, and no altered segment opens."""

import io
import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import NotFound
from service.store.blobs import SEGMENT, Blobs, Damaged
from service.store.connection import Store
from service.store.keys import FileCipher

CIPHER = FileCipher(b"k" * 32)
LONG = os.urandom(2 * SEGMENT + 17)


@pytest.fixture
def blobs(store: Store) -> Blobs:
    return Blobs(store, "scans")


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT])
def test_content_comes_back(blobs: Blobs, size: int) -> None:
    """Content of every size around the segment's comes back as it was."""
    content = LONG[:size]
    assert blobs.bytes(CIPHER, blobs.put(CIPHER, "KF-1", io.BytesIO(content))) == content


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.integers(0, len(LONG)), length=st.integers(0, len(LONG)))
def test_a_range_is_that_part(blobs: Blobs, start: int, length: int) -> None:
    """Any range read from the store is the same range of the content."""
    blob = blobs.put(CIPHER, "KF-1", io.BytesIO(LONG))
    assert b"".join(blobs.read(CIPHER, blob, start, start + length)) == LONG[start : start + length]


def test_nothing_readable_is_stored(store: Store, blobs: Blobs) -> None:
    """The stored chunks hold none of the content, and the file's name and digest say nothing of it."""
    blob = blobs.put(CIPHER, "KF-1", io.BytesIO("劳动合同 contract ".encode() * 1000))
    stored = b"".join(bytes(chunk["data"]) for chunk in store.db["scans.chunks"].find())
    assert b"contract" not in stored
    assert blob.sha256 not in str(store.db["scans.files"].find_one())


def test_the_same_content_is_stored_once(store: Store, blobs: Blobs) -> None:
    """Storing equal bytes again within a file gives the blob that is there; another file has its own."""
    first = blobs.put(CIPHER, "KF-1", io.BytesIO(b"same"))
    store.transact(lambda tx: blobs.settle(tx, first.id))
    assert blobs.put(CIPHER, "KF-1", io.BytesIO(b"same")) == first
    blobs.put(CIPHER, "KF-2", io.BytesIO(b"same"))
    assert store.db["scans.files"].count_documents({}) == 2


@pytest.mark.parametrize("harm", ["flip", "swap", "cut"])
def test_altered_segments_do_not_open(store: Store, blobs: Blobs, harm: str) -> None:
    """A flipped bit, two swapped segments and a cut tail are each found out."""
    blob = blobs.put(CIPHER, "KF-1", io.BytesIO(LONG))
    chunks = store.db["scans.chunks"]
    first, second = (chunks.find_one({"files_id": blob.id, "n": n}) for n in (0, 1))
    if harm == "flip":
        data = bytearray(first["data"])
        data[100] ^= 1
        chunks.update_one({"_id": first["_id"]}, {"$set": {"data": bytes(data)}})
    elif harm == "swap":
        chunks.update_one({"_id": first["_id"]}, {"$set": {"data": second["data"]}})
        chunks.update_one({"_id": second["_id"]}, {"$set": {"data": first["data"]}})
    else:
        chunks.delete_one({"files_id": blob.id, "n": 2})
    with pytest.raises(Damaged):
        blobs.bytes(CIPHER, blob)


def test_what_was_never_settled_is_swept(store: Store, blobs: Blobs) -> None:
    """An upload that no document refers to is removed; one that was settled or is in use stays."""
    lost = blobs.put(CIPHER, "KF-1", io.BytesIO(b"lost"))
    used = blobs.put(CIPHER, "KF-1", io.BytesIO(b"used"))
    settled = blobs.put(CIPHER, "KF-1", io.BytesIO(b"settled"))
    store.transact(lambda tx: blobs.settle(tx, settled.id))
    later = datetime.now(UTC) + timedelta(hours=1)
    assert blobs.sweep(later, lambda blob_id: blob_id == used.id) == 1
    assert [blobs.exists(blob.id) for blob in (lost, used, settled)] == [False, True, True]


def test_a_blob_that_is_gone_is_not_found(blobs: Blobs) -> None:
    """Reading a deleted blob raises NotFound, and deleting it again is no error."""
    blob = blobs.put(CIPHER, "KF-1", io.BytesIO(b"x"))
    blobs.delete(blob.id)
    blobs.delete(blob.id)
    with pytest.raises(NotFound):
        blobs.bytes(CIPHER, blob)


def test_content_whose_upload_was_cut_off_is_stored_again(store: Store, blobs: Blobs) -> None:
    """What a killed upload left does not stand in the way of the same content, and is swept."""
    lost = blobs.put(CIPHER, "KF-1", io.BytesIO(LONG))
    store.db["scans.files"].delete_one({"_id": lost.id})  # killed after its chunks, before GridFS knew the whole
    blob = blobs.put(CIPHER, "KF-1", io.BytesIO(LONG))
    assert blobs.bytes(CIPHER, blob) == LONG
    store.transact(lambda tx: blobs.settle(tx, blob.id))
    assert blobs.sweep(datetime.now(UTC) + timedelta(hours=1), lambda blob_id: blob_id == blob.id) == 1
    assert store.db["scans.chunks"].count_documents({}) == 3
