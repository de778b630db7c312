"""A QR code as SVG, for what is printed from a page: slips and forms. Pure."""

from markupsafe import Markup
from reportlab.graphics.barcode.qr import QrCodeWidget

_SIDE = 96
_QUIET = 4
"""Modules of white around it, without which scanners do not find it."""


def qr(code: str) -> Markup:
    """`code` as an SVG element, 96 pixels wide; its text is repeated beside it for who cannot scan.

    Colours stand in attributes of their own: a page's policy lets no style within it.
    """
    encoded = QrCodeWidget(code, barLevel="M").qr
    encoded.make()
    count = encoded.getModuleCount()
    dark = [f"M{x} {y}h1v1h-1z" for y in range(count) for x in range(count) if encoded.isDark(y, x)]
    whole = count + 2 * _QUIET
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}" viewBox="{1} {1} {2} {2}"'
        ' shape-rendering="crispEdges"><rect x="{1}" y="{1}" width="{2}" height="{2}" fill="#fff"/>'
        '<path fill="#000" d="{3}"/></svg>'
    ).format(_SIDE, -_QUIET, whole, "".join(dark))
