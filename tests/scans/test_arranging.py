"""What keepers do with scans: turning, ordering, withdrawing and moving pages, and correcting their text."""

import io
import re
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from scanner_ingest import decode
from scanner_ingest.layers import layer
from scanner_ingest.pages import Unreadable, images
from service.app import create_app
from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.fulltext.text import marks, parse
from service.person import SYSTEM, Person
from service.records.rules import Record
from service.scans.correction import words
from service.scans.rules import Scan, State, Word, boxes
from tests.cast import CAST, PASSWORD, holding
from tests.scans.conftest import plate

HR = CAST["hr"]
Work = Callable[[], None]


def tiff(*texts: str) -> bytes:
    """Several pages in one file."""
    first, *rest = (Image.open(io.BytesIO(plate(text))) for text in texts)
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=rest)
    return out.getvalue()


def printed(*lines: str, image: bool = False) -> bytes:
    """A born-digital PDF page; with an image over all of it, it is as a scanner with recognition makes it."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(600, 800))
    if image:
        canvas.drawInlineImage(Image.new("RGB", (60, 80), "white"), 0, 0, 600, 800)
    canvas.setFont("STSong-Light", 20)
    for number, line in enumerate(lines):
        canvas.drawString(100, 700 - 40 * number, line)
    canvas.save()
    return out.getvalue()


@pytest.fixture
def scan(archive: Archive, record: Record, work: Work) -> Scan:
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(tiff("第一页", "第二页", "第三页")), "a.tif")
    work()
    return archive.scans.state(HR, kept.id)


@pytest.fixture
def head(archive: Archive, record: Record) -> Person:
    """The department's head, with a pass for the file."""
    return holding(archive, "head", record.file_no)


def wanted(*pages: int, **more: dict[int, object]) -> list[dict[str, object]]:
    return [{"page": page, **{name: values[page] for name, values in more.items() if page in values}} for page in pages]


def test_pages_are_put_in_order(archive: Archive, scan: Scan, head: Person) -> None:
    """Readers see the pages in the arranged order; numbers, and with them links and hits, stay the original's."""
    kept = archive.arranging.arrange(HR, scan.id, scan.version, wanted(3, 1, 2))
    assert kept.shown() == [3, 1, 2]
    assert archive.scans.text(head, scan.id, 3).text == "第三页"
    moved = archive.arranging.step(HR, scan.id, kept.version, 1, "earlier")
    assert moved.shown() == [1, 3, 2]
    with pytest.raises(Conflict):
        archive.arranging.step(HR, scan.id, kept.version, 1, "later")


def test_a_withdrawn_page_is_kept_and_not_shown(archive: Archive, scan: Scan, head: Person) -> None:
    """It has no text, image or thumbnail for readers, comes back when restored, and the original never changes."""
    kept = archive.arranging.step(HR, scan.id, scan.version, 2, "withdraw")
    assert kept.shown() == [1, 3]
    for look in (archive.scans.text, archive.scans.image, archive.scans.thumbnail):
        with pytest.raises((NotFound, Forbidden)):
            look(head, scan.id, 2)
    assert archive.scans.text(HR, scan.id, 2).text == "第二页"
    assert archive.kept_scans.many([(scan.id, 1), (scan.id, 2)]).keys() == {(scan.id, 1)}
    archive.arranging.step(HR, scan.id, kept.version, 2, "restore")
    assert archive.scans.text(head, scan.id, 2).text == "第二页"
    assert b"".join(archive.scans.original(HR, scan.id)[1]) == tiff("第一页", "第二页", "第三页")


def test_a_turned_page_is_read_again(archive: Archive, scan: Scan, work: Work) -> None:
    """Only the turned page is read anew, in the turn that was set, and its old images go."""
    before = archive.scans.text(HR, scan.id, 1)
    archive.arranging.step(HR, scan.id, scan.version, 1, "left")
    assert archive.scans.state(HR, scan.id).state is State.STORED
    work()
    page = archive.scans.text(HR, scan.id, 1)
    assert (page.turn, page.width, page.height) == (90, before.height, before.width)
    assert archive.scans.text(HR, scan.id, 2).turn == 0
    assert archive.store.db["previews.files"].count_documents({"_id": before.image.id}) == 0
    now = archive.scans.state(HR, scan.id)
    assert (now.state, now.leaves[0].turn) == (State.SEARCHABLE, 90)


@pytest.mark.parametrize("given", [None, [], wanted(1, 2), wanted(1, 2, 2), wanted(1, 2, 3, turn={1: 45}), ["x"] * 3])
def test_an_arrangement_names_every_page_once(archive: Archive, scan: Scan, given: object) -> None:
    """Anything else is refused by name and changes nothing."""
    with pytest.raises(Invalid) as refused:
        archive.arranging.arrange(HR, scan.id, scan.version, given)
    assert [fault.name for fault in refused.value.fields] == ["pages"]
    assert archive.scans.state(HR, scan.id).version == scan.version


def test_corrected_text_stands_beside_the_reading(archive: Archive, scan: Scan, head: Person) -> None:
    """Everybody sees the corrected text with boxes; what was read stays; an empty correction takes it back."""
    page = archive.arranging.correct(HR, scan.id, 1, 1, "第壹页")
    assert (page.text, page.read, page.version) == ("第壹页", "第一页", 2)
    assert [word.text for word in archive.scans.text(head, scan.id, 1).words] == ["第", "壹", "页"]
    with pytest.raises(Conflict):
        archive.arranging.correct(HR, scan.id, 1, 1, "别的")
    assert archive.arranging.correct(HR, scan.id, 1, 2, "").read is None
    with pytest.raises(Forbidden):
        archive.arranging.correct(head, scan.id, 1, 3, "不许")


def test_a_correction_outlives_a_new_reading(archive: Archive, scan: Scan, work: Work) -> None:
    """A page that is turned keeps what was corrected by hand, says that it was read again and counts its version, so
    that a text typed before is refused; nothing is corrected while it is being read."""
    archive.arranging.correct(HR, scan.id, 1, 1, "第壹页")
    archive.arranging.step(HR, scan.id, scan.version, 1, "left")
    with pytest.raises(Conflict):
        archive.arranging.correct(HR, scan.id, 1, 2, "第依页")
    work()
    page = archive.scans.text(HR, scan.id, 1)
    assert (page.text, page.read, page.reread, page.version, page.turn) == ("第壹页", "第一页", True, 3, 90)
    with pytest.raises(Conflict):
        archive.arranging.correct(HR, scan.id, 1, 1, "旧的")
    assert archive.arranging.correct(HR, scan.id, 1, 3, "第一页。").reread is False
    assert archive.arranging.correct(HR, scan.id, 1, 4, "").read is None


def test_a_correction_goes_with_its_scan(archive: Archive, scan: Scan, work: Work) -> None:
    """Moved to another person's file a scan is read again there, and again after that, with what was corrected."""
    archive.arranging.correct(HR, scan.id, 2, 1, "第贰页")
    for name in ("司空大年", "上官云"):
        given = {"name": name, "department": "south", "post": "客服专员", "hire_date": "2021-03-01"}
        other = archive.opening.open(HR, given)
        record = archive.records.add(
            HR, other.file_no, "onboarding", "contract", {"number": "1", "start": "2021-03-01"}
        )
        archive.arranging.move(HR, scan.id, archive.scans.state(HR, scan.id).version, record.id)
        work()
        assert [archive.scans.text(HR, scan.id, number).text for number in (1, 2, 3)] == ["第一页", "第贰页", "第三页"]


def test_the_page_moves_a_scan_to_another_persons_file(archive: Archive, scan: Scan, file: File, work: Work) -> None:
    """Its page takes a file's number as it is typed, shows whose it is with its records, and moves the scan there; one
    that there is not is said."""
    given = {"name": "司空大年", "department": "south", "post": "客服专员", "hire_date": "2021-03-01"}
    other = archive.opening.open(HR, given)
    record = archive.records.add(HR, other.file_no, "onboarding", "contract", {"number": "1", "start": "2021-03-01"})
    archive.accounts.create(SYSTEM, "hr", "孙丽", HR.role, PASSWORD, "hr")
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD, "purpose": "appraisal"}).json[
        "token"
    ]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    assert "没有这个编号的档案" in client.get(f"/scans/{scan.id}/pages?to=2021-99").text
    shown = client.get(f"/scans/{scan.id}/pages?to=2021-2").text
    assert f"司空大年（{other.file_no}）" in shown
    assert f'value="{record.id}"' in shown
    sent = {"version": str(scan.version), "record_id": record.id}
    assert client.post(f"/scans/{scan.id}/move", data=sent).status_code == 302
    work()
    moved = archive.scans.state(HR, scan.id)
    assert (moved.file_no, moved.state) == (other.file_no, State.SEARCHABLE)


def test_a_refused_correction_is_not_lost(archive: Archive, scan: Scan, work: Work) -> None:
    """Who is overtaken gets both texts and theirs in the field; who saves while the page is being read, theirs."""
    archive.accounts.create(SYSTEM, "hr", "孙丽", HR.role, PASSWORD, "hr")
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD, "purpose": "appraisal"}).json[
        "token"
    ]
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    archive.arranging.correct(HR, scan.id, 1, 1, "先到的文字")
    where = f"/scans/{scan.id}/pages/1/text?page=1"
    late = client.post(where, data={"version": "1", "text": "后到的文字"})
    assert late.status_code == 409
    assert re.search(r"<td[^>]*>先到的文字</td><td[^>]*>后到的文字</td>", late.text)
    assert re.search(r'name="version" value="2">(?:(?!<form).)*<textarea[^>]*>后到的文字<', late.text, re.DOTALL)
    archive.arranging.step(HR, scan.id, scan.version, 1, "left")
    busy = client.post(where, data={"version": "2", "text": "第三份文字"})
    assert (busy.status_code, "第三份文字" in busy.text) == (409, True)


def test_corrected_words_lie_where_the_wrong_ones_were() -> None:
    """Equal signs keep their boxes, replaced ones take the place of what they replace, new ones their neighbour's."""
    read = [Word(n, sign, (n / 10, 0.5, 0.1, 0.1), 0.9) for n, sign in enumerate("劳动台同")]
    found = words("劳动合同书", "劳动台同", read)
    marked = boxes(found, marks("劳动合同书", parse("合同")))
    assert [[round(side, 6) for side in box] for box in marked] == [[0.2, 0.5, 0.1, 0.1], [0.3, 0.5, 0.1, 0.1]]
    assert found[-1].box[0] == pytest.approx(0.3)


def test_a_scan_is_moved_to_the_right_record(archive: Archive, scan: Scan, file: File) -> None:
    """Within a file it changes its record alone; where the same scan lies already it is refused."""
    other = archive.records.add(HR, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"})
    moved = archive.arranging.move(HR, scan.id, scan.version, other.id)
    assert (moved.record_id, archive.scans.text(HR, scan.id, 1).text) == (other.id, "第一页")
    assert [one.id for one in archive.scans.of_record(HR, other.id)] == [scan.id]
    assert archive.scans.of_record(HR, scan.record_id) == []
    again, new = archive.scans.upload(HR, scan.record_id, io.BytesIO(tiff("第一页", "第二页", "第三页")), "a.tif")
    assert new
    with pytest.raises(Conflict):
        archive.arranging.move(HR, again.id, again.version, other.id)


def test_a_scan_is_moved_to_another_file(archive: Archive, scan: Scan, work: Work, head: Person) -> None:
    """There its key seals it, it is read again, both chains have the event, and the old bytes are gone."""
    given = {"name": "周全", "department": "south", "post": "客服专员", "hire_date": "2022-03-01"}
    target = archive.opening.open(HR, given)
    record = archive.records.add(HR, target.file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"})
    archive.arranging.move(HR, scan.id, scan.version, record.id)
    work()
    moved = archive.scans.state(HR, scan.id)
    assert (moved.file_no, moved.state) == (target.file_no, State.SEARCHABLE)
    assert archive.scans.text(HR, scan.id, 3).text == "第三页"
    assert archive.store.db["scans.files"].count_documents({}) == 1
    assert archive.store.db["previews.files"].count_documents({}) == 6
    for file_no, action in ((scan.file_no, "scan.moved"), (target.file_no, "scan.came")):
        assert action in [event.action for event in archive.audit.trail.chain(f"file:{file_no}")]
    with pytest.raises(NotFound):
        archive.scans.text(head, scan.id, 1)


def test_the_text_of_a_printed_pdf_is_taken_as_it_is(archive: Archive, record: Record, work: Work) -> None:
    """A born-digital page needs no recognition: its own text is searched, with boxes where it stands."""
    content = printed("劳动合同书 编号 HT-2021-00042", "甲方：长青客户服务有限公司", "乙方：欧阳若溪")
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(content), "a.pdf")
    work()
    page = archive.scans.text(HR, kept.id, 1)
    assert "长青客户服务有限公司" in page.text
    found = boxes(page.words, marks(page.text, parse("欧阳若溪")))
    assert len(found) == 4
    assert all(0.2 < x < 0.5 and 0.2 < y < 0.25 for x, y, _, _ in found)


def test_a_text_layer_over_a_scan_is_not_trusted() -> None:
    """Under an image of the page, and on a page with hardly a word, the page is read as an image."""
    lines = ("劳动合同书 编号 HT-2021-00042", "甲方：长青客户服务有限公司")
    assert next(images(printed(*lines), "application/pdf"))[1] is not None
    assert next(images(printed(*lines, image=True), "application/pdf"))[1] is None
    assert next(images(printed("第 1 页"), "application/pdf"))[1] is None
    assert layer is not None


def test_decoding_runs_in_a_process_of_its_own() -> None:
    """Pages come out as they do inside; a broken or bottomless file is said, and ends nothing but the child."""
    inside = [image.size for image, _ in images(tiff("一", "二"), "image/tiff")]
    assert [image.size for image, _ in decode.images(tiff("一", "二"), "image/tiff")] == inside
    with pytest.raises(Unreadable):
        list(decode.images(plate("x")[:200], "image/png"))
    pdf = pikepdf.Pdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    assert len(list(decode.images(out.getvalue(), "application/pdf"))) == 1


def test_more_than_a_hundred_scans_of_one_record(archive: Archive, record: Record) -> None:
    """All of them are listed, in the order of their upload."""
    kept = [archive.scans.upload(HR, record.id, io.BytesIO(plate(str(n), (30, 60))), "a.png")[0].id for n in range(105)]
    assert [scan.id for scan in archive.scans.of_record(HR, record.id)] == kept


def test_failed_readings_have_a_page(archive: Archive, record: Record, work: Work) -> None:
    """What could not be read is listed with its reason to keepers, and leaves the list when it is tried again."""
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(plate("x")[:-30]), "a.png")
    work()
    failed = archive.arranging.failed(HR)
    assert [(one.scan.id, one.name) for one in failed] == [(kept.id, "林晓")]
    assert "重新扫描" in failed[0].reason
    assert archive.arranging.failed(CAST["clerk"]) == []
    archive.arranging.retry(HR, kept.id)
    assert archive.arranging.failed(HR) == []


def test_a_long_scan_is_turned_over_in_hundreds(archive: Archive, record: Record, work: Work) -> None:
    """The strip of a scan of 500 pages shows 150 to each side, and leads on to every hundredth page beyond."""
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(tiff("一")), "a.tif")
    work()
    page = archive.store.db["pages"].find_one({"_id": f"{kept.id}/1"})
    place = archive.keys.cipher(record.file_no)
    for n in range(2, 501):
        reading = place.seal(f"pages/{kept.id}/{n}", {"text": "", "words": []})
        archive.store.db["pages"].insert_one({**page, "_id": f"{kept.id}/{n}", "n": n, "reading": reading})
    archive.store.db["scans"].update_one({"_id": page["scan"]}, {"$set": {"pages": 500}})
    archive.accounts.create(SYSTEM, "archivist", "钱芳", CAST["archivist"].role, PASSWORD, "archives")
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "archivist", "password": PASSWORD}).json["token"]
    shown = client.get(f"/scans/{kept.id}?page=260", headers={"Authorization": f"Bearer {token}"}).text
    strip = shown[shown.index('id="strip"') : shown.index("</nav>", shown.index('id="strip"'))]
    assert re.findall(r'class="far"[^>]*data-page="(\d+)"', strip) == ["1", "101", "410"]
    assert strip.count("data-page") == 300 + 3
