"""Red seals are taken off a page before it is read, so that their letters do not mix with what is printed.

A seal is red, and has a frame: a ring or a square. Red that stands in no frame (a red title, a correction) is text
and stays. What was printed beneath a seal is dark in the red channel too, and stays as well.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_RED = 28
"""By how much red must lie above green and blue; a photograph's skin and yellowed paper lie below."""
_LEAST, _MOST = 0.07, 0.4
"""A seal's size, as shares of the page's shorter side: 15 to 85 mm on A4; a large red letter is smaller."""
_SQUARE = 0.7
"""Of a seal's sides, the shorter by the longer."""
_CURVE = ((0.0, 0.55, 0.8), (0.0, 0.55, 1.0))
"""Shades of lifted ink, as shares of the paper's, and what they become: a seal's last edges go, print stays."""
_FRAMED = 0.6
"""Share of its frame that must be seen; text beneath and worn ink cut it."""


def without_seals(pixels: Pixels) -> Pixels:
    """The RGB page without its seals; the same array where it has none."""
    red = _red(pixels)
    seals = _seals(red)
    if not seals:
        return pixels
    clean = pixels.copy()
    for left, top, right, bottom in seals:
        part = clean[top:bottom, left:right]
        part[...] = _lifted(part, red[top:bottom, left:right])
    return clean


def _red(pixels: Pixels) -> Pixels:
    """Where the page is red: 1, else 0."""
    others = cv2.max(pixels[..., 1], pixels[..., 2])
    return (cv2.subtract(np.ascontiguousarray(pixels[..., 0]), others) > _RED).astype(np.uint8)


def _seals(red: Pixels) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of each framed red shape, with a little room."""
    height, width = red.shape
    side = min(height, width)
    if cv2.countNonZero(red) < (_LEAST * side) ** 2 / 20:
        return []
    reach = max(3, side // 150) | 1
    whole = cv2.morphologyEx(red, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, marks, shapes, _ = cv2.connectedComponentsWithStats(whole)
    found = []
    for number, (x, y, w, h, _) in enumerate(shapes[1:].tolist(), 1):
        if _LEAST * side <= max(w, h) <= _MOST * side and min(w, h) >= _SQUARE * max(w, h):
            shape = (marks[y : y + h, x : x + w] == number).astype(np.uint8)
            if _framed(shape):
                found.append(
                    (max(0, x - reach), max(0, y - reach), min(width, x + w + reach), min(height, y + h + reach))
                )
    return found


def _framed(shape: Pixels) -> bool:
    """Whether a ring or a square runs along the shape's sides."""
    height, width = shape.shape
    band = max(2, min(height, width) // 12)
    for draw in (_ring, _square):
        frame = np.zeros(shape.shape, np.uint8)
        draw(frame, band)
        angles = _angles(height, width)
        seen = np.bincount(angles[(frame > 0) & (shape > 0)], minlength=72) > 0
        if seen.mean() >= _FRAMED and (shape[frame == 0].mean() if (frame == 0).any() else 1.0) < 0.6:
            return True
    return False


def _ring(frame: Pixels, band: int) -> None:
    height, width = frame.shape
    axes = (max(1, width // 2 - band // 2), max(1, height // 2 - band // 2))
    cv2.ellipse(frame, (width // 2, height // 2), axes, 0, 0, 360, 1, band)


def _square(frame: Pixels, band: int) -> None:
    cv2.rectangle(frame, (0, 0), (frame.shape[1] - 1, frame.shape[0] - 1), 1, band)


def _angles(height: int, width: int) -> NDArray[np.int64]:
    """For each point its direction from the middle, in 72 steps."""
    y, x = np.mgrid[:height, :width]
    turn = np.arctan2((y - height / 2) / height, (x - width / 2) / width)
    return np.asarray((turn / (2 * np.pi) + 0.5) * 72, np.int64) % 72


def _lifted(part: Pixels, red: Pixels) -> Pixels:
    """The part in grey: where the seal lies, its ink's shade becomes the paper's, and what is darker stays dark."""
    shade = np.ascontiguousarray(part[..., 0])
    paper = float(np.median(shade[red == 0])) if (red == 0).any() else 235.0
    ink = float(np.median(shade[red > 0]))
    full = float(np.median(_redness(part)[red > 0]))
    cover = cv2.blur(np.clip(_redness(part) / max(full, 0.05), 0.0, 1.2).astype(np.float32), (3, 3))
    near = cv2.dilate(red, np.ones((7, 7), np.uint8)) > 0
    bare = shade * (paper / max(ink, 1.0)) ** cover / paper
    lifted = np.where(near, np.interp(bare, *_CURVE) * paper, shade)
    return np.repeat(lifted.astype(np.uint8)[..., None], 3, axis=2)


def _redness(part: Pixels) -> NDArray[np.float32]:
    """How much of the other colours is missing: 0 on paper and on black, most on a seal's ink."""
    shade = part.astype(np.float32)
    return np.asarray(np.log((shade[..., 0] + 12) / (np.maximum(shade[..., 1], shade[..., 2]) + 12)), np.float32)
