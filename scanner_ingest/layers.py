"""The text of a born-digital PDF page, with boxes, where it can be trusted; else the page is read as an image."""

from dataclasses import dataclass
from typing import Any

from service.fulltext.text import tokens

Box = tuple[float, float, float, float]
_LEAST = 20
"""Signs below which a page is read as an image: a stamp or a page number alone says nothing of the rest."""
_MOST_BAD = 0.02
"""Share of signs without a meaning; fonts without a map to Unicode give many."""
_MOST_IMAGE = 0.3
"""Share of the page that images may cover: a scan with a text layer of unknown quality is read anew."""
_IMAGE = 3
"""pdfium's FPDF_PAGEOBJ_IMAGE."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A page's own text, and its words: where each begins, itself, and its box in fractions of the page."""

    text: str
    words: tuple[tuple[int, str, Box], ...]


def layer(page: Any) -> Layer | None:
    """The text layer of a pdfium page, or None where it is not good enough."""
    width, height = page.get_size()
    if page.get_rotation() or width <= 0 or height <= 0 or _covered(page, width * height) > _MOST_IMAGE:
        return None
    inside = page.get_textpage()
    try:
        text, boxes = _signs(inside, width, height)
    finally:
        inside.close()
    meant = [sign for sign in text if not sign.isspace()]
    if len(meant) < _LEAST or sum(map(_bad, meant)) > _MOST_BAD * len(meant):
        return None
    words = [
        (token.start, text[token.start : token.end], _around(boxes[token.start : token.end])) for token in tokens(text)
    ]
    return Layer(text, tuple(words))


def _covered(page: Any, area: float) -> float:
    """The share of the page under images."""
    total = 0.0
    for thing in page.get_objects(filter=[_IMAGE], max_depth=3):
        left, bottom, right, top = thing.get_bounds()
        total += max(0.0, right - left) * max(0.0, top - bottom)
    return total / area


def _signs(inside: Any, width: float, height: float) -> tuple[str, list[Box]]:
    signs, boxes = [], []
    for at in range(inside.count_chars()):
        for sign in inside.get_text_range(at, 1).replace("\r", ""):
            left, bottom, right, top = inside.get_charbox(at)
            signs.append(sign)
            boxes.append((left / width, 1 - top / height, (right - left) / width, (top - bottom) / height))
    return "".join(signs), boxes


def _bad(sign: str) -> bool:
    return sign == "\ufffd" or "\ue000" <= sign <= "\uf8ff" or (ord(sign) < 32)


def _around(boxes: list[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return (
        left, top, max(box[0] + box[2] for box in boxes) - left, max(box[1] + box[3] for box in boxes) - top,
    )  # fmt: skip
