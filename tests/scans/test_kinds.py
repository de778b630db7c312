"""Every kind of picture and PDF that is taken comes out as it was on paper."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import ExifTags, Image

from scanner_ingest import pages
from service.bootstrap import Archive
from service.records.rules import Record
from service.scans.media import inspect
from service.scans.rules import State
from tests.cast import CAST

HR = CAST["hr"]


def bar(mode: str = "RGB", paper: int = 250) -> Image.Image:
    """White paper with a black bar across its upper half."""
    page = Image.new("L", (300, 400), paper)
    page.paste(8, (30, 60, 270, 140))
    return page.convert("RGB").quantize(4) if mode == "P" else page.convert(mode, dither=Image.Dither.NONE)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def deep(page: Image.Image) -> Image.Image:
    """The page in 16 bits."""
    return Image.fromarray(np.asarray(page.convert("L")).astype(np.uint16) * 257)


def clear(page: Image.Image, mode: str) -> Image.Image:
    """The page with its paper transparent, and black where nobody sees it."""
    page = page.convert("L")
    black = Image.new("L", page.size, 0)
    return Image.merge(mode, [black] * (len(mode) - 1) + [page.point(lambda shade: 0 if shade > 128 else 255)])


ON_ITS_SIDE, PREVIEW = Image.Exif(), Image.new("RGB", (30, 40))
ON_ITS_SIDE[ExifTags.Base.Orientation] = 6
KINDS = {
    "JPEG": ("image/jpeg", 1, saved(bar(), "JPEG")),
    "grey JPEG": ("image/jpeg", 1, saved(bar("L"), "JPEG")),
    "CMYK JPEG": ("image/jpeg", 1, saved(bar("CMYK"), "JPEG")),
    "JPEG on its side": ("image/jpeg", 1, saved(bar().rotate(90, expand=True), "JPEG", exif=ON_ITS_SIDE)),
    "a camera's JPEG with a preview": ("image/jpeg", 1, saved(bar(), "MPO", save_all=True, append_images=[PREVIEW])),
    "PNG": ("image/png", 1, saved(bar(), "PNG")),
    "palette PNG": ("image/png", 1, saved(bar("P"), "PNG")),
    "1-bit PNG": ("image/png", 1, saved(bar("1"), "PNG")),
    "16-bit PNG": ("image/png", 1, saved(deep(bar()), "PNG")),
    "transparent PNG": ("image/png", 1, saved(clear(bar(), "RGBA"), "PNG")),
    "transparent grey PNG": ("image/png", 1, saved(clear(bar(), "LA"), "PNG")),
    "TIFF of 3 pages": ("image/tiff", 3, saved(bar(), "TIFF", save_all=True, append_images=[bar("L"), bar("1")])),
    "1-bit TIFF, fax group 4": ("image/tiff", 1, saved(bar("1"), "TIFF", compression="group4")),
    "16-bit TIFF": ("image/tiff", 1, saved(deep(bar()), "TIFF")),
    "LZW TIFF": ("image/tiff", 1, saved(bar(), "TIFF", compression="tiff_lzw")),
    "CMYK TIFF": ("image/tiff", 1, saved(bar("CMYK"), "TIFF")),
    "WebP": ("image/webp", 1, saved(bar(), "WEBP")),
    "HEIC": ("image/heic", 1, saved(bar(), "HEIF")),
    "PDF of 2 pages": ("application/pdf", 2, saved(bar(), "PDF", save_all=True, append_images=[bar()])),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_comes_out_as_on_paper(kind: str) -> None:
    """Its type and pages are told at the door; each page has white paper and the black bar where it was, upright."""
    media_type, count, data = KINDS[kind]
    media = inspect(io.BytesIO(data), len(data), 10**8)
    assert (media.type, media.pages) == (media_type, count)
    made = [image for image, _ in pages.images(data, media_type)]
    assert [image.mode for image in made] == ["RGB"] * count
    for image in made:
        paper = np.asarray(image.resize((300, 400)).convert("L")).astype(int)
        assert paper[70:130, 40:260].max() < 60
        assert paper[150:].min() > 200


@pytest.mark.parametrize("kind", ["HEIC", "PDF of 2 pages", "TIFF of 3 pages", "WebP"])
def test_pages_of_every_kind_are_kept(archive: Archive, record: Record, work: Callable[[], None], kind: str) -> None:
    """Uploaded, opened by the worker's child and kept page by page."""
    scan, _ = archive.scans.upload(HR, record.id, io.BytesIO(KINDS[kind][2]), "a")
    work()
    kept = archive.scans.state(HR, scan.id)
    assert (kept.state, kept.pages) == (State.SEARCHABLE, KINDS[kind][1])
    assert archive.scans.image(HR, scan.id, kept.pages)
