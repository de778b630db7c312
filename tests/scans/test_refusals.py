"""What is refused, at the door or while it is read: each with a clear reason, and nothing half stored."""

import io
import struct
import time
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from scanner_ingest import decode
from scanner_ingest.pages import Unreadable
from service.app import create_app
from service.bootstrap import Archive
from service.errors import Conflict
from service.person import SYSTEM
from service.records.rules import Record
from service.scans.rules import State
from tests.cast import CAST, PASSWORD

HR = CAST["hr"]
Send = Callable[[bytes], tuple[int, dict[str, object]]]


def pdf(pages: int, password: str = "") -> bytes:
    made, out = pikepdf.new(), io.BytesIO()
    for _ in range(pages):
        made.add_blank_page(page_size=(200, 200))
    made.save(out, encryption=pikepdf.Encryption(user=password, owner=password) if password else False)
    return out.getvalue()


def deep_pdf(depth: int) -> bytes:
    """A page tree of so many levels."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    objects += [b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (n + 3) for n in range(depth)]
    objects.append(b"<</Type/Page/MediaBox[0 0 9 9]>>")
    data, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj%bendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(data)


def huge_png() -> bytes:
    """A header that claims 30,000 x 30,000 pixels."""
    out = io.BytesIO()
    Image.new("1", (8, 8)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, kind)
    return out.getvalue()


def crowded_tiff(pages: int, side: int = 8) -> bytes:
    """So many pages of one byte each; all but the first claim to be `side` pixels wide and high."""
    data = bytearray(b"II*\0" + struct.pack("<I", 16) + b"\xff" * 8)
    for number in range(pages):
        size = side if number else 8
        # width, height, bits, compression (none), black is zero, strip's place, its rows, its bytes
        tags = ((256, size), (257, size), (258, 1), (259, 1), (262, 1), (273, 8), (278, size), (279, 8))
        data += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        data += struct.pack("<I", len(data) + 4 if number < pages - 1 else 0)
    return bytes(data)


HOSTILE = {
    "empty": (b"", 422),
    "a program with a good name": (b"MZ\x90\x00" + b"\0" * 500, 415),
    "a page of HTML": (b"<html><script>alert(1)</script></html>", 415),
    "an encrypted PDF": (pdf(1, "secret"), 422),
    "a PDF cut in the middle": (b"%PDF-1.7\n1 0 obj\n<</Type/Cat", 422),
    "a picture's first bytes alone": (picture("PNG")[:20], 422),
    "too many pages": (pdf(2001), 422),
    "too many pictures": (crowded_tiff(2001), 422),
    "30,000 x 30,000 pixels": (huge_png(), 422),
    "a page tree of 60,000 levels": (deep_pdf(60_000), 422),
    "more than 200 MB": (b"%PDF-1.7\n" + bytes(201 * 2**20), 413),
}


@pytest.fixture
def send(archive: Archive, record: Record) -> Send:
    """Upload by the API as HR would, under a good name; the status and the answer."""
    archive.accounts.create(SYSTEM, HR.account, HR.name, HR.role, PASSWORD, HR.department, HR.file_no)
    client: FlaskClient = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": HR.account, "password": PASSWORD}).json["token"]

    def upload(data: bytes) -> tuple[int, dict[str, object]]:
        # Encoded here: the client would leave its temporary file open.
        boundary, body = encode_multipart({"file": FileStorage(io.BytesIO(data), "林晓的合同.pdf")})
        answer = client.post(
            f"/api/v1/records/{record.id}/scans", data=body, content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        return answer.status_code, answer.json

    return upload


def test_what_cannot_be_kept_is_refused(archive: Archive, send: Send) -> None:
    """Each is a clear 4xx with the mend, soon, without the file's name, and nothing of it is stored."""
    for what, (data, expected) in HOSTILE.items():
        began = time.monotonic()
        status, said = send(data)
        assert (what, status) == (what, expected)
        assert "：" in str(said), what
        assert "林晓" not in str(said), what
        assert time.monotonic() - began < 60, what
    for name in ("scans", "scans.files", "scans.chunks", "scans.intents", "jobs"):
        assert archive.store.db[name].count_documents({}) == 0


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "HEIF", "JPEG"])
def test_a_picture_cut_in_the_middle_cannot_be_read(kind: str) -> None:
    """A picture whose end is missing has its reason, whatever its kind; it is never half a page."""
    whole = picture(kind)
    with pytest.raises(Unreadable, match="重新扫描"):
        list(decode.images(whole[: len(whole) * 2 // 3], f"image/{'heic' if kind == 'HEIF' else kind.lower()}"))


def test_a_huge_second_page_fails_alone(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """The door asks the first page's size; a later one of 30,000 x 30,000 pixels fails with its reason at reading."""
    scan, _ = archive.scans.upload(HR, record.id, io.BytesIO(crowded_tiff(2, side=30_000)), "a.tif")
    work()
    failed = archive.scans.state(HR, scan.id)
    assert (failed.state, "尺寸过大" in failed.reason) == (State.FAILED, True)
    assert archive.store.db["pages"].count_documents({}) == 0


def test_a_truncated_image_fails_with_its_reason(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """An image whose end is missing becomes a failed scan with the reason, and can be tried again."""
    out = io.BytesIO()
    Image.effect_noise((600, 600), 90).convert("RGB").save(out, "JPEG")
    half = out.getvalue()[: len(out.getvalue()) // 2]
    scan, _ = archive.scans.upload(HR, record.id, io.BytesIO(half), "a.jpg")
    work()
    failed = archive.scans.state(HR, scan.id)
    assert (failed.state, "重新扫描" in failed.reason) == (State.FAILED, True)
    archive.arranging.retry(HR, scan.id)
    assert archive.scans.state(HR, scan.id).state is State.STORED
    with pytest.raises(Conflict):
        archive.arranging.retry(HR, scan.id)
    work()
    assert archive.scans.state(HR, scan.id).state is State.FAILED
