"""Recognising a page's text: upright first, then words with their boxes."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PIL import Image

from service.scans.rules import Word

_SURE = 0.9
"""A page that is upright is read with more confidence than this; below it the other turns are tried."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands on a page, and by how many degrees it was turned (counter-clockwise) to be upright."""

    turn: int
    text: str
    words: tuple[Word, ...]


class Engine(Protocol):
    """Something that reads an upright-able page."""

    def read(self, image: Image.Image, turn: int | None = None) -> Reading:
        """The page in the turn that a person set, or in the one that suits it best."""


class RapidOcr:
    """PP-OCR models through rapidocr, which ships them in its package; one thread."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        self._engine: Any = RapidOCR(params={"Global.log_level": "critical", **threads})

    def read(self, image: Image.Image, turn: int | None = None) -> Reading:
        """The page in the turn that is read with the most confidence, or in the one that was set."""
        if turn is not None:
            return self._chosen(image, self._attempt(image, turn))
        best = self._attempt(image, 0)
        if best[0] < _SURE and best[1]:
            for other_turn in (180, 90, 270):
                other = self._attempt(image, other_turn)
                best = max(best, other, key=lambda one: one[0] * min(one[1], 200))
                if other[0] >= _SURE:
                    break
        return self._chosen(image, best if best[1] else (best[0], 0, 0, best[3]))

    def _chosen(self, image: Image.Image, attempt: tuple[float, int, int, Any]) -> Reading:
        _, signs, turn, found = attempt
        if not signs:  # a blank page, for which the engine gives a word without a box
            return Reading(turn, "", ())
        width, height = image.size if turn % 180 == 0 else image.size[::-1]
        return _reading(turn, found, width, height)

    def _attempt(self, image: Image.Image, turn: int) -> tuple[float, int, int, Any]:
        turned = image.rotate(turn, expand=True) if turn else image
        found = self._engine(_without_seal(turned), use_cls=False, return_word_box=True)
        texts = found.txts or ()
        sizes = [len(text) for text in texts]
        sure = float(np.average(found.scores, weights=sizes)) * _lying(found.boxes) if sum(sizes) else 0.0
        return sure, sum(sizes), turn, found


def _lying(corners: Any) -> float:
    """The share of lines that are wider than high: the engine reads standing lines too, but in the wrong order."""
    spans = np.ptp(np.asarray(corners), axis=1)
    long = spans.max(axis=1) > 2 * spans.min(axis=1)
    return float((spans[long, 0] >= spans[long, 1]).mean()) if long.any() else 1.0


def _without_seal(image: Image.Image) -> Any:
    """The page as its red channel has it wherever it is red: a seal fades, and black text beneath it stays."""
    pixels = np.asarray(image).copy()
    red = pixels[..., 0].astype(np.int16)
    reddish = red - np.minimum(pixels[..., 1], pixels[..., 2]).astype(np.int16) > 35
    pixels[reddish] = pixels[reddish][:, :1]
    return pixels


def _reading(turn: int, found: Any, width: int, height: int) -> Reading:
    lines: list[str] = []
    words: list[Word] = []
    at = 0
    for line in found.word_results or ():
        text = ""
        for said, sure, corners in line:
            if text and said and _latin(text[-1]) and _latin(said[0]) and len(said) > 1:
                text += " "
            xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
            box = (min(xs) / width, min(ys) / height, (max(xs) - min(xs)) / width, (max(ys) - min(ys)) / height)
            words.append(Word(at + len(text), said, box, float(sure)))
            text += said
        lines.append(text)
        at += len(text) + 1
    return Reading(turn, "\n".join(lines), tuple(words))


def _latin(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()
