"""Returned pages beside the archived ones: what is missing, what does not belong, what was written on (L6). Pure.

Pages are matched by their features (ORB, Rublee and others 2011) and laid over each other by a homography, so that a
page that lies turned, skewed or larger is no damage; then ink that stands on one of the two alone is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.circulation.lending.findings import Box, Finding, Found

Grey = NDArray[Any]

_LONGEST = 1400
"""Pixels of a page's longer side for comparing: pen strokes are two or three wide."""
_FEATURES = 3000
_LEAST_INLIERS = 25
"""Fewer matching features in one plane are chance; a page with little on it is told by its ink."""
_SAME = 0.85
"""Share of the ink that must lie over the other page's for the two to be one page."""
_OTHER = 0.01
"""Share of the ink that is both gone and new where it is another page of the same form; a pen only adds."""
_NEAR = 4
"""Pixels by which paper and scanner may be off after laying over each other."""
_SMALLEST = 14
"""Pixels of a mark's longer side; smaller is dust."""
_LEAST_INK = 30
"""Pixels of ink in a mark."""


@dataclass(frozen=True, slots=True)
class _Page:
    grey: Grey
    ink: Grey
    points: Sequence[Any]
    descriptors: Any


@dataclass(frozen=True, slots=True)
class _Match:
    archived: int
    returned: int
    boxes: tuple[Box, ...]


def compared(archived: Sequence[Image.Image], returned: Sequence[Image.Image]) -> list[Found]:
    """What differs, in the order of the archived pages; empty where all came back as it went."""
    before, after = [_page(image) for image in archived], [_page(image) for image in returned]
    by_page: dict[int, _Match] = {}
    left = set(range(len(after)))
    for clean in (True, False):  # pages of one form look alike: what fits wholly is paired before what fits nearly
        shift = 0
        for i, old in enumerate(before):
            if i in by_page:
                shift = by_page[i].returned - i
                continue
            for j in sorted(left, key=lambda one: abs(one - i - shift)):
                match = _laid(i, j, old, after[j])
                if match is not None and not (clean and match.boxes):
                    by_page[i], shift = match, j - i
                    left.discard(j)
                    break
    found: list[Found] = []
    for i in range(len(before)):
        if i not in by_page:
            found.append(Found(Finding.MISSING, i + 1, 0))
        elif by_page[i].boxes:
            found.append(Found(Finding.MARKED, i + 1, by_page[i].returned + 1, by_page[i].boxes))
    found += [Found(Finding.MOVED, i + 1, by_page[i].returned + 1) for i in _out_of_order(by_page)]
    found += [Found(Finding.SURPLUS, 0, j + 1) for j in sorted(left)]
    return found


def _page(image: Image.Image) -> _Page:
    plain = image.convert("L")
    plain.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    grey = np.asarray(plain, dtype=np.uint8)
    points, descriptors = cv2.ORB.create(nfeatures=_FEATURES, fastThreshold=12).detectAndCompute(grey, None)
    return _Page(grey, _ink(grey), points, descriptors)


def _ink(grey: Grey) -> Grey:
    """What is clearly darker than the paper around it, whatever the light: 255 where there is ink."""
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), 31)
    darker = cv2.subtract(paper, cv2.GaussianBlur(grey, (3, 3), 0))
    return cv2.threshold(darker, 45, 255, cv2.THRESH_BINARY)[1]


def _laid(i: int, j: int, old: _Page, new: _Page) -> _Match | None:
    """The returned page laid over the archived one, or None where they are not one page."""
    if old.descriptors is None or new.descriptors is None:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(new.descriptors, old.descriptors, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance]
    if len(good) < _LEAST_INLIERS:
        return None
    source = np.array([new.points[one.queryIdx].pt for one in good], dtype=np.float32)
    target = np.array([old.points[one.trainIdx].pt for one in good], dtype=np.float32)
    plane, inliers = cv2.findHomography(source, target, cv2.RANSAC, 4.0)
    if plane is None or int(inliers.sum()) < _LEAST_INLIERS:
        return None
    height, width = old.grey.shape
    laid = cv2.warpPerspective(new.grey, plane, (width, height), flags=cv2.INTER_AREA, borderValue=255)
    seen = cv2.warpPerspective(np.full_like(new.grey, 255), plane, (width, height))
    seen = cv2.erode(seen, np.ones((15, 15), np.uint8))  # the scanned page's own edge is no mark
    ink = cv2.bitwise_and(_ink(laid), seen)
    was = cv2.bitwise_and(old.ink, seen)
    gone, added = 1 - _share(was, ink), 1 - _share(ink, was)
    if max(gone, added) > 1 - _SAME or min(gone, added) > _OTHER:
        return None
    return _Match(i, j, (*_marks(ink, was), *_marks(was, ink)))


def _share(ink: Grey, other: Grey) -> float:
    """The share of `ink` that lies over or near the other's."""
    total = cv2.countNonZero(ink)
    return cv2.countNonZero(cv2.bitwise_and(ink, _wide(other))) / total if total else 1.0


def _wide(ink: Grey) -> Grey:
    return cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _NEAR + 1, 2 * _NEAR + 1)))


def _marks(ink: Grey, other: Grey) -> list[Box]:
    """Where ink stands that the other page does not have, as boxes; dust and the edges of strokes are left out."""
    alone = cv2.bitwise_and(ink, cv2.bitwise_not(_wide(other)))
    joined = cv2.dilate(alone, np.ones((7, 7), np.uint8))  # the strokes of one sign belong together
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    height, width = ink.shape
    boxes = []
    for label in range(1, count):
        x, y, w, h = (int(side) for side in stats[label][:4])
        strokes = cv2.countNonZero(alone[y : y + h, x : x + w])
        if max(w, h) - 6 >= _SMALLEST and strokes >= _LEAST_INK:
            boxes.append((x / width, y / height, w / width, h / height))
    return boxes


def _out_of_order(by_page: dict[int, _Match]) -> list[int]:
    """The pages that do not stand in the order in which they went: all but a longest run that does."""
    order = [(i, by_page[i].returned) for i in sorted(by_page)]
    runs: list[list[int]] = []
    for at, (i, j) in enumerate(order):
        longest: list[int] = []
        for run, (_, before) in zip(runs, order[:at], strict=True):
            if before < j and len(run) > len(longest):
                longest = run
        runs.append([*longest, i])
    keep = set(next((run for run in runs if len(run) == max(map(len, runs))), ()))
    return [i for i in by_page if i not in keep]
