"""What an upload is, by its content and never by its name; what cannot be kept is refused here. No store."""

import warnings
from dataclasses import dataclass
from typing import IO

import pylibmagic  # noqa: F401 - must come before magic, which it lends its library

import magic  # isort: skip
import pillow_heif
from PIL import Image

from service.errors import DanganError, FieldError, Invalid, TooLarge, UnsupportedMedia
from service.scans import pdf

MOST_PAGES = 2000
MOST_PIXELS = 120_000_000
"""An A3 page at 600 dpi has 70 million."""
KINDS = {
    "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif", "image/heic": "heic",
    "image/heif": "heic", "image/webp": "webp",
}  # fmt: skip
pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limit is asked of the header before anything is decoded


@dataclass(frozen=True, slots=True)
class Media:
    """A media type, and how many pages."""

    type: str
    pages: int


def inspect(content: IO[bytes], size: int, most_bytes: int) -> Media:
    """What `content` is. Raises TooLarge, UnsupportedMedia or Invalid, each with the mend."""
    if size == 0:
        raise _refused("文件是空的：请重新扫描后上传")
    if size > most_bytes:
        raise TooLarge("文件超过 %(most)s MB：请分成几份上传", most=most_bytes // 2**20)
    content.seek(0)
    kind = magic.from_buffer(content.read(8192), mime=True)
    content.seek(0)
    if kind not in KINDS:
        raise UnsupportedMedia("只接受 PDF、JPEG、PNG、TIFF、HEIC 和 WebP 文件：请换一种格式")
    pages = _pdf_pages(content) if kind == "application/pdf" else _image_pages(content, kind)
    if pages > MOST_PAGES:
        raise _refused("超过 %(most)s 页：请分成几份上传", most=MOST_PAGES)
    return Media(kind, pages)


def _pdf_pages(content: IO[bytes]) -> int:
    count = pdf.pages(content)
    if count == pdf.LOCKED:
        raise _refused("PDF 有密码：请去除密码后再上传")
    if isinstance(count, str):
        raise _refused("PDF 已损坏或不完整：请重新扫描后上传")
    if count == 0:
        raise _refused("PDF 里没有可读的页：请重新扫描后上传")
    return count


def _image_pages(content: IO[bytes], kind: str) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(content)
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise _refused("图像尺寸过大：请用 600 dpi 以下重新扫描")
            return 1 if kind == "image/jpeg" else _frames(image)
    except DanganError:
        raise
    except Exception as error:  # a hostile file makes its decoder fail in any way it likes
        raise _refused("图像已损坏或不完整：请重新扫描后上传") from error


def _frames(image: Image.Image) -> int:
    """How many pages; no more are counted than are taken, since a hostile file can claim millions."""
    if not hasattr(image, "n_frames"):
        return 1
    try:
        image.seek(MOST_PAGES)
    except EOFError:
        return int(image.n_frames)
    return MOST_PAGES + 1


def _refused(message: str, **values: int) -> Invalid:
    return Invalid(message, fields=[FieldError("file", message, values)], **values)
