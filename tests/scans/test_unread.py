"""How many scans still wait for their reading."""

import io

import pytest

from scanner_ingest.worker import Worker
from service.bootstrap import Archive
from service.errors import Forbidden, NotFound
from tests.cast import CAST
from tests.scans.conftest import Plate, plate

HR = CAST["hr"]


def test_what_is_read_no_longer_waits(archive: Archive) -> None:
    """Each scan is counted from its upload until it was read, for those who may upload."""
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    file = archive.opening.open(HR, given)
    course = {"date": "2025-05-06", "course": "投诉处理"}
    record = archive.records.add(HR, file.file_no, "training", "internal", course)
    for n in range(3):
        archive.scans.upload(HR, record.id, io.BytesIO(plate(str(n))), "a.png")
    assert archive.scans.unread(CAST["clerk"]) == 3
    worker = Worker(archive, Plate())
    worker.once()
    assert archive.scans.unread(HR) == 2
    worker.once()
    worker.once()
    assert archive.scans.unread(HR) == 0
    for name in ("head", "admin", "stranger"):
        with pytest.raises((Forbidden, NotFound)):
            archive.scans.unread(CAST[name])
