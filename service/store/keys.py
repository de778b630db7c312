"""File keys: one random key per file, wrapped by the installation's key; and what is made from them.

The wrapping is the driver's client-side encryption, so that a local master key file and the key services of
AWS, Azure, GCP or KMIP are one code path. Destroying a file's key makes all that it sealed unreadable (T4).
"""

import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bson.binary import Binary
from bson.codec_options import CodecOptions
from bson.errors import InvalidId
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pymongo.encryption import Algorithm, ClientEncryption  # type: ignore[attr-defined]
from pymongo.errors import DuplicateKeyError, EncryptionError

from service.errors import NotFound
from service.store.connection import Document, Store, Transaction
from service.store.embedded import StoreProblem

COLLECTION = "file_keys"
VAULT = "key_vault"
KEPT_SECONDS = 60.0
"""An unwrapped key is remembered no longer than this (design, Keys)."""
KEPT_MOST = 2000
"""And no more keys than these: the one that was opened first goes for a new one."""
SYSTEM_SUBJECT = "@system"
"""The key of what belongs to no file: digests that are unique in the whole archive, accounts, settings."""
_NAME = "dangan"
_NONCE = 12


class KeyProblem(StoreProblem):
    """The master key is missing, unsafe or not the one that this archive was made with."""


class FileCipher:
    """Seals and digests with the keys of one file. HKDF (RFC 5869) makes a key for each purpose."""

    def __init__(self, key: bytes) -> None:
        self._sealing = AESGCM(_derive(key, b"content"))
        self._digest_key = _derive(key, b"digest")

    @property
    def aead(self) -> AESGCM:
        """For blobs, which are sealed in segments."""
        return self._sealing

    def seal(self, place: str, value: object) -> bytes:
        """`value` as JSON under AES-256-GCM. `place` names where it lies, so that it opens nowhere else."""
        nonce = os.urandom(_NONCE)
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return nonce + self._sealing.encrypt(nonce, plain, place.encode())

    def open(self, place: str, sealed: bytes) -> object:
        """What `seal` was given. Raises InvalidTag when it was altered or moved to another place."""
        return json.loads(self.plain(place, sealed).decode())

    def plain(self, place: str, sealed: bytes) -> bytes:
        """The JSON of what `seal` was given, for who has a quicker way through it, or wants a part of it alone."""
        return self._sealing.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())

    def digest(self, data: bytes) -> str:
        """HMAC-SHA-256 of `data` in hex: tells equal content within the file, and nothing to others."""
        return hmac.new(self._digest_key, data, hashlib.sha256).hexdigest()

    def fingerprint(self, value: object) -> str:
        """The digest of a value as canonical JSON: shows that it changed, and to nobody what it was."""
        return self.digest(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode())

    def digester(self) -> "hmac.HMAC":
        """The same, fed piece by piece."""
        return hmac.new(self._digest_key, digestmod=hashlib.sha256)


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"dangan " + purpose).derive(key)


def master_key(path: Path, *, create: bool) -> tuple[bytes, bool]:
    """The local master key (96 bytes), and whether it was made just now. Raises KeyProblem."""
    if path.exists():
        key = path.read_bytes()
        if len(key) != 96:
            raise KeyProblem(f"{path} is not a master key: 96 bytes are expected")
        return key, False
    if not create:
        raise KeyProblem(f"the master key {path} is missing; put the copy that you keep elsewhere back in its place")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = os.urandom(96)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    return key, True


class Keyring:
    """The wrapped keys in `file_keys`, opened for at most a minute."""

    def __init__(self, store: Store, master: bytes) -> None:
        self._keys = store.collection(COLLECTION)
        self._encryption: ClientEncryption[Document] = ClientEncryption(
            {"local": {"key": master}}, f"{store.db.name}.{VAULT}", store.client, CodecOptions()
        )
        self._wrapping = self._wrapping_key()
        self._opened: dict[str, tuple[float, FileCipher]] = {}
        self._guard = threading.Lock()
        self._encryption_guard = threading.Lock()
        self._ensure_system_key()

    def _wrapping_key(self) -> Binary:
        try:
            found = self._encryption.get_key_by_alt_name(_NAME)
            key_id: Binary = found["_id"] if found else self._encryption.create_data_key("local", key_alt_names=[_NAME])
            self._encryption.encrypt(b"", Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random, key_id)
        except (EncryptionError, InvalidId) as error:
            raise KeyProblem("the master key is not the one that this archive was made with") from error
        return key_id

    def _ensure_system_key(self) -> None:
        if self._keys.find_one({"_id": SYSTEM_SUBJECT}, {"_id": 1}) is None:
            try:
                self._keys.insert_one({"_id": SYSTEM_SUBJECT, "key": self._wrap(os.urandom(32))})
            except DuplicateKeyError:
                return  # another process was faster; its key is the one

    def _wrap(self, key: bytes) -> Binary:
        with self._encryption_guard:
            return self._encryption.encrypt(Binary(key), Algorithm.AEAD_AES_256_CBC_HMAC_SHA_512_Random, self._wrapping)

    def create(self, tx: Transaction, subjects: Sequence[str]) -> dict[str, FileCipher]:
        """A new random 256-bit key for each subject, kept in this transaction. Never replaces one."""
        keys = {subject: os.urandom(32) for subject in subjects}
        wrapped = [{"_id": subject, "key": self._wrap(key)} for subject, key in keys.items()]
        self._keys.insert_many(wrapped, session=tx.session)
        return {subject: FileCipher(key) for subject, key in keys.items()}

    def cipher(self, subject: str, tx: Transaction | None = None) -> FileCipher:
        """The cipher of a file. Raises NotFound when its key is gone, that is, when it was destroyed."""
        now = time.monotonic()
        with self._guard:
            kept = self._opened.get(subject)
        if kept is not None and now - kept[0] < KEPT_SECONDS:
            return kept[1]
        found = self._keys.find_one({"_id": subject}, session=tx.session if tx else None)
        if found is None:
            with self._guard:
                self._opened.pop(subject, None)
            raise NotFound
        return self._remember(subject, found["key"], now, keep=tx is None)

    def ciphers(self, subjects: list[str]) -> dict[str, FileCipher]:
        """The ciphers of at most 200 files in one look-up; those whose key is gone are left out."""
        now = time.monotonic()
        with self._guard:
            found = {
                subject: kept[1]
                for subject in subjects
                if (kept := self._opened.get(subject)) is not None and now - kept[0] < KEPT_SECONDS
            }
        missing = [subject for subject in dict.fromkeys(subjects) if subject not in found]
        if missing:
            for document in self._keys.find({"_id": {"$in": missing}}):
                found[document["_id"]] = self._remember(document["_id"], document["key"], now, keep=True)
        return found

    def _remember(self, subject: str, wrapped: Binary, now: float, *, keep: bool) -> FileCipher:
        with self._encryption_guard:
            cipher = FileCipher(bytes(self._encryption.decrypt(wrapped)))
        if keep:
            with self._guard:
                self._opened.pop(subject, None)
                self._opened[subject] = (now, cipher)
                if len(self._opened) > KEPT_MOST:
                    del self._opened[next(iter(self._opened))]
        return cipher

    @property
    def system(self) -> FileCipher:
        return self.cipher(SYSTEM_SUBJECT)

    def destroy(self, tx: Transaction, subject: str) -> None:
        """Delete a file's key: what it sealed cannot be opened again (T4)."""
        self._keys.delete_one({"_id": subject}, session=tx.session)
        self.forget(subject)

    def forget(self, subject: str) -> None:
        with self._guard:
            self._opened.pop(subject, None)


__all__ = ["FileCipher", "InvalidTag", "KeyProblem", "Keyring", "master_key"]
