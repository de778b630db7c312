"""Labels for bags, boxes and cabinets on common label sheets, as PDF (policy S3). Pure."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from service.fonts import FACE

_FONT = "NotoSansSC"
_INSET = 3 * mm
_LEADING, _SMALLER = 1.3, 0.72
_SIZES = range(15, 7, -1)
"""The title's type in points, as large as all of a label can be set; the lines beneath are smaller."""
_WORDS = re.compile(r"[!-~]+|.")
"""Where a line may break: between Chinese characters and at spaces, never within a number."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of labels on A4, in millimetres: how many, how large, where the first one is, how far apart."""

    zh: str
    en: str
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap: float = 0.0

    @property
    def labels(self) -> int:
        return self.columns * self.rows


SHEETS = {
    "3x8": Sheet("A4 每张 24 枚（70×37 毫米）", "A4, 24 labels (70 x 37 mm)", 3, 8, 70, 37, 0, 0.5),
    "2x7": Sheet("A4 每张 14 枚（99×38 毫米）", "A4, 14 labels (99 x 38 mm)", 2, 7, 99.1, 38.1, 4.65, 15.15, 2.5),
    "2x4": Sheet("A4 每张 8 枚（99×68 毫米）", "A4, 8 labels (99 x 68 mm)", 2, 4, 99.1, 67.7, 4.65, 13.1, 2.5),
}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label: the code that its QR holds, a title, and lines beneath."""

    code: str
    title: str
    lines: tuple[str, ...]


def printed(labels: Sequence[Label], sheet: Sheet, first: int = 1) -> bytes:
    """The labels as a PDF for `sheet`; `first` is the place of the first one on a sheet that was begun."""
    _register()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1, invariant=1)
    canvas.setTitle("labels")
    for place, label in enumerate(labels, first - 1):
        on_page = place % sheet.labels
        if on_page == 0 and place > 0:
            canvas.showPage()
        row, column = divmod(on_page, sheet.columns)
        left = (sheet.left + column * (sheet.width + sheet.gap)) * mm
        top = A4[1] - (sheet.top + row * sheet.height) * mm
        _label(canvas, label, left, top, sheet.width * mm, sheet.height * mm)
    canvas.save()
    return out.getvalue()


def _label(canvas: Canvas, label: Label, left: float, top: float, width: float, height: float) -> None:
    side = min(height - 2 * _INSET, width * 0.4)
    _qr(canvas, label.code, left + width - side - _INSET, top - (height + side) / 2, side)
    base = top - _INSET
    for text, size in _lines(label, width - side - 3 * _INSET, height - 2 * _INSET):
        base -= size * _LEADING
        canvas.setFont(_FONT, size)
        canvas.drawString(left + _INSET, base, text)


def _lines(label: Label, room: float, height: float) -> list[tuple[str, float]]:
    """A label's lines with their sizes: the largest type in which all of it fits, else the smallest, cut."""
    for size in map(float, _SIZES):
        small = size * _SMALLER
        title = [(line, size) for line in _wrapped(label.title, size, room)]
        lines = title + [(line, small) for text in label.lines for line in _wrapped(text, small, room)]
        if all(_wide(*one) <= room for one in lines) and sum(of * _LEADING for _, of in lines) <= height:
            return lines
    most = max(1, int((height / _LEADING - small * len(label.lines)) / size))
    kept = [*title[: most - 1], ("".join(line for line, _ in title[most - 1 :]), size)]
    return [(_cut(text, of, room), of) for text, of in (*kept, *((text, small) for text in label.lines))]


def _wrapped(text: str, size: float, room: float) -> Iterator[str]:
    """The text in lines of that width; a word that is wider than it is a line of its own."""
    line = ""
    for word in _WORDS.findall(text):
        if line and _wide(line + word, size) > room:
            yield line.rstrip()
            line = ""
        line = (line + word).lstrip()
    yield line


def _cut(text: str, size: float, room: float) -> str:
    """As much of the text as there is room for, with what shows that there is more."""
    if _wide(text, size) <= room:
        return text
    return next((cut for end in range(len(text), 0, -1) if _wide(cut := text[:end] + "…", size) <= room), "…")


def _wide(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, _FONT, size))


def _qr(canvas: Canvas, code: str, left: float, bottom: float, side: float) -> None:
    widget = QrCodeWidget(code, barLevel="M")
    left_edge, bottom_edge, right_edge, top_edge = widget.getBounds()
    drawing = Drawing(
        side, side, transform=[side / (right_edge - left_edge), 0, 0, side / (top_edge - bottom_edge), 0, 0]
    )
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, left, bottom)


@cache
def _register() -> None:
    pdfmetrics.registerFont(TTFont(_FONT, FACE))
