"""Recognising a page's text: lines are found, the page is set upright, then words with their boxes are read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from scanner_ingest.layout import Corners, Pixels, reading_order
from scanner_ingest.reading import Reading
from scanner_ingest.seals import without_seals
from service.fulltext.text import tokens
from service.scans.rules import Word

_SURE = 0.9
"""Lines that stand upright are read with more confidence than this; below it they are tried upside down."""
_SAMPLE = 6
"""Lines that tell which way is up: the longest ones."""
_LEAST_SURE = 0.5
"""A line below this confidence is a stain or a picture."""
_ZEROS = re.compile("[一二三四五六七八九十〇][○◯〇]+|[○◯]+(?=[一二三四五六七八九十〇])")
_ZERO = str.maketrans("○◯", "〇〇")
_DETECTION = 2000
"""Pixels of the longer side on which lines are looked for and read."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as read: its text, how sure, each sign's confidence, and where along the line it stands (0 to 1)."""

    text: str
    sure: float
    signs: tuple[float, ...] = ()
    at: tuple[float, ...] = ()


class RapidOcr:
    """PP-OCR models through rapidocr, which ships them in its package; one thread."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        engine: Any = RapidOCR(params={"Global.log_level": "critical", **threads})
        self._find: Any = engine._load_det_model()
        self._recognise: Any = engine._load_rec_model()

    def read(self, image: Image.Image, turn: int | None = None) -> Reading:
        """The page in the turn in which its longest lines are read with the most confidence, or in the one set."""
        pixels = without_seals(_bounded(np.asarray(image)))
        if turn is None:
            corners = self.corners(pixels)
            turn = self._turn(pixels, corners)
            if not turn:
                return self._read(pixels, corners, 0)
        pixels = np.ascontiguousarray(np.rot90(pixels, turn // 90))
        return self._read(pixels, self.corners(pixels), turn)

    def _turn(self, pixels: Pixels, corners: Corners) -> int:
        """By how much the page must be turned to be upright: 0 where that is as good as any."""
        if not len(corners):
            return 0
        spans = np.ptp(corners, axis=1)
        standing = _standing(spans)
        length = spans[:, 1] if standing else spans[:, 0]
        sample = [_cut(pixels, corners[n], standing) for n in np.argsort(-length)[:_SAMPLE]]
        upright = _mean(self.lines(sample))
        if upright >= _SURE:
            return 90 if standing else 0
        other = _mean(self.lines([np.ascontiguousarray(np.rot90(cut, 2)) for cut in sample]))
        best = max(upright, other)
        if standing and best < _LEAST_SURE:
            return 0
        return (90 if standing else 0) + (180 if other > upright else 0)

    def _read(self, pixels: Pixels, corners: Corners, turn: int) -> Reading:
        order = reading_order(pixels, corners)
        lines = self.lines([_cut(pixels, corners[n], False) for n in order])
        kept = [(line, corners[n]) for line, n in zip(lines, order, strict=True) if line.sure >= _LEAST_SURE]
        return _reading(turn, kept, pixels.shape[1], pixels.shape[0])

    def corners(self, pixels: Pixels) -> Corners:
        """Where lines stand."""
        found = self._find(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)).boxes
        return np.zeros((0, 4, 2), np.float32) if found is None else np.asarray(found, np.float32)

    def lines(self, cuts: Sequence[Pixels]) -> list[Line]:
        """What stands in each cut."""
        from rapidocr.ch_ppocr_rec import TextRecInput

        if not cuts:
            return []
        bgr = [cv2.cvtColor(cut, cv2.COLOR_RGB2BGR) for cut in cuts]
        read = self._recognise(TextRecInput(img=bgr, return_word_box=True))
        return [_line(*one) for one in zip(read.txts, read.scores, read.word_results, strict=True)]


def _bounded(pixels: Pixels) -> Pixels:
    scale = _DETECTION / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _standing(spans: Any) -> bool:
    """Whether most lines are higher than wide."""
    long = spans.max(axis=1) > 2 * spans.min(axis=1)
    return bool(long.any() and (spans[long, 1] > spans[long, 0]).mean() > 0.5)


def _mean(lines: Sequence[Line]) -> float:
    sizes = [len(line.text) for line in lines]
    return float(np.average([line.sure for line in lines], weights=sizes)) if sum(sizes) else 0.0


def _cut(pixels: Pixels, corners: Any, standing: bool) -> Pixels:
    """The line as an upright rectangle; a standing one is turned to lie, as the page would be by 90 degrees."""
    width = max(1, round(float(max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3]))))))
    height = max(1, round(float(max(np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[2] - corners[1]))))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    cut = cv2.warpPerspective(
        pixels, cv2.getPerspectiveTransform(corners.astype(np.float32), target), (width, height),
        flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    if standing or height >= 1.5 * width:
        cut = np.ascontiguousarray(np.rot90(cut))
    return np.asarray(cut, np.uint8)


def numerals(text: str) -> str:
    """With the ring that is read for a zero among Chinese numerals (二○一○) as the numeral it is (二〇一〇)."""
    return _ZEROS.sub(lambda found: found[0].translate(_ZERO), text)


def _line(text: str, sure: float, found: Any) -> Line:
    columns = iter([column for word in found.word_cols for column in word])
    width = max(found.line_txt_len, 1.0)
    at: list[float] = []
    for sign in text:
        at.append(at[-1] if sign.isspace() and at else 0.0 if sign.isspace() else (next(columns) + 0.5) / width)
    return Line(numerals(text), float(sure), tuple(found.confs), tuple(at))


def _reading(turn: int, lines: Sequence[tuple[Line, Any]], width: int, height: int) -> Reading:
    """Text and words: a word is one token as search cuts it, or one sign that is none."""
    texts: list[str] = []
    words: list[Word] = []
    begins = 0
    for line, corners in lines:
        for start, end in _spans(line.text):
            words.append(
                Word(begins + start, line.text[start:end], _box(line, corners, start, end, width, height),
                     float(np.mean(line.signs[start:end])))
            )  # fmt: skip
        texts.append(line.text)
        begins += len(line.text) + 1
    return Reading(turn, "\n".join(texts), tuple(words))


def _spans(text: str) -> list[tuple[int, int]]:
    spans = [(token.start, token.end) for token in tokens(text)]
    inside = {at for start, end in spans for at in range(start, end)}
    return sorted([*spans, *((at, at + 1) for at, sign in enumerate(text) if at not in inside and not sign.isspace())])


def _box(line: Line, corners: Any, start: int, end: int, width: int, height: int) -> tuple[float, float, float, float]:
    """A word's box in fractions of the page, from where its signs stand along the line."""
    first = _edge(line, corners, start, -1)
    last = _edge(line, corners, end - 1, 1)
    points = [
        corners[side] + (corners[side + 1 if side == 0 else 2] - corners[side]) * share
        for side in (0, 3)
        for share in (first, last)
    ]
    xs, ys = [float(point[0]) for point in points], [float(point[1]) for point in points]
    return (min(xs) / width, min(ys) / height, (max(xs) - min(xs)) / width, (max(ys) - min(ys)) / height)


def _edge(line: Line, corners: Any, at: int, side: int) -> float:
    """Where along its line a sign ends: half-way to its neighbour, else as far as on its other side."""
    long, high = float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[3] - corners[0])))
    reach = 0.5 * min(high, long) / max(long, 1.0)
    beside = [n for n in (at + side, at - side) if 0 <= n < len(line.text) and not line.text[n].isspace()]
    if beside:
        reach = min(reach, abs(line.at[beside[0]] - line.at[at]) / 2)
    return min(1.0, max(0.0, line.at[at] + side * reach))
