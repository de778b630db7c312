"""Searching by what a pass opens: its parts, its mask, its pledge and its end, and one's own file after a promotion."""

from dataclasses import replace

import pytest

from indexer.follow import Follower
from service.bootstrap import Archive
from service.files.rules import File
from service.person import Person
from service.search.rules import Criteria
from tests.cast import CAST, holding

HR = CAST["hr"]
MOBILE = "13812345678"


@pytest.fixture
def file(archive: Archive) -> File:
    """A file of another department than its viewer's, with a contract, a mobile number and somebody's opinion."""
    given = {"name": "林晓", "department": "south", "post": "客服专员", "hire_date": "2021-03-01"}
    made = archive.opening.open(HR, given)
    for category, sub, fields in (
        ("onboarding", "contract", {"number": "HT-7", "start": "2021-03-01"}),
        ("basic", "contact", {"mobile": MOBILE}),
        ("appraisal", "opinion", {"source": "superior", "who": "吴敏", "date": "2025-05-06", "opinion": "沉稳可靠"}),
    ):
        archive.records.add(HR, made.file_no, category, sub, fields)
    Follower(archive).rebuild()
    return made


def found(archive: Archive, person: Person, words: str) -> int:
    """How many records are found, and shown."""
    answer = archive.search.search(person, Criteria("records", words))
    assert answer.total == len(answer.hits)
    return len(answer.hits)


def test_a_search_goes_as_far_as_a_pass(archive: Archive, file: File) -> None:
    """V2, K2: its categories and records alone; full numbers where they were granted; nothing without the pledge."""
    assert found(archive, CAST["head"], "HT-7") == 0
    some = holding(archive, "head", file.file_no, categories=("onboarding",))
    assert (found(archive, some, "HT-7"), found(archive, some, "沉稳可靠"), found(archive, some, MOBILE)) == (1, 0, 0)
    assert found(archive, replace(some, pledged=False), "HT-7") == 0
    archive.store.transact(lambda tx: archive.passes.end(tx, some.passes[0].id, archive.clock.now()))
    assert found(archive, archive.passes.equipped(CAST["head"], "", 1), "HT-7") == 0
    full = holding(archive, "head", file.file_no, masked=False)
    assert (found(archive, full, MOBILE), found(archive, full, "沉稳可靠")) == (1, 1)
    both = holding(archive, "head", file.file_no)
    assert (found(archive, both, MOBILE), found(archive, both, "HT-7")) == (0, 1)
    one = replace(some, passes=(replace(some.passes[0], categories=(), records=("0" * 24,)),))
    assert found(archive, one, "HT-7") == 0


def test_ones_own_file_is_found_whatever_one_became(archive: Archive, file: File) -> None:
    """V1: a former agent who heads another department finds their own file, and not what others think of them."""
    head = replace(CAST["head"], file_no=file.file_no)
    assert (found(archive, head, "HT-7"), found(archive, head, "沉稳可靠"), found(archive, head, MOBILE)) == (1, 0, 0)
    assert file.file_no in [one.file_no for one in archive.files.list(head)[0]]
    files = archive.search.search(head, Criteria("files", "林晓"))
    assert [hit.file.file_no for hit in files.hits] == [file.file_no]
