"""File keys: what is sealed opens only where and with what it was sealed."""

import pytest
from cryptography.exceptions import InvalidTag

from service.errors import NotFound
from service.store.connection import Store
from service.store.keys import KeyProblem, Keyring


def test_a_value_comes_back_as_it_was_sealed(store: Store, keys: Keyring) -> None:
    """A sealed value opens to the same value, and its text is nowhere in what is stored."""
    cipher = store.transact(lambda tx: keys.create(tx, ["KF-1"])["KF-1"])
    sealed = cipher.seal("records/1/fields/name", {"name": "欧阳小满", "n": 3})
    assert "欧阳".encode() not in sealed
    assert keys.cipher("KF-1").open("records/1/fields/name", sealed) == {"name": "欧阳小满", "n": 3}


def test_a_moved_value_does_not_open(store: Store, keys: Keyring) -> None:
    """A sealed value that was copied to another place, or opened with another file's key, is refused."""
    first = store.transact(lambda tx: keys.create(tx, ["KF-1"])["KF-1"])
    second = store.transact(lambda tx: keys.create(tx, ["KF-2"])["KF-2"])
    sealed = first.seal("records/1", "甲")
    with pytest.raises(InvalidTag):
        first.open("records/2", sealed)
    with pytest.raises(InvalidTag):
        second.open("records/1", sealed)


def test_a_destroyed_key_is_gone(store: Store, keys: Keyring) -> None:
    """After its key is destroyed a file's cipher is not found, also not from memory."""
    store.transact(lambda tx: keys.create(tx, ["KF-1"])["KF-1"])
    keys.cipher("KF-1")
    store.transact(lambda tx: keys.destroy(tx, "KF-1"))
    with pytest.raises(NotFound):
        keys.cipher("KF-1")


def test_another_master_key_is_refused(store: Store, keys: Keyring) -> None:
    """An archive does not start with a master key that is not its own."""
    with pytest.raises(KeyProblem):
        Keyring(store, b"x" * 96)


def test_digests_tell_equal_content_within_a_file_only(store: Store, keys: Keyring) -> None:
    """The same bytes have the same digest in one file and different ones in two."""
    first = store.transact(lambda tx: keys.create(tx, ["KF-1"])["KF-1"])
    second = store.transact(lambda tx: keys.create(tx, ["KF-2"])["KF-2"])
    assert first.digest(b"x") == keys.cipher("KF-1").digest(b"x") != second.digest(b"x")


def test_many_ciphers_come_in_one_look_up(store: Store, keys: Keyring) -> None:
    """Ciphers of several files are found together; one without a key is left out."""
    store.transact(lambda tx: keys.create(tx, ["KF-1", "KF-2"]))
    assert set(keys.ciphers(["KF-1", "KF-2", "KF-3"])) == {"KF-1", "KF-2"}


def test_only_the_keys_opened_last_are_remembered(store: Store, keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files are read within a minute, the key that was opened first is forgotten for a new one."""
    monkeypatch.setattr("service.store.keys.KEPT_MOST", 2)
    store.transact(lambda tx: keys.create(tx, ["KF-1", "KF-2", "KF-3"]))
    first, second, third = (keys.cipher(number) for number in ("KF-1", "KF-2", "KF-3"))
    assert (keys.cipher("KF-3"), keys.cipher("KF-2")) == (third, second)
    assert keys.cipher("KF-1") is not first
