"""Which file is whose own: seen in the trail from both sides, and shared by nobody (V1, M2)."""

import pytest

from service.audit.trail import account_chain, file_chain
from service.bootstrap import Archive
from service.errors import Invalid
from service.files.rules import File
from service.person import SYSTEM, Role
from tests.cast import CAST, PASSWORD

ADMIN = CAST["admin"]


@pytest.fixture
def files(archive: Archive) -> list[File]:
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return [archive.opening.open(CAST["hr"], {"name": name, **given}) for name in ("林晓", "周敏")]


def last(archive: Archive, subject: str) -> tuple[str, dict[str, str]]:
    event = list(archive.audit.trail.chain(subject))[-1]
    return event.action, dict(event.ids)


def test_a_file_that_is_lent_to_an_account_says_so(archive: Archive, files: list[File]) -> None:
    """V1, M2: binding an account to a file and back leaves events on the account's chain and on both files'."""
    mine, other = (file.file_no for file in files)
    archive.accounts.create(SYSTEM, "lin", "林晓", Role.AGENT, PASSWORD, "north", mine)
    assert last(archive, file_chain(mine)) == ("account.bound", {"account": "lin", "file": mine})
    assert last(archive, account_chain("lin"))[1]["file"] == mine
    archive.accounts.change(ADMIN, "lin", 1, "林晓", Role.AGENT, "north", other)
    assert last(archive, file_chain(mine)) == ("account.unbound", {"account": "lin", "file": mine})
    assert last(archive, file_chain(other)) == ("account.bound", {"account": "lin", "file": other})
    assert last(archive, account_chain("lin"))[1]["file"] == other
    seen = archive.audit.trail.head(file_chain(other))[0]
    archive.accounts.change(ADMIN, "lin", 2, "林小晓", Role.AGENT, "north", other)
    assert archive.audit.trail.head(file_chain(other))[0] == seen


def test_no_two_active_accounts_share_a_file(archive: Archive, files: list[File]) -> None:
    """V1: a second account for a file is refused by the field, whether it is made, changed or opened again."""
    mine = files[0].file_no
    archive.accounts.create(SYSTEM, "lin", "林晓", Role.AGENT, PASSWORD, "north", mine)
    archive.accounts.create(SYSTEM, "lin2", "林晓", Role.AGENT, PASSWORD, "north")
    with pytest.raises(Invalid) as refused:
        archive.accounts.change(ADMIN, "lin2", 1, "林晓", Role.AGENT, "north", mine)
    assert [fault.name for fault in refused.value.fields] == ["file_no"]
    archive.accounts.set_active(ADMIN, "lin", False)
    archive.accounts.change(ADMIN, "lin2", 1, "林晓", Role.AGENT, "north", mine)
    with pytest.raises(Invalid):
        archive.accounts.set_active(ADMIN, "lin", True)


def test_a_number_that_is_no_file_yet_begins_no_chain(archive: Archive) -> None:
    """An account can be made before its file is opened; the file's first event stays its opening."""
    archive.accounts.create(SYSTEM, "lin", "林晓", Role.AGENT, PASSWORD, "north", "KF-2021-00001")
    assert archive.audit.trail.head(file_chain("KF-2021-00001"))[0] == 0


def test_relatives_are_traced_and_written_as_files_are(archive: Archive, files: list[File]) -> None:
    """M2: what was added and what dropped stands in the trail; numbers are kept in the way that files have them."""
    mine, other = (file.file_no for file in files)
    archive.accounts.create(SYSTEM, "head", "吴敏", Role.HEAD, PASSWORD, "north")
    archive.standing.keep_relatives(CAST["hr"], "head", [f" {mine.lower()} ", "ＫＦ-2021-00002"])
    assert archive.standing.relatives(CAST["hr"], "head") == (mine, other)
    assert last(archive, account_chain("head")) == ("relatives.kept", {"added": f"{mine} {other}"})
    archive.standing.keep_relatives(CAST["hr"], "head", [other])
    assert last(archive, account_chain("head")) == ("relatives.kept", {"dropped": mine})
