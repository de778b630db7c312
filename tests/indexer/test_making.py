"""Documents of a large archive are made by several processes: the same ones, and no process stays behind."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from indexer import making
from service.bootstrap import Archive, build
from service.config import Settings
from service.person import SYSTEM
from service.store.connection import Store
from tests.cast import CAST, DEPARTMENTS

GIVEN = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}


@pytest.fixture
def reachable(store: Store, data_folder: Path, master: bytes) -> Archive:
    """An archive that another process finds by its settings, with a file."""
    made = build(Settings(data=data_folder, mongodb_database=store.db.name), store)
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    file = made.opening.open(CAST["hr"], GIVEN)
    made.records.add(CAST["hr"], file.file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"})
    return made


def nothing() -> None:
    """Nothing is to be done meanwhile."""


def end_a_child() -> None:
    """What the system does when memory runs out."""
    for child in multiprocessing.active_children()[:1]:
        os.kill(child.pid, signal.SIGKILL)


def stop() -> None:
    raise InterruptedError


def test_processes_make_the_same_documents(reachable: Archive) -> None:
    """A file comes out of another process as it does here."""
    here = list(making.everything(reachable, nothing))
    assert list(making.everything(reachable, nothing, few=0)) == here
    assert [len(documents) for _, documents in here] == [2]


@pytest.mark.parametrize(
    ("meanwhile", "raised"), [(end_a_child, making.ChildDied), (stop, InterruptedError)], ids=["killed", "stopped"]
)
def test_no_process_stays(reachable: Archive, meanwhile: Callable[[], None], raised: type[OSError]) -> None:
    """Where a process is killed, or the indexer is to stop, the making ends, and all its processes with it."""
    with closing(making.everything(reachable, meanwhile, few=0)) as made, pytest.raises(raised):
        list(made)
    assert not multiprocessing.active_children()
