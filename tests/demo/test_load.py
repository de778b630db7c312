"""The demo fills an empty archive, goes on after a cut, and never touches an office's own."""

from collections import Counter

import pytest

from indexer.follow import Follower
from scanner_ingest.worker import Worker
from service.bootstrap import Archive
from service.demo import load as load_room
from service.demo.load import load
from service.files.rules import Status
from service.person import SYSTEM, Role
from service.supervision.rules import Matter
from tests.cast import CAST
from tests.scans.conftest import Plate


@pytest.fixture
def demo(archive: Archive) -> Archive:
    archive.settings.demo_count, archive.settings.demo_scans = 8, 2
    return archive


def test_the_demo_is_loaded_once(demo: Archive) -> None:
    """Loading twice gives the same agents once, with their scans and one account for each role."""
    load(demo)
    load(demo)
    assert len(demo.files.list(CAST["hr"])[0]) == 8
    assert len(demo.passes.of("head")) == 1
    kinds = Counter(one["media_type"] for one in demo.store.db["scans"].find())
    assert kinds == {"image/jpeg": 2, "application/pdf": 12}
    assert demo.accounts.log_in("auditor", "dangan-demo", "")[1].role is Role.AUDITOR


def test_a_load_that_was_cut_off_is_finished(demo: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off in each of its steps, one after the other, the demo is in the end what one load makes, nothing twice."""

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    whole = load_room._STEPS
    for at, (step, _) in enumerate(whole):
        monkeypatch.setattr(load_room, "_STEPS", (*whole[:at], (step, cut), *whole[at + 1 :]))
        with pytest.raises(KeyboardInterrupt):
            load(demo)
    monkeypatch.setattr(load_room, "_STEPS", whole)
    monkeypatch.setattr(load_room, "draw", cut)
    with pytest.raises(KeyboardInterrupt):
        load(demo)
    monkeypatch.undo()
    load(demo)
    there = {name: demo.store.db[name].count_documents({}) for name in ("submissions", "scans", "loans", "facilities")}
    assert there == {"submissions": 0, "scans": 14, "loans": 2, "facilities": 3}
    assert len(demo.passes.of("head")) == 1
    assert {file.status for file in demo.files.list(CAST["hr"])[0]} == {Status.ACTIVE, Status.LEFT}


@pytest.mark.slow
def test_most_files_of_the_demo_are_complete(demo: Archive) -> None:
    """The newest papers are photographed; the others of the checklist are printed, and say themselves what they are."""
    load(demo)
    worker = Worker(demo, Plate())
    while worker.once():
        pass
    printed = next(str(one["_id"]) for one in demo.store.db["scans"].find({"media_type": "application/pdf"}))
    assert demo.scans.text(CAST["hr"], printed, 1).text.startswith(("身份证复印件", "毕业证书"))
    Follower(demo).rebuild()
    counts = {one.matter: one.total for one in demo.supervision.overview(CAST["archives"]).counts}
    assert counts[Matter.MISSING] == 2  # one without a contract, one whose diploma is still to come


def test_an_offices_own_archive_is_left_alone(demo: Archive) -> None:
    """An archive that has accounts of its own gets no invented people, whatever it is started with."""
    demo.accounts.create(SYSTEM, "chief", "陈工", Role.ADMIN, "一个新的长密码-2026")
    load(demo)
    assert demo.files.list(CAST["hr"])[0] == []
    assert not demo.store.db["accounts"].find_one({"_id": "hr"})
