"""The demo fills an empty archive, goes on after a cut, and never touches an office's own."""

import pytest

from service.bootstrap import Archive
from service.demo.load import load
from service.person import SYSTEM, Role
from tests.cast import CAST


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
    assert demo.store.db["scans"].count_documents({}) == 2
    assert demo.accounts.log_in("auditor", "dangan-demo", "")[1].role is Role.AUDITOR


def test_an_offices_own_archive_is_left_alone(demo: Archive) -> None:
    """An archive that has accounts of its own gets no invented people, whatever it is started with."""
    demo.accounts.create(SYSTEM, "chief", "陈工", Role.ADMIN, "一个新的长密码-2026")
    load(demo)
    assert demo.files.list(CAST["hr"])[0] == []
    assert not demo.store.db["accounts"].find_one({"_id": "hr"})
