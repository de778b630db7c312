"""In which order the lines of a page are read: row by row, and in a table cell by cell.

Works on where lines stand, four corners each, and on the ruled lines of the page. Knows nothing of what they say.
"""

from collections import defaultdict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Corners = NDArray[np.float32]
"""Of n lines: n x 4 points, from the upper left one clockwise."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""

_WORKING = 1400
"""Pixels of the longer side on which ruled lines are looked for."""
_LONG = 1.6
"""From how many lines' heights on a stroke is a ruled line."""
_FILLED = 0.8
"""Share of its bounding box that a cell fills; what lies around a table does not."""
_WHOLE = 0.95
"""Share of the page above which it is the page itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line, or a cell with its lines in their order, begins."""

    top: float
    left: float
    lines: list[int]


def slant(corners: Corners) -> float:
    """By how many degrees lines fall to the right: the median over the long ones."""
    along = corners[:, 1] - corners[:, 0] + corners[:, 2] - corners[:, 3]
    down = corners[:, 3] - corners[:, 0]
    widths, heights = np.hypot(*along.T) / 2, np.hypot(*down.T)
    long = widths > 4 * heights
    return float(np.degrees(np.median(np.arctan2(along[long, 1], along[long, 0])))) if long.any() else 0.0


def reading_order(pixels: Pixels, corners: Corners) -> list[int]:
    """The numbers of the lines in the order in which they are read."""
    if len(corners) < 2:
        return list(range(len(corners)))
    scale = min(1.0, _WORKING / max(pixels.shape[:2]))
    width, height = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    level = cv2.getRotationMatrix2D((width / 2, height / 2), slant(corners), 1.0)
    straight = cv2.transform((corners * scale).astype(np.float32), level)
    boxes = np.concatenate([straight.min(axis=1), straight.max(axis=1)], axis=1)
    usual = float(np.median(np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])))
    grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (width, height), interpolation=cv2.INTER_AREA)
    grey = cv2.warpAffine(grey, level, (width, height), borderMode=cv2.BORDER_REPLICATE)
    marks, cells = _cells(np.asarray(grey, np.uint8), usual)
    lines = [Place((box[1] + box[3] - usual) / 2, box[0], [number]) for number, box in enumerate(boxes.tolist())]
    blocks: dict[int, list[Place]] = defaultdict(list)
    for line, box in zip(lines, boxes, strict=True):
        blocks[_around(marks, box)].append(line)
    used = [cells[mark] for mark in blocks if mark]
    places = blocks.pop(0, [])
    for mark, inside in blocks.items():
        if any(_holds(cells[mark], other) for other in used):
            places += inside
        else:
            left, top, _, _ = cells[mark]
            places.append(Place(top, left, [number for line in _rows(inside, usual) for number in line.lines]))
    return [number for place in _rows(places, usual) for number in place.lines]


def _around(marks: NDArray[np.int32], box: NDArray[np.float32]) -> int:
    """The cell in which most of a line's box lies; 0 for none."""
    left, top, right, bottom = (max(0, int(side)) for side in box)
    return int(np.bincount(marks[top : bottom + 1, left : right + 1].ravel(), minlength=1).argmax())


def _holds(cell: Box, other: Box) -> bool:
    return cell != other and cell[0] <= other[0] and cell[1] <= other[1] and cell[2] >= other[2] and cell[3] >= other[3]


def _rows(places: list[Place], usual: float) -> list[Place]:
    """By row, from the left within each; a row is what begins within half a line of its first."""
    ordered: list[Place] = []
    row: list[Place] = []
    for place in sorted(places, key=lambda one: one.top):
        if row and place.top - row[0].top > usual / 2:
            ordered += sorted(row, key=lambda one: one.left)
            row = []
        row.append(place)
    return ordered + sorted(row, key=lambda one: one.left)


def _cells(grey: Pixels, usual: float) -> tuple[NDArray[np.int32], dict[int, Box]]:
    """For each point of a level page the number of the cell around it, 0 outside of cells; and each cell's box."""
    dark = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12).astype(np.uint8)
    length = max(15, round(_LONG * usual))
    free = ((_ruled(dark, (length, 1)) | _ruled(dark, (1, length))) == 0).astype(np.uint8)
    count, marks, shapes, _ = cv2.connectedComponentsWithStats(free, connectivity=4)
    cells = {
        number: (x, y, x + w, y + h)
        for number, (x, y, w, h, area) in enumerate(shapes.tolist())
        if number and area >= _FILLED * w * h and min(w, h) >= usual and w * h < _WHOLE * grey.size
    }
    known = np.zeros(count, np.int32)
    known[list(cells)] = list(cells)
    return known[marks], cells


def _ruled(dark: Pixels, kernel: tuple[int, int]) -> Pixels:
    """Ruled lines of one direction, with their gaps closed."""
    width, height = kernel
    thick = cv2.dilate(dark, np.ones((3, 1) if height == 1 else (1, 3), np.uint8))
    found = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((height, width), np.uint8))
    bridge = np.ones((1, max(3, width // 2)) if height == 1 else (max(3, height // 2), 1), np.uint8)
    return cv2.dilate(found, bridge).astype(np.uint8)
