"""A QR code as SVG, for what is printed from a page: slips and forms. Pure."""

from markupsafe import Markup
from reportlab.graphics import renderSVG
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing

_SIDE = 96


def qr(code: str) -> Markup:
    """`code` as an SVG element, 96 points wide; its text is repeated beside it for who cannot scan."""
    widget = QrCodeWidget(code, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    drawing = Drawing(_SIDE, _SIDE, transform=[_SIDE / (right - left), 0, 0, _SIDE / (top - bottom), 0, 0])
    drawing.add(widget)
    text = renderSVG.drawToString(drawing)
    return Markup(text[text.index("<svg") :])  # noqa: S704 - made here from squares alone
