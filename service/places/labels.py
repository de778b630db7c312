"""Labels for bags, boxes and cabinets on common label sheets, as PDF (policy S3). Pure."""

import io
from collections.abc import Sequence
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
    for place, label in enumerate(labels, max(1, min(first, sheet.labels)) - 1):
        on_page = place % sheet.labels
        if on_page == 0 and place > first - 1:
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
    room = width - side - 3 * _INSET
    size = min(height * 0.17, 15.0)
    line = top - _INSET - size
    _text(canvas, label.title, left + _INSET, line, size, room)
    for text in label.lines:
        line -= size * 1.25
        _text(canvas, text, left + _INSET, line, size * 0.72, room)


def _text(canvas: Canvas, text: str, left: float, base: float, size: float, room: float) -> None:
    """One line, set smaller where it is too long for its room."""
    long = pdfmetrics.stringWidth(text, _FONT, size)
    canvas.setFont(_FONT, size if long <= room else max(5.0, size * room / long))
    canvas.drawString(left, base, text)


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
