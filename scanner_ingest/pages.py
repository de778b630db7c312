"""From an original's bytes to page images: always decoded to RGB by Pillow, PDFs rendered by pdfium."""

import io
import itertools
from collections.abc import Iterator

import pillow_heif
import pypdfium2
from PIL import ExifTags, Image, ImageOps, ImageSequence, UnidentifiedImageError

from scanner_ingest.layers import Layer, layer
from service.scans.media import MOST_PIXELS

LONGEST = 2400
"""Pixels of a page's longer side for reading; an A4 page at 200 dpi has 2,340."""
_PREVIEW = 1600
_THUMBNAIL = 180
pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # the upload has asked the header


class Unreadable(Exception):
    """The original cannot be decoded; the message is for the person, in Chinese."""


def images(data: bytes, media_type: str) -> Iterator[tuple[Image.Image, Layer | None]]:
    """Each page as an RGB image of bounded size, one at a time, with its own text where that is good.

    Raises Unreadable. What people sent is opened by `decode`, in a process of its own.
    """
    try:
        if media_type == "application/pdf":
            yield from _pdf(data)
            return
        with Image.open(io.BytesIO(data)) as opened:
            if opened.format == "JPEG":  # decoded at a half, a quarter or an eighth where it is far too large
                opened.draft("RGB", (LONGEST, LONGEST))
            frames = itertools.islice(ImageSequence.Iterator(opened), 1 if media_type == "image/jpeg" else None)
            for frame in frames:  # a JPEG's further pictures are its camera's, not pages
                yield _page(frame), None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, pypdfium2.PdfiumError) as error:
        raise Unreadable("文件已损坏或不完整：请重新扫描后上传") from error


def _pdf(data: bytes) -> Iterator[tuple[Image.Image, Layer | None]]:
    document = pypdfium2.PdfDocument(data)
    try:
        for page in document:
            width, height = page.get_size()
            scale = min(200 / 72, LONGEST / max(width, height, 1))
            yield page.render(scale=scale).to_pil().convert("RGB"), layer(page)
            page.close()
    finally:
        document.close()


def _page(frame: Image.Image) -> Image.Image:
    """Upright, of bounded size and in RGB; a large picture is made small before it is converted, to save memory."""
    if frame.width * frame.height > MOST_PIXELS:
        raise Unreadable("图像尺寸过大：请用 600 dpi 以下重新扫描")
    if frame.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        frame = ImageOps.exif_transpose(frame)
    if frame.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        frame = _bounded(frame, LONGEST)
    return _bounded(_rgb(frame), LONGEST)


def _rgb(frame: Image.Image) -> Image.Image:
    """As one would see it on paper: 16-bit grey brought to 8 bits, and what is transparent is white."""
    if frame.mode.startswith("I"):
        return frame.point(lambda shade: shade / 256).convert("L").convert("RGB")
    if frame.has_transparency_data:
        clear = frame.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return frame.convert("RGB")


def _bounded(image: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def preview(image: Image.Image) -> tuple[bytes, int, int]:
    """A JPEG to look at, and its size in pixels."""
    shown = _bounded(image, _PREVIEW)
    return _jpeg(shown, 82), shown.width, shown.height


def thumbnail(image: Image.Image) -> bytes:
    """A JPEG too small to be read."""
    return _jpeg(_bounded(image, _THUMBNAIL), 70)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
