"""Returned pages beside the archived ones: what is missing, torn, does not belong, or was written on (L6). Pure.

Pages are matched by their features (ORB, Rublee and others 2011) and laid over each other by a homography, so that a
page that lies turned, skewed or larger is no damage, and a photo does as well as a scan; then ink that stands on one
of the two alone is looked for. Pages with too little on them for that are told by their ink and their place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.circulation.lending.findings import Box, Finding, Found

Grey = NDArray[Any]
Plane = NDArray[Any]
"""A homography: where a point of the returned page lies on the archived one."""

_LONGEST = 1400
"""Pixels of a page's longer side for comparing: pen strokes are two or three wide."""
_FEATURES = 3000
_LEAST_INLIERS = 25
"""Fewer matching features in one plane are chance; a page with little on it is told by its ink."""
_SAME = 0.85
"""Share of the ink that must lie over the other page's for the two to be one page."""
_OTHER = 0.01
"""Share of the ink that is both gone and new where it is another page of the same form; a pen only adds."""
_ALIKE = 0.003
"""Share of the ink that may differ without a mark to be seen."""
_LOST = 0.01
"""Share of the archived ink that may lie outside the returned sheet: more is torn off, less is a scanner's margin."""
_UNSEEN = 0.1
"""Share of the archived sheet that the returned picture need not show where it bears no ink, besides a rim."""
_RIM = 0.06
"""Width of that rim, of the longer side: photos cut margins off, and scans lie askew."""
_LITTLE = 0.002
"""Share of a page that is ink where it is too little for features: a page number, a stamp's edge."""
_NEAR = 3
"""Pixels by which paper and scanner may be off after laying over each other."""
_AROUND = 70
"""The same for a page with little ink, which is only turned and made as large, so that it may lie askew."""
_MARGIN = 0.02
"""Share of a page's longer side at its edges where scanners and curled paper leave shadows."""
_SMALLEST = 14
"""Pixels of a mark's longer side, and half of its ink; smaller is dust."""
_SHADES = (205, 230)
"""What is surely ink and what may be, of 255 for the paper: sure ink of one page stands alone where the other surely
has none."""
_SIDES = 4


@dataclass(frozen=True, slots=True)
class Laid:
    """How a returned page lies over the archived one, whose size (of the pictures that were compared) is kept."""

    plane: Plane
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """What differs, in the order of the archived pages; empty where all came back as it went.

    `laid` says of each returned page (from 1) that was recognised how it lies; `returned` is how many came back.
    """

    findings: tuple[Found, ...]
    laid: Mapping[int, Laid]
    returned: int


@dataclass(frozen=True, slots=True)
class _Page:
    """`sheet` is 255 where paper lies, and 0 on the table around it; ink is looked for on the sheet alone.

    `blank` is a page without a single mark.
    """

    grey: Grey
    sheet: Grey
    ink: Grey
    faint: Grey
    points: Sequence[Any]
    descriptors: Any
    blank: bool

    @property
    def little(self) -> bool:
        return cv2.countNonZero(self.ink) <= _LITTLE * self.ink.size


@dataclass(frozen=True, slots=True)
class _Match:
    """`apart` is the share of ink that differs; `boxes` say where."""

    plane: Plane
    apart: float
    torn: bool
    boxes: tuple[Box, ...]


def compared(archived: Iterable[Image.Image], returned: Iterable[Image.Image]) -> Compared:
    """What differs. Each picture is let go of before the next one is taken."""
    before, after = [_page(image) for image in archived], [_page(image) for image in returned]
    pairs = _paired(before, after)
    found: list[Found] = []
    for i in range(len(before)):
        if i not in pairs:
            found.append(Found(Finding.MISSING, i + 1, 0))
        elif pairs[i][1].boxes:
            finding = Finding.TORN if pairs[i][1].torn else Finding.MARKED
            found.append(Found(finding, i + 1, pairs[i][0] + 1, pairs[i][1].boxes))
    telling = {i: j for i, (j, _) in pairs.items() if not before[i].blank}
    found += [Found(Finding.MOVED, i + 1, telling[i] + 1) for i in _out_of_order(telling)]
    left = sorted(set(range(len(after))) - {j for j, _ in pairs.values()})
    found += [Found(Finding.SURPLUS, 0, j + 1) for j in left if not after[j].blank]  # an empty back is no paper more
    laid = {j + 1: Laid(match.plane, before[i].grey.shape[::-1]) for i, (j, match) in pairs.items()}
    return Compared(tuple(found), laid, len(after))


def as_laid(returned: Image.Image, laid: Laid) -> Image.Image:
    """The returned page as it lies over the archived one; grey where it does not reach."""
    colours = np.asarray(_bounded(returned.convert("RGB")))
    return Image.fromarray(cv2.warpPerspective(colours, laid.plane, laid.size, borderValue=(128, 128, 128)))


def _paired(before: Sequence[_Page], after: Sequence[_Page]) -> dict[int, tuple[int, _Match]]:
    """Each archived page with its returned one: what fits wholly before what fits nearly, since pages of one form look
    alike; and empty pages last, by their place between the others."""
    pairs: dict[int, tuple[int, _Match]] = {}
    left = set(range(len(after)))

    @cache
    def laid(i: int, j: int) -> _Match | None:
        return _laid(before[i], after[j])

    def pair(i: int, j: int, match: _Match) -> None:
        pairs[i] = j, match
        left.discard(j)

    shift = 0
    empty = {i for i, old in enumerate(before) if old.blank}
    for i in sorted(set(range(len(before))) - empty):
        for j in sorted(left, key=lambda one: abs(one - i - shift)):
            match = laid(i, j)
            if match is not None and not match.boxes:
                pair(i, j, match)
                shift = j - i
                break
    rest = [(i, j, laid(i, j)) for i in range(len(before)) if i not in empty and i not in pairs for j in sorted(left)]
    nearly = [(match.apart, abs(j - i), i, j, match) for i, j, match in rest if match is not None]
    for _, _, i, j, match in sorted(nearly, key=lambda one: one[:4]):
        if i not in pairs and j in left:
            pair(i, j, match)
    for exactly in (True, False):
        for i in sorted(empty - pairs.keys()):
            at = _place(i, pairs)
            for j in sorted(left, key=lambda one: abs(one - at)):
                if (j == at) if exactly else after[j].blank:
                    pair(i, j, _on_empty(before[i], after[j]))
                    break
    return pairs


def _place(i: int, pairs: Mapping[int, tuple[int, _Match]]) -> int:
    """Where an archived page would come back, by the nearest one before it, else after it."""
    known = max((one for one in pairs if one < i), default=min(pairs, default=None))
    return i if known is None else pairs[known][0] + i - known


def _page(image: Image.Image) -> _Page:
    grey = np.asarray(_bounded(image.convert("L")), dtype=np.uint8)
    sheet = _sheet(grey)
    points, descriptors = cv2.ORB.create(nfeatures=_FEATURES, fastThreshold=12).detectAndCompute(grey, None)
    sure, faint = _ink(grey)
    ink = cv2.bitwise_and(sure, _inside(sheet))
    return _Page(grey, sheet, ink, faint, points, descriptors, blank=not _marks(ink, np.zeros_like(ink)))


def _bounded(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    return image


def _paper(grey: Grey) -> Grey:
    """How bright the paper is around each point; wide enough that a seal's star is no paper of its own."""
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((3, 3), np.uint8)), 31)
    return cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _sheet(grey: Grey) -> Grey:
    """255 where paper lies: all but what is dark up to the picture's edge, as a table or a scanner's lid is."""
    paper = _paper(grey)
    dark = (paper < 0.4 * np.percentile(paper, 90)).astype(np.uint8)
    _, parts = cv2.connectedComponents(dark)
    edge = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    table = np.isin(parts, edge[edge > 0]).astype(np.uint8)
    return np.where(cv2.dilate(table, np.ones((41, 41), np.uint8)), 0, 255).astype(np.uint8)  # and the paper's edge


def _inside(sheet: Grey) -> Grey:
    """The sheet without its margin."""
    size = 2 * round(_MARGIN * max(sheet.shape)) + 1
    return cv2.erode(sheet, np.ones((size, size), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)


def _ink(grey: Grey) -> tuple[Grey, Grey]:
    """What is clearly darker than the paper around it, whatever the light, and what may be: 255 where there is ink."""
    flat = cv2.divide(cv2.GaussianBlur(grey, (3, 3), 0), np.maximum(_paper(grey), 90), scale=255)
    sure, faint = (cv2.threshold(flat, shade, 255, cv2.THRESH_BINARY_INV)[1] for shade in _SHADES)
    return sure, faint


def _laid(old: _Page, new: _Page) -> _Match | None:
    """The returned page laid over the archived one, or None where they are not one page."""
    plane = _plane(old, new)
    match = None if plane is None else _match(old, new, _settled(old, new, plane), _NEAR)
    if old.little and new.little and (match is None or match.boxes):  # so few features hold no plane
        turned = _turned(old, new)
        return None if turned is None else _match(old, new, turned, _AROUND)
    return match


def _match(old: _Page, new: _Page, plane: Plane, near: int) -> _Match | None:
    height, width = old.grey.shape
    laid = cv2.warpPerspective(new.grey, plane, (width, height), borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpPerspective(new.sheet, plane, (width, height))
    seen = cv2.erode(seen, np.ones((15, 15), np.uint8))  # the scanned page's own edge is no mark
    sure, faint = _ink(laid)
    ink = cv2.bitwise_and(cv2.bitwise_and(sure, seen), _inside(old.sheet))
    was = cv2.bitwise_and(old.ink, seen)
    off = cv2.bitwise_and(old.ink, cv2.bitwise_not(seen))
    lost = cv2.countNonZero(off) / max(1, cv2.countNonZero(old.ink))
    part = cv2.morphologyEx(
        cv2.bitwise_and(old.sheet, cv2.bitwise_not(seen)), cv2.MORPH_OPEN,
        np.ones((round(_RIM * max(height, width)),) * 2, np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0,
    )  # fmt: skip
    cut = lost > _LOST or cv2.countNonZero(part) > _UNSEEN * cv2.countNonZero(old.sheet)
    gone, added = 1 - _share(was, faint, near), 1 - _share(ink, old.faint, near)
    if near == _NEAR and (added > 1 - _SAME or min(gone, added) > _OTHER or lost > _SAME):
        return None
    torn = cut or gone > 1 - _SAME
    boxes = (*_marks(ink, old.faint, near), *_marks(was, faint, near, 61 if torn else 7))
    if not boxes and near == _NEAR and max(gone, added) > _ALIKE:  # other words in the same places
        boxes = (*_marks(ink, old.faint, near, smallest=0), *_marks(was, faint, near, smallest=0))
    if cut:
        nothing = np.zeros_like(part)
        boxes += tuple(_marks(part, nothing, joined=1) or _marks(off, nothing, joined=61))
    return _Match(plane, lost + gone + added, torn, boxes)


def _plane(old: _Page, new: _Page) -> Plane | None:
    """How the features of the two lie over each other, or None where too few do."""
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
    return plane


def _settled(old: _Page, new: _Page, plane: Plane) -> Plane:
    """The plane moved until the ink as a whole lies best (ECC, Evangelidis and Psarakis 2008): features stand close
    together where a page has its text, and leave the rest of a photo some way off."""
    scale = np.diag([0.25, 0.25, 1.0])
    was, ink, sheet = (
        cv2.resize(one, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) for one in (old.ink, new.ink, new.sheet)
    )
    back = np.linalg.inv(scale @ plane @ np.linalg.inv(scale))
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 100, 1e-5)
    try:
        _, found = cv2.findTransformECC(was, ink, back.astype(np.float32), cv2.MOTION_HOMOGRAPHY, until, sheet, 9)
        return np.linalg.inv(scale) @ np.linalg.inv(found.astype(np.float64)) @ scale
    except (cv2.error, np.linalg.LinAlgError):  # it found no better one
        return plane


def _turned(old: _Page, new: _Page) -> Plane | None:
    """The quarter turn that brings a page with little ink over the other, or None."""
    size = old.grey.shape[::-1]
    fits = []
    for turn in range(4):
        plane = cv2.getPerspectiveTransform(np.roll(_corners(new.sheet), turn, axis=0), _corners(old.sheet))
        fits.append((_share(old.ink, cv2.warpPerspective(new.ink, plane, size), _AROUND), -turn, plane))
    share, _, plane = max(fits, key=lambda one: one[:2])
    return plane if share >= _SAME else None


def _on_empty(old: _Page, new: _Page) -> _Match:
    """A page that bore nothing, with what stands on the one in its place."""
    plane = cv2.getPerspectiveTransform(_corners(new.sheet), _corners(old.sheet))
    ink = cv2.warpPerspective(new.ink, plane, old.grey.shape[::-1])
    boxes = tuple(_marks(ink, np.zeros_like(ink)))
    return _Match(plane, float(bool(boxes)), torn=False, boxes=boxes)


def _corners(sheet: Grey) -> NDArray[np.float32]:
    """The sheet's four corners, clockwise from the upper left; the picture's, where it has others."""
    contours, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(max(contours, key=cv2.contourArea), clockwise=False)
    found = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, closed=True), closed=True)[:, 0]
    if len(found) != _SIDES:
        height, width = sheet.shape
        found = np.array([(0, 0), (width, 0), (width, height), (0, height)])
    return np.roll(found, -int(found.sum(axis=1).argmin()), axis=0).astype(np.float32)


def _share(ink: Grey, other: Grey, near: int) -> float:
    """The share of `ink` that lies over or near the other's."""
    total = cv2.countNonZero(ink)
    return cv2.countNonZero(cv2.bitwise_and(ink, _wide(other, near))) / total if total else 1.0


def _wide(ink: Grey, near: int) -> Grey:
    return cv2.dilate(ink, np.ones((2 * near + 1, 2 * near + 1), np.uint8))


def _marks(ink: Grey, other: Grey, near: int = _NEAR, joined: int = 7, smallest: int = _SMALLEST) -> list[Box]:
    """Where ink stands that the other page does not have, as boxes; dust and the edges of strokes are left out."""
    alone = cv2.bitwise_and(ink, cv2.bitwise_not(_wide(other, near)))
    whole = cv2.dilate(alone, np.ones((joined, joined), np.uint8))  # the strokes of one sign belong together
    count, _, stats, _ = cv2.connectedComponentsWithStats(whole)
    height, width = ink.shape
    boxes = []
    for label in range(1, count):
        x, y, w, h = (int(side) for side in stats[label][:4])
        strokes = cv2.countNonZero(alone[y : y + h, x : x + w])
        if max(w, h) - joined + 1 >= smallest and strokes >= 2 * smallest:
            boxes.append((x / width, y / height, w / width, h / height))
    return boxes


def _out_of_order(returned: Mapping[int, int]) -> list[int]:
    """The pages that do not stand in the order in which they went: all but a longest run that does."""
    runs: list[list[int]] = []
    for at, i in enumerate(sorted(returned)):
        longest: list[int] = []
        for run in runs[:at]:
            if returned[run[-1]] < returned[i] and len(run) > len(longest):
                longest = run
        runs.append([*longest, i])
    keep = set(max(runs, key=len, default=()))
    return sorted(set(returned) - keep)
