"""The trail holds under many writers, and every kind of tampering shows."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.audit.checkpoints import Checkpoints
from service.audit.trail import Audit, file_chain
from service.audit.verifier import verify
from service.bootstrap import Archive, opened
from service.cli import cli
from service.clock import SetClock
from service.config import Settings
from service.person import SYSTEM, Person, Role
from service.store.connection import Store, connect
from service.store.embedded import EmbeddedStore
from service.store.keys import Keyring
from service.store.turns import Turns
from service.timer import due_jobs, turn
from tests.cast import CAST

CLERK = Person("clerk", "文员", Role.CLERK, "north", origin="127.0.0.1")


def at_once(works: list[Callable[[], object]]) -> None:
    """Run all at the same time; the first failure fails the test."""
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def faults(audit: Audit) -> list[tuple[str, int]]:
    return [(fault.subject, fault.seq) for fault in verify(audit.trail)]


@pytest.fixture
def chain(store: Store, audit: Audit) -> str:
    """A chain of six events."""
    subject = file_chain("KF-2021-00001")
    for n in range(6):
        audit.record(CLERK, "record.changed", subject=subject, ids={"n": str(n)})
    return subject


def test_sixteen_writers_on_one_file_leave_no_gap_and_no_fork(store: Store, audit: Audit) -> None:
    """160 events written by 16 threads to one chain have the numbers 1 to 160, each after the one before."""
    subject = file_chain("KF-2021-00001")
    at_once([lambda: [audit.record(CLERK, "look", subject=subject) for _ in range(10)]] * 16)
    assert [event.seq for event in audit.trail.chain(subject)] == list(range(1, 161))
    assert faults(audit) == []


def test_writers_in_several_processes_leave_no_gap(store: Store, audit: Audit, server: EmbeddedStore) -> None:
    """Writers who share no queue, as processes do, lose races and retry, and the chain stays whole."""
    subject = file_chain("KF-2021-00001")
    others = [connect(server.running.uri, store.db.name) for _ in range(4)]
    audits = [Audit(other, audit._clock) for other in others]
    at_once([lambda a=a: [a.record(CLERK, "look", subject=subject) for _ in range(5)] for a in audits])
    for other in others:
        other.close()
    assert [event.seq for event in audit.trail.chain(subject)] == list(range(1, 21))
    assert faults(audit) == []


def test_sixteen_files_need_no_retry(store: Store, audit: Audit) -> None:
    """People on different files never wait for each other: no transaction is started twice."""
    for n in range(16):
        audit.record(CLERK, "look", subject=file_chain(f"KF-{n}"))
    at_once(
        [lambda n=n: [audit.record(CLERK, "look", subject=file_chain(f"KF-{n}")) for _ in range(5)] for n in range(16)]
    )
    assert store.retries == 0
    assert faults(audit) == []


def test_an_event_is_kept_only_with_its_change(store: Store, audit: Audit) -> None:
    """When the transaction fails, neither the change nor its event is there."""

    def work(tx) -> None:
        store.db["things"].insert_one({"_id": 1}, session=tx.session)
        audit.append(tx, CLERK, "thing.made", subject="system")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.transact(work)
    assert store.db["things"].count_documents({}) == 0
    assert list(audit.trail.chain("system")) == []


def test_an_altered_event_is_named(store: Store, audit: Audit, chain: str) -> None:
    """The verifier names the first event whose content was changed."""
    store.db["audit"].update_one({"subject": chain, "seq": 3}, {"$set": {"account": "someone"}})
    assert faults(audit) == [(chain, 3)]


def test_a_removed_event_is_named(store: Store, audit: Audit, chain: str) -> None:
    """A hole in the middle of a chain is named by its number."""
    store.db["audit"].delete_one({"subject": chain, "seq": 4})
    assert faults(audit) == [(chain, 4)]


def test_a_cut_tail_shows_by_the_head(store: Store, audit: Audit, chain: str) -> None:
    """Events missing at the end are named, since the head knows of them."""
    store.db["audit"].delete_many({"subject": chain, "seq": {"$gte": 5}})
    assert faults(audit) == [(chain, 5)]


def test_a_cut_tail_with_its_head_shows_by_the_checkpoint(
    store: Store, audit: Audit, keys: Keyring, chain: str
) -> None:
    """Whoever cuts a tail and mends the head as well is found out by what a checkpoint has signed."""
    Checkpoints(store, keys, audit._clock).sign()
    fourth = store.db["audit"].find_one({"subject": chain, "seq": 4})
    store.db["audit"].delete_many({"subject": chain, "seq": {"$gt": 4}})
    store.db["audit_heads"].update_one({"_id": chain}, {"$set": {"seq": 4, "digest": fourth["digest"]}})
    assert faults(audit) == [(chain, 5)]


def test_a_removed_chain_shows_by_the_checkpoint(store: Store, audit: Audit, keys: Keyring, chain: str) -> None:
    """A chain that was removed altogether is named."""
    Checkpoints(store, keys, audit._clock).sign()
    store.db["audit"].delete_many({"subject": chain})
    store.db["audit_heads"].delete_one({"_id": chain})
    assert faults(audit) == [(chain, 6)]


def test_an_altered_checkpoint_is_named(store: Store, audit: Audit, keys: Keyring, chain: str) -> None:
    """A checkpoint that was changed no longer fits its signature."""
    Checkpoints(store, keys, audit._clock).sign()
    store.db["audit_checkpoints"].update_one({"_id": 1}, {"$set": {"heads": []}})
    assert faults(audit) == [("checkpoints", 1)]


def test_a_checkpoint_signs_only_what_moved(store: Store, keys: Keyring, set_clock: SetClock) -> None:
    """Each checkpoint names the heads that moved since the last; nothing new means no checkpoint."""
    audit = Audit(store, set_clock)
    checkpoints = Checkpoints(store, keys, set_clock)
    audit.record(CLERK, "look", subject=file_chain("KF-1"))
    audit.record(CLERK, "look", subject=file_chain("KF-2"))
    assert checkpoints.sign() == 2
    audit.record(CLERK, "look", subject=file_chain("KF-2"))
    assert checkpoints.sign() == 1
    assert checkpoints.sign() == 0
    assert faults(audit) == []


@pytest.fixture
def signing(store: Store, audit: Audit, keys: Keyring, chain: str, tmp_path: Path) -> Checkpoints:
    """Three checkpoints, the last of them noted in the data folder."""
    made = Checkpoints(store, keys, audit._clock, tmp_path)
    for _ in range(3):
        audit.record(CLERK, "look", subject=chain)
        made.sign()
    return made


def checked(audit: Audit, signing: Checkpoints) -> list[tuple[str, int]]:
    return [(fault.subject, fault.seq) for fault in verify(audit.trail, signing)]


def test_removed_checkpoints_show_by_their_count_and_for_ever(
    store: Store, audit: Audit, signing: Checkpoints, chain: str
) -> None:
    """The last one missing is named; what happens then is signed all the same, under the next number."""
    assert (checked(audit, signing), faults(audit)) == ([], [])
    store.db["audit_checkpoints"].delete_one({"_id": 3})
    assert (checked(audit, signing), faults(audit)) == ([("checkpoints", 3)],) * 2
    audit.record(CLERK, "look", subject=chain)
    assert signing.sign() == 1
    assert signing.sign() == 0
    assert sorted(store.db["audit_checkpoints"].distinct("_id")) == [0, 1, 2, 4]
    assert (checked(audit, signing), faults(audit)) == ([("checkpoints", 4)],) * 2


def test_what_the_data_folder_notes_outlasts_the_database(
    store: Store, audit: Audit, signing: Checkpoints, chain: str
) -> None:
    """Who removes every checkpoint, the key and the count, and rewrites the trail, is found out by the data folder; new
    checkpoints do not cover it up, and a count that is set back stops nobody from signing."""
    store.db["audit_checkpoints"].delete_many({})
    store.db["counters"].delete_one({"_id": "checkpoints"})
    store.db["audit"].delete_many({"subject": chain})
    store.db["audit_heads"].delete_one({"_id": chain})
    assert (checked(audit, signing), faults(audit)) == ([("checkpoints", 1)], [])
    Audit(store, audit._clock).record(CLERK, "look", subject=chain)
    assert signing.sign() == 1
    assert (checked(audit, signing), signing.noted()[0]) == ([("checkpoints", 4)], 4)
    store.db["counters"].update_one({"_id": "checkpoints"}, {"$set": {"last": 3}})
    audit.record(CLERK, "look", subject=chain)
    assert (signing.sign(), signing.noted()[0]) == (1, 5)


def test_a_checkpoint_that_another_one_took_the_place_of_is_named(
    audit: Audit, signing: Checkpoints, tmp_path: Path
) -> None:
    """The data folder knows the last one by its digest, too."""
    (tmp_path / "last-checkpoint").write_text(f"3 {'0' * 64}\n")
    assert checked(audit, signing) == [("checkpoints", 3)]


def test_a_key_of_somebody_elses_signs_nothing(store: Store, audit: Audit, signing: Checkpoints, keys: Keyring) -> None:
    """Who signs everything anew and puts the public half of a key of theirs in clear is found out by the sealed one."""
    forged, kept = Ed25519PrivateKey.generate(), store.db["audit_checkpoints"]
    for document in list(kept.find({"_id": {"$gt": 0}})):
        signature = forged.sign(document["digest"].encode())
        kept.update_one({"_id": document["_id"]}, {"$set": {"signature": signature}})
    public = forged.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    kept.update_one({"_id": 0}, {"$set": {"public": public}})
    assert (checked(audit, signing), faults(audit)) == ([("checkpoints", 1)], [])
    kept.update_one({"_id": 0}, {"$set": {"private": keys.system.seal("elsewhere", "00")}})
    assert checked(audit, signing) == [("checkpoints", 1)]


def test_health_shows_that_nothing_is_signed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part that signs is well after a turn of the timer, and is not where signing fails."""

    def well() -> bool | None:
        return next(part.well for part in archive.administration.health(CAST["admin"]) if part.name == "审计签名")

    jobs = [job for job in due_jobs(archive) if job[0] == "checkpoint"]
    monkeypatch.setattr(archive.checkpoints, "_write", lambda *_: 1 / 0)
    turn(jobs, Turns(archive.store, archive.clock))
    assert well() is False
    monkeypatch.undo()
    archive.store.db["turns"].delete_many({})
    turn(jobs, Turns(archive.store, archive.clock))
    assert well() is True
    assert (archive.settings.data / "last-checkpoint").exists()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A data folder of its own, as `dangan` finds it."""
    monkeypatch.setenv("DANGAN_DATA", str(tmp_path / "data"))
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_the_command_names_what_is_wrong(alone: None) -> None:
    """`dangan audit verify` ends with 0 and says that the trail is whole; with 1 and the event where it is not."""
    with opened(Settings()) as archive:
        archive.accounts.put_department(SYSTEM, "north", "北方客服部")
        archive.checkpoints.sign()
    said = CliRunner().invoke(cli, ["audit", "verify"])
    assert (said.exit_code, said.output) == (0, "the trail is whole\n")
    with opened(Settings()) as archive:
        archive.store.db["audit"].update_one({"_id": "system/1"}, {"$set": {"account": "someone"}})
        archive.store.db["audit_checkpoints"].delete_one({"_id": 1})
    said = CliRunner().invoke(cli, ["audit", "verify"])
    gone = "checkpoints event 1: is missing at the end: later ones are counted or noted"
    assert said.output.splitlines() == [gone, "system event 1: was altered", "2 chains are not whole"]
    assert said.exit_code == 1
