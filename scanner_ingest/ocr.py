"""Recognising a page's text: lines are found, the page is set upright, then words with their boxes are read."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image

from scanner_ingest.layout import Corners, Pixels, reading_order
from scanner_ingest.lines import Line, in_one_script, laid, numerals, words_of
from scanner_ingest.reading import Reading
from scanner_ingest.seals import without_seals

_SURE = 0.9
"""Lines that stand upright are read with more confidence than this; below it they are tried upside down."""
_SAMPLE = 6
"""Lines that tell which way is up: the longest ones."""
_LEAST_SURE = 0.5
"""A line below this confidence is a stain or a picture."""
_ONE_SIGN = 1.5
"""Up to so many usual lines high, a line that is higher than wide is one narrow sign."""
_FINDING, _READING = 1600, 2000
"""Pixels of the longer side on which lines are looked for, and from which they are read."""


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
        pixels = without_seals(_bounded(np.asarray(image), _READING))
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
        sample = [_cut(pixels, laid(corners[n])) for n in np.argsort(-length)[:_SAMPLE]]
        upright = _mean(self.lines(sample))
        if upright >= _SURE:
            return 90 if standing else 0
        other = _mean(self.lines([np.ascontiguousarray(np.rot90(cut, 2)) for cut in sample]))
        best = max(upright, other)
        if standing and best < _LEAST_SURE:
            return 0
        return (90 if standing else 0) + (180 if other > upright else 0)

    def _read(self, pixels: Pixels, corners: Corners, turn: int) -> Reading:
        if not len(corners):
            return Reading(turn, "", ())
        usual = float(np.median(np.ptp(corners[..., 1], axis=1)))
        placed = [laid(corners[n], _ONE_SIGN * usual) for n in reading_order(pixels, corners)]
        read = zip(self.lines([_cut(pixels, place) for place in placed]), placed, strict=True)
        kept = [(line, place) for line, place in read if line.sure >= _LEAST_SURE]
        lines = in_one_script([line for line, _ in kept])
        words = words_of(lines, [place for _, place in kept], pixels.shape[1], pixels.shape[0])
        return Reading(turn, "\n".join(line.text for line in lines), words)

    def corners(self, pixels: Pixels) -> Corners:
        """Where lines stand."""
        small = _bounded(pixels, _FINDING)
        found = self._find(cv2.cvtColor(small, cv2.COLOR_RGB2BGR)).boxes
        if found is None:
            return np.zeros((0, 4, 2), np.float32)
        return np.asarray(found, np.float32) * np.float32(pixels.shape[1] / small.shape[1])

    def lines(self, cuts: Sequence[Pixels]) -> list[Line]:
        """What stands in each cut."""
        from rapidocr.ch_ppocr_rec import TextRecInput

        if not cuts:
            return []
        bgr = [cv2.cvtColor(cut, cv2.COLOR_RGB2BGR) for cut in cuts]
        read = self._recognise(TextRecInput(img=bgr, return_word_box=True))
        return [_line(*one) for one in zip(read.txts, read.scores, read.word_results, strict=True)]


def _bounded(pixels: Pixels, longest: int) -> Pixels:
    scale = longest / max(pixels.shape[:2])
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


def _cut(pixels: Pixels, corners: Any) -> Pixels:
    """The line as an upright rectangle."""
    sides = np.hypot(*(corners - np.roll(corners, -1, axis=0)).T)
    width, height = max(1, round(float(max(sides[0], sides[2])))), max(1, round(float(max(sides[1], sides[3]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    cut = cv2.warpPerspective(
        pixels, cv2.getPerspectiveTransform(corners, target), (width, height), flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return np.asarray(cut, np.uint8)


def _line(text: str, sure: float, found: Any) -> Line:
    columns = iter([column for word in found.word_cols for column in word])
    width = max(found.line_txt_len, 1.0)
    at: list[float] = []
    for sign in text:
        before = at[-1] if at else 0.0
        at.append(before if sign.isspace() else (next(columns) + 0.5) / width)
    return Line(numerals(text), float(sure), tuple(found.confs), tuple(at))
