"""An archive of March 2026 with three agents, and what a clerk hands in."""

import io
from collections.abc import Iterator, Sequence

import pytest

from service.bootstrap import Archive, build
from service.clock import SetClock
from service.config import Settings
from service.files.rules import File
from service.intake.submissions.operations import Submission
from service.intake.submissions.rules import State, spread
from service.person import SYSTEM
from service.records.rules import State as RecordState
from service.store.connection import Store
from tests.cast import CAST, DEPARTMENTS
from tests.scans.conftest import plate
from tests.serving import Served, serving

HR, CLERK, ARCHIVIST, ARCHIVES = CAST["hr"], CAST["clerk"], CAST["archivist"], CAST["archives"]
COURSE = {"date": "2026-02-06", "course": "投诉处理"}
GENUINE = {"verdict": "verified"}
LIKE = {
    State.DRAFT: RecordState.DRAFT, State.SUBMITTED: RecordState.SUBMITTED, State.CHECKED: RecordState.SUBMITTED,
    State.FILED: RecordState.FILED, State.RETURNED: RecordState.RETURNED, State.WITHDRAWN: RecordState.WITHDRAWN,
}  # fmt: skip
"""The state of a case's records."""


@pytest.fixture
def archive(store: Store, data_folder, tmp_path, set_clock: SetClock, master: bytes) -> Archive:
    """An archive on Monday, 2 March 2026, with a clock that can be set."""
    made = build(Settings(data=tmp_path, master_key=data_folder / "keys" / "master.key"), store, set_clock)
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    return made


@pytest.fixture
def files(archive: Archive) -> list[File]:
    """Three agents of the north."""
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return [archive.opening.open(HR, {**given, "name": name}) for name in ("林晓", "欧阳若溪", "田文")]


@pytest.fixture
def served(archive: Archive) -> Iterator[Served]:
    with serving(archive, "clerk", "archivist", "archives") as made:
        yield made


def batch(archive: Archive, files: Sequence[File], scores: Sequence[int], **how: bool) -> Submission:
    agents = [{"file_no": file.file_no, "score": score} for file, score in zip(files, scores, strict=True)]
    return archive.submissions.create(CLERK, spread("training", "internal", COURSE, agents), **how)


def states(archive: Archive, one: Submission) -> set[str]:
    return {archive.kept_records.get(record).state for record in one.content.records}


def promoted(archive: Archive, file: File) -> Submission:
    fields = {"date": "2026-03-01", "from_post": "客服专员", "to_post": "客服组长"}
    return archive.supplements.create(CLERK, spread("career", "promotion", fields, [{"file_no": file.file_no}]))


def prove(archive: Archive, one: Submission) -> None:
    for record in one.content.records:
        archive.scans.upload(CLERK, record, io.BytesIO(plate("任命")), "a.png")
