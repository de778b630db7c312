"""Stocktakes beside everything else that goes on: loans, and people who scan while somebody ends it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from service.bootstrap import Archive
from service.circulation.lending.rules import Event
from service.errors import Conflict
from service.files.rules import File
from service.places.repository import PLACED
from service.places.rules import Place
from service.places.stocktaking import COLLECTION, Stocktaking
from service.store.connection import Transaction
from tests.places.conftest import ARCHIVIST, contract, lend, opened


@pytest.fixture
def files(archive: Archive, box: Place) -> list[File]:
    """Twelve files with their bags in the box."""
    made = opened(archive, 12)
    for file in made:
        archive.places.put(ARCHIVIST, file.file_no, box.code)
    return made


def test_what_is_lent_is_not_missing(archive: Archive, files: list[File], box: Place) -> None:
    """S5, L5: a bag that is lent, and a record whose whole file is, are listed apart, with their day."""
    record = contract(archive, files[1])
    archive.places.put(ARCHIVIST, record.id, box.code)
    lend(archive, files[0].file_no, files[1].file_no)
    begun = archive.stocktaking.begin(ARCHIVIST, box.code)
    for file in files[2:]:
        archive.stocktaking.scan(ARCHIVIST, begun.id, file.file_no)
    due = archive.clock.today() + timedelta(days=7)
    away = {files[0].file_no: due, files[1].file_no: due, record.id: due}
    differs = archive.stocktaking.get(ARCHIVIST, begun.id)[2]
    assert ({one.id: one.due for one in differs.lent}, differs.missing, differs.clean) == (away, (), True)
    archive.stocktaking.close(ARCHIVIST, begun.id)
    assert archive.stocktaking.get(ARCHIVIST, begun.id)[2] == differs


def test_what_is_lost_is_missing(archive: Archive, files: list[File], box: Place) -> None:
    """L6: nobody will bring back what was lost: a stocktake says that it is not there."""
    loan = lend(archive, files[0].file_no)
    given = {"condition": "lost", "pages": "0", "note": "遗失在途中", "answers": "吴敏"}
    for event in (Event.RETURN, Event.CLOSE):
        archive.lending.take(ARCHIVIST, loan, event, None, given)
    begun = archive.stocktaking.begin(ARCHIVIST, box.code)
    assert files[0].file_no in archive.stocktaking.get(ARCHIVIST, begun.id)[2].missing


def test_a_stocktake_of_before_is_read(archive: Archive, box: Place) -> None:
    """One that was closed when nothing was kept of loans."""
    closed = archive.stocktaking.close(ARCHIVIST, archive.stocktaking.begin(ARCHIVIST, box.code).id)
    archive.store.collection(COLLECTION).update_many({"place": box.code}, {"$unset": {"lent": ""}})
    assert archive.stocktaking.get(ARCHIVIST, closed.id)[2] == closed.difference


def test_a_scan_while_it_is_ended_counts(archive: Archive, files: list[File], box: Place) -> None:
    """What is scanned while the difference is being made is in it."""

    def scanned_meanwhile(_files: Mapping[str, str], _tx: Transaction | None) -> Mapping[str, date]:
        archive.stocktaking.scan(ARCHIVIST, begun.id, files[0].file_no)
        return {}

    begun = archive.stocktaking.begin(ARCHIVIST, box.code)
    parts = (archive.store, archive.places._places, archive.places, archive.audit, archive.gate, archive.clock)
    closed = Stocktaking(*parts, scanned_meanwhile).close(ARCHIVIST, begun.id)
    assert closed.difference == archive.stocktaking.get(ARCHIVIST, begun.id)[2]
    assert closed.found == (files[0].file_no,)
    assert files[0].file_no not in closed.difference.missing


def test_no_scan_is_answered_and_lost(archive: Archive, files: list[File], box: Place) -> None:
    """Twelve people scan while a thirteenth ends it: a scan is in what was found, or was told that it came too late."""
    begun = archive.stocktaking.begin(ARCHIVIST, box.code)
    start = Barrier(13)

    def scan(file: File) -> bool:
        start.wait()
        try:
            archive.stocktaking.scan(ARCHIVIST, begun.id, file.file_no)
        except Conflict:
            return False
        return True

    def end() -> None:
        start.wait()
        archive.stocktaking.close(ARCHIVIST, begun.id)

    with ThreadPoolExecutor(13) as pool:
        ended = pool.submit(end)
        kept = [file.file_no for file, done in zip(files, pool.map(scan, files), strict=True) if done]
        ended.result()
    closed, _, differs = archive.stocktaking.get(ARCHIVIST, begun.id)
    assert (sorted(closed.found), set(differs.missing)) == (kept, {one.file_no for one in files} - set(kept))


def test_more_than_two_hundred_strangers_are_told_apart(archive: Archive, files: list[File], box: Place) -> None:
    """Of 260 scans that belong elsewhere none is said to have no place at all."""
    placed = archive.store.collection(PLACED)
    one = placed.find_one({"_id": files[0].file_no})
    codes = [f"X{n:03}" for n in range(260)]
    placed.insert_many([{**one, "_id": code, "box": f"H9{n % 2:04}"} for n, code in enumerate(codes)])
    begun = archive.stocktaking.begin(ARCHIVIST, box.code)
    archive.store.collection(COLLECTION).update_many({"place": box.code}, {"$set": {"found": codes}})
    differs = archive.stocktaking.get(ARCHIVIST, begun.id)[2]
    assert (len(differs.misplaced), differs.surplus) == (260, ())
