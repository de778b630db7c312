"""Looking through passes on the real store: what opens, what does not, and from which request on."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from scanner_ingest.worker import Worker
from service.access.grants import Purpose
from service.app import create_app
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.errors import DanganError, Invalid, PledgeUnsigned
from service.files.rules import File
from service.person import SYSTEM, Person
from service.scans.rules import Scan
from tests.cast import CAST, PASSWORD, equipped, holding
from tests.circulation.conftest import Ask, Take
from tests.recording import RECORDER
from tests.scans.conftest import Plate, plate

HR = CAST["hr"]


@pytest.fixture
def scan(archive: Archive, file: File) -> Scan:
    """A contract of one page."""
    contract = {"number": "HT-2021-7", "start": "2021-03-01"}
    record = archive.records.add(HR, file.file_no, "onboarding", "contract", contract)
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(plate("甲方 13812345678")), "a.png")
    Worker(archive, Plate()).once()
    return archive.scans.state(HR, kept.id)


def served(archive: Archive, person: Person, scan: Scan) -> int:
    """How many of the ways to see a page, or what stands on it, are open to the person."""
    looks: tuple[Callable[[], object], ...] = (
        lambda: archive.scans.image(person, scan.id, 1),
        lambda: archive.scans.text(person, scan.id, 1),
        lambda: archive.scans.thumbnail(person, scan.id, 1),
        lambda: archive.scans.original(person, scan.id),
        lambda: archive.scans.look(person, scan.id),
        lambda: archive.records.read(person, scan.record_id),
    )
    count = 0
    for look in looks:
        try:
            look()
        except DanganError:
            continue
        count += 1
    return count


def test_a_granted_request_opens_until_it_is_revoked(archive: Archive, ask: Ask, take: Take, scan: Scan) -> None:
    """V2, V5: nothing opens before the grant, all but the original after it, and nothing from the revocation on."""
    signed = take("head", ask(), "sign")
    assert served(archive, equipped(archive, "clerk"), scan) == 0
    granted = take("archivist", signed, "grant")
    assert served(archive, equipped(archive, "clerk"), scan) == 5
    take("archives", granted, "revoke", note="查阅已无必要")
    assert served(archive, equipped(archive, "clerk"), scan) == 0


def test_a_pass_that_is_given_back_is_over(archive: Archive, ask: Ask, take: Take, scan: Scan) -> None:
    """V5: what is done with is returned at once."""
    granted = take("archivist", take("head", ask(), "sign"), "grant")
    take("clerk", granted, "withdraw")
    assert served(archive, equipped(archive, "clerk"), scan) == 0


def test_outside_its_time_place_parts_and_purpose_nothing_is_served(archive: Archive, file: File, scan: Scan) -> None:
    """V5: 0 pages to who is late, early, elsewhere, after something else, or after other parts of the file."""
    now = archive.clock.now()
    for limits in (
        {"until": now}, {"start": now + timedelta(hours=1), "until": now + timedelta(hours=2)},
        {"places": ("10.1.0.0/16",)}, {"categories": ("training",)}, {"records": ("0" * 24,)},
        {"pages": (f"{scan.id}/2",), "categories": ("basic",)},
    ):  # fmt: skip
        assert served(archive, holding(archive, "head", file.file_no, "10.2.0.9", **limits), scan) == 0
    assert served(archive, holding(archive, "head", file.file_no, places=("10.1.0.0/16",)), scan) == 0
    assert served(archive, equipped(archive, "head", "10.1.0.9"), scan) == 5
    assert served(archive, equipped(archive, "head", "10.1.0.9", Purpose.DISPUTE), scan) == 0
    assert served(archive, equipped(archive, "head2", "10.1.0.9"), scan) == 0


def test_single_pages_show_no_values(archive: Archive, file: File, scan: Scan) -> None:
    """A pass for one page shows that page, and neither the record's values nor the pages beside it."""
    head = holding(archive, "head", file.file_no, pages=(f"{scan.id}/1",))
    assert archive.scans.look(head, scan.id).pages == (1,)
    told = archive.scans.state(head, scan.id)
    assert (told.pages, told.blob.size, told.blob.sha256) == (1, 0, "")
    assert archive.scans.text(head, scan.id, 1).text.startswith("甲方")
    assert archive.records.beside(head, scan.record_id, scan.id).fields == {}
    assert archive.records.of_file(head, file.file_no) == []


def test_the_original_comes_unmasked_or_not_at_all(archive: Archive, ask: Ask, take: Take, scan: Scan) -> None:
    """K2: a grant of the original is one of the full numbers too; then the image bears the watermark alone."""
    signed = take("head", ask(original=True, masked=False), "sign")
    with pytest.raises(Invalid):
        take("archivist", signed, "grant", original=True, masked=True)
    take("archivist", signed, "grant", original=True, masked=False)
    clerk = equipped(archive, "clerk")
    assert "13812345678" in archive.scans.text(clerk, scan.id, 1).text
    assert b"".join(archive.scans.original(clerk, scan.id)[1])


def test_a_look_says_through_which_pass_and_for_what(archive: Archive, ask: Ask, take: Take, scan: Scan) -> None:
    """V4: the trail names the pass and its purpose; of who looks directly, the purpose that they said (V3)."""
    granted = take("archivist", take("head", ask(), "sign"), "grant")
    archive.scans.image(equipped(archive, "clerk"), scan.id, 1)
    archive.scans.image(equipped(archive, "hr", purpose=Purpose.PROMOTION), scan.id, 1)
    mine, theirs = list(archive.audit.trail.chain(file_chain(scan.file_no)))[-2:]
    assert (mine.ids["pass"], mine.ids["purpose"]) == (granted.case.id, "appraisal")
    assert ("pass" in theirs.ids, theirs.ids["purpose"]) == (False, "promotion")


def test_a_session_carries_its_passes_from_request_to_request(
    archive: Archive, ask: Ask, take: Take, scan: Scan
) -> None:
    """K3: a session finds the pass at once, the signature opens it, and a new text of the pledge shuts it again."""
    for name in ("clerk", "admin"):
        person = CAST[name]
        archive.accounts.create(SYSTEM, name, person.name, person.role, PASSWORD, person.department)
    token, _ = archive.accounts.log_in("clerk", PASSWORD, "")
    take("archivist", take("head", ask(), "sign"), "grant")

    def now() -> Person:
        found = archive.accounts.person(token, "")
        assert found is not None
        return found

    with pytest.raises(PledgeUnsigned):
        archive.scans.image(now(), scan.id, 1)
    archive.pledging.sign(now(), 1)
    assert archive.scans.image(now(), scan.id, 1)
    archive.pledging.change(CAST["admin"], 1, "新的承诺书")
    with pytest.raises(PledgeUnsigned):
        archive.scans.image(now(), scan.id, 1)
    assert archive.pledging.read(now()).signed is None
    assert archive.pledges.signed("clerk", 1) is not None


def test_whoever_looks_by_role_costs_no_look_up(archive: Archive) -> None:
    """HR and the archives office hold no passes, and none are looked for."""
    with RECORDER.recording() as asked:
        for name in ("hr", "archivist", "archives", "agent", "admin"):
            assert archive.passes.equipped(CAST[name]) == CAST[name]
    assert asked == []
    with RECORDER.recording() as asked:
        archive.passes.equipped(CAST["head"])
    assert [collection for collection, _ in asked] == ["grants"]


def test_a_viewing_begins_with_the_pledge_and_then_the_first_page(
    archive: Archive, ask: Ask, take: Take, scan: Scan
) -> None:
    """V2, K3: it leads to the request while that is not granted, then to the pledge, then to the first scan."""
    person = CAST["clerk"]
    archive.accounts.create(SYSTEM, "clerk", person.name, person.role, PASSWORD, person.department)
    asked = ask()
    client = create_app(archive).test_client()
    token, _ = archive.accounts.log_in("clerk", PASSWORD, "")

    def leads() -> str:
        answer = client.get(f"/view-requests/{asked.case.id}/begin", headers={"Authorization": f"Bearer {token}"})
        return str(answer.location)

    assert leads() == f"/view-requests/{asked.case.id}"
    take("archivist", take("head", asked, "sign"), "grant")
    assert leads().startswith("/pledge?")
    archive.pledging.sign(person, 1)
    token, _ = archive.accounts.log_in("clerk", PASSWORD, "")
    assert leads() == f"/scans/{scan.id}"
