"""What comes back is laid over what went out: missing, torn, swapped and written-on pages show, a turned one not."""

import io
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from PIL import Image

from scanner_ingest.compare import as_laid, compared
from scanner_ingest.worker import Worker
from service.app import create_app
from service.bootstrap import Archive
from service.circulation.lending.findings import Comparison, Finding
from service.circulation.lending.rules import Event
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD
from tests.circulation.planted import back, originals, photographed, scanned, torn, written_on
from tests.scans.conftest import Plate

ARCHIVIST, HR = CAST["archivist"], CAST["hr"]


def tiff(pages: list[Image.Image]) -> io.BytesIO:
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="jpeg")
    out.seek(0)
    return out


def jpeg(page: Image.Image) -> io.BytesIO:
    out = io.BytesIO()
    page.copy().save(out, "JPEG")  # it notes on the page how it was encoded, which a TIFF would take up
    return out


def found(archived: list[Image.Image], returned: list[Image.Image]) -> list[tuple[Finding, int]]:
    return [(one.finding, one.page or one.returned) for one in compared(archived, returned).findings]


def test_damage_shows_and_a_turned_page_is_none() -> None:
    """One of each: clean, turned, missing, out of order, another's page, written on (L6)."""
    chance, pages = random.Random(3), originals()
    first, second, other = (scanned(pages[n], chance) for n in (0, 3, 4))
    went = [scanned(page, chance) for page in (pages[0], pages[3])]
    assert found(went, [first, second.rotate(180)]) == []
    assert found(went, [second]) == [(Finding.MISSING, 1)]
    assert found(went, [second, first]) == [(Finding.MOVED, 2)]
    assert found(went, [first, other]) == [(Finding.MISSING, 2), (Finding.SURPLUS, 2)]
    seen = compared(went, [scanned(written_on(pages[0], chance), chance, 90), second])
    assert [(one.finding, one.page) for one in seen.findings] == [(Finding.MARKED, 1)]
    assert seen.findings[0].boxes
    assert seen.laid[1].size == as_laid(first, seen.laid[1]).size  # upright, as the archived page is


def test_a_torn_page_is_incomplete() -> None:
    """What the returned sheet no longer covers is missed (L6): cut in half, at four fifths, before a dark lid; a
    scanner's narrow margin is not."""
    chance, page = random.Random(5), originals()[0]
    went = [scanned(page, chance)]
    half, most = (page.crop((0, 0, page.width, int(page.height * share))) for share in (0.5, 0.8))
    for came in (half, most, torn(page, chance, "#222")):
        assert found(went, [scanned(came, chance, lid="#222")]) == [(Finding.TORN, 1)]
    edge = round(0.03 * page.width)
    assert found(went, [scanned(page.crop((edge, edge, page.width - edge, page.height - edge)), chance)]) == []


@pytest.mark.slow
def test_an_empty_back_is_no_damage() -> None:
    """Two-sided sheets: empty backs are paired by their place, one with its number by its ink, and one more is none."""
    chance, page = random.Random(6), originals()[3]
    front, empty, numbered = (scanned(one, chance) for one in (page, back(), back(2)))
    went = [scanned(one, chance) for one in (page, back(), back(2))]
    assert found(went, [front, empty, numbered.rotate(180)]) == []
    assert found(went[:1], [front, empty]) == []
    assert found(went[:2], [front]) == [(Finding.MISSING, 2)]
    assert found(went[:2], [front, scanned(written_on(back(), chance), chance)]) == [(Finding.MARKED, 2)]
    assert found(went[1:], [empty, scanned(written_on(back(2), chance), chance)]) == [(Finding.MARKED, 2)]


@pytest.mark.slow
def test_a_photo_does_as_well_as_a_scan() -> None:
    """Seen from the side, on a dark table, in uneven light: no damage; written on, it shows (L6)."""
    chance, page = random.Random(7), originals()[9]
    went = [scanned(page, chance), scanned(back(), chance)]
    assert found(went, [photographed(page, chance), photographed(back(), chance)]) == []
    assert found(went[:1], [photographed(written_on(page, chance), chance)]) == [(Finding.MARKED, 1)]


def opened(archive: Archive, name: str) -> File:
    given = {"name": name, "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(HR, given)


def kept(archive: Archive, file: File, start: str, pages: list[Image.Image], *, draft: bool = False) -> str:
    """A contract with its scan; the scan's id."""
    contract = {"number": f"HT-{start}", "start": start}
    record = archive.records.add(HR, file.file_no, "onboarding", "contract", contract, draft=draft)
    scan, _ = archive.scans.upload(HR, record.id, tiff(pages), "a.tif")
    assert Worker(archive, Plate()).once()
    return scan.id


def lent(archive: Archive, items: str) -> str:
    """The id of a loan whose originals are out."""
    until = (archive.clock.today() + timedelta(days=3)).isoformat()
    loan = archive.lending.ask(CAST["head"], {"items": items, "reason": "核对", "until": until}).case.id
    archive.pledging.sign(CAST["head"], 1)
    for name, event in (("archives", Event.APPROVE), ("archivist", Event.HAND_OVER)):
        archive.lending.take(CAST[name], loan, event, None, {})
    return loan


def came_back(archive: Archive, loan: str, sent: Sequence[io.BytesIO], file_no: str = "") -> Comparison:
    """What the comparison of this upload found."""
    made = archive.comparing.upload(ARCHIVIST, loan, sent, file_no)
    assert Worker(archive, Plate()).once()
    return next(one for one in archive.comparing.of_loan(ARCHIVIST, loan) if one.id == made.id)


def test_the_desk_compares_what_came_back(archive: Archive, file: File) -> None:
    """Three scanned pages come back as two photos, sent as two files, which are one comparison; the desk is told which
    is missing and which was written on, and the file's chain keeps it. What takes its worker with it is given up."""
    pages, chance = originals(), random.Random(1)
    scan_id = kept(archive, file, "2021-03-01", [pages[0], pages[3], pages[6]])
    loan = lent(archive, file.file_no)
    with pytest.raises(Conflict):
        archive.comparing.upload(ARCHIVIST, loan, [jpeg(pages[0])])
    archive.lending.take(ARCHIVIST, loan, Event.RETURN, None, {})
    with pytest.raises(Invalid):
        archive.comparing.upload(ARCHIVIST, loan, [])
    seen = came_back(archive, loan, [jpeg(pages[0]), jpeg(written_on(pages[6], chance))])
    assert [(one.finding, one.page) for one in seen.findings] == [(Finding.MISSING, 2), (Finding.MARKED, 3)]
    assert (seen.pages[1].scan_id, seen.pages[1].number, seen.returned) == (scan_id, 2, 2)
    actions = [event.action for event in archive.audit.trail.chain(f"file:{file.file_no}")]
    assert actions[-2:] == ["loans.scanned", "loans.compared"]
    archive.comparing.upload(ARCHIVIST, loan, [jpeg(pages[3])])
    archive.store.db["jobs"].update_many({}, {"$set": {"attempt": 3}})  # as if it had taken three workers with it
    assert Worker(archive, Plate()).once()
    assert {one.reason for one in archive.comparing.of_loan(ARCHIVIST, loan)} == {"", "比对程序几次中断：请人工核对"}


def test_what_was_found_stays_with_the_closed_loan(archive: Archive, file: File) -> None:
    """Archived and returned page are shown side by side to the archives office, also once it is closed; each returned
    page is a look (L6, V4)."""
    pages, chance = originals(), random.Random(2)
    kept(archive, file, "2021-03-01", [pages[0], pages[3]])
    loan = lent(archive, file.file_no)
    archive.lending.take(ARCHIVIST, loan, Event.RETURN, None, {})
    seen = came_back(archive, loan, [tiff([pages[0], written_on(pages[3], chance).rotate(180)])])
    assert seen.shown == {2}
    archive.lending.take(
        ARCHIVIST, loan, Event.CLOSE, None, {"condition": "damaged", "pages": 2, "note": "第二页", "answers": "吴敏"}
    )
    client = create_app(archive).test_client()
    bearer = {}
    for name in ("archives", "head"):
        one = CAST[name]
        archive.accounts.create(SYSTEM, name, one.name, one.role, PASSWORD, one.department, one.file_no)
        token = client.post("/api/v1/session", json={"username": name, "password": PASSWORD}).json["token"]
        bearer[name] = {"Authorization": f"Bearer {token}"}
    picture = f"/api/v1/loans/{loan}/returned/{seen.id}/pages/2/image"
    page = client.get(f"/loans/{loan}", headers=bearer["archives"]).text
    assert picture in page
    assert "<rect" in page
    assert picture not in client.get(f"/loans/{loan}", headers=bearer["head"]).text
    answer = client.get(picture, headers=bearer["archives"])
    assert Image.open(io.BytesIO(answer.data)).size == (990, 1400)
    last = list(archive.audit.trail.chain(f"file:{file.file_no}"))[-1]
    assert (last.action, last.account, last.ids["page"]) == ("loans.returned-read", "archives", "2")
    assert client.get(picture, headers=bearer["head"]).status_code == 403
    for wrong in (picture.replace("pages/2", "pages/1"), picture.replace(seen.id, "x"), picture.replace(loan, "x")):
        assert client.get(wrong, headers=bearer["archives"]).status_code == 404


def test_each_file_is_compared_by_itself(archive: Archive, file: File) -> None:
    """Of a loan of two files the upload says whose pages came back; they lie under that file's key, with the event on
    its chain, and go with it alone (T4)."""
    other, pages = opened(archive, "欧阳静怡"), originals()
    kept(archive, file, "2021-03-01", [pages[0]])
    kept(archive, other, "2021-03-01", [pages[1]])
    loan = lent(archive, f"{file.file_no} {other.file_no}")
    archive.lending.take(ARCHIVIST, loan, Event.RETURN, None, {})
    for wrong in ("", "KF-2021-99999"):
        with pytest.raises(Invalid):
            archive.comparing.upload(ARCHIVIST, loan, [jpeg(pages[0])], wrong)
    for one, page in ((file, pages[0]), (other, pages[0])):
        came_back(archive, loan, [jpeg(page)], one.file_no)
    second, first = archive.comparing.of_loan(ARCHIVIST, loan)
    assert (first.file_no, first.clean) == (file.file_no, True)
    assert (second.file_no, len(second.pages), second.clean) == (other.file_no, 1, False)
    actions = [event.action for event in archive.audit.trail.chain(f"file:{other.file_no}")]
    assert actions[-2:] == ["loans.scanned", "loans.compared"]
    archive.store.transact(lambda tx: archive.keys.destroy(tx, other.file_no))
    archive.keys.forget(other.file_no)
    assert archive.comparing.of_loan(ARCHIVIST, loan) == [first]
    with pytest.raises(NotFound):
        archive.comparing.image(ARCHIVIST, loan, second.id, 1)
    with pytest.raises(Forbidden):
        archive.comparing.image(CAST["auditor"], loan, first.id, 1)


def test_filed_pages_are_compared_in_binding_order(archive: Archive, file: File) -> None:
    """Entered late, a record of an earlier day stands before the others; what is not filed was not lent (S4)."""
    pages = originals()
    late = kept(archive, file, "2024-01-01", [pages[0]])
    early = kept(archive, file, "2021-03-01", [pages[1]])
    kept(archive, file, "2020-01-01", [pages[2]], draft=True)
    loan = lent(archive, file.file_no)
    archive.lending.take(ARCHIVIST, loan, Event.RETURN, None, {})
    seen = came_back(archive, loan, [tiff([pages[1], pages[0]])])
    assert [one.scan_id for one in seen.pages] == [early, late]
    assert seen.clean


def test_a_comparison_of_an_older_version_is_read(archive: Archive, file: File) -> None:
    """One file was sent then, and its place stood in the document itself; there were no pictures."""
    pages = originals()
    kept(archive, file, "2021-03-01", [pages[0]])
    loan = lent(archive, file.file_no)
    archive.lending.take(ARCHIVIST, loan, Event.RETURN, None, {})
    archive.comparing.upload(ARCHIVIST, loan, [jpeg(pages[0])])
    comparisons = archive.store.collection("loan_comparisons")
    (sent,) = comparisons.find_one({"loan": loan})["sent"]
    comparisons.update_one({"loan": loan}, {"$set": sent, "$unset": {"sent": "", "shown": ""}})
    assert Worker(archive, Plate()).once()
    assert archive.comparing.of_loan(ARCHIVIST, loan)[0].clean
