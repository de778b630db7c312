"""What a line says, in one script, and where its words stand on the page. Knows no model and no pixels."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from opencc import OpenCC

from service.fulltext.text import tokens
from service.scans.rules import Word

_TALL = 1.5
"""From how much higher than wide on a line stands."""
_DOUBT = 0.9
"""A sign below this confidence may be another form of itself."""
_ZEROS = re.compile("[一二三四五六七八九十〇][○◯〇]+|[○◯]+(?=[一二三四五六七八九十〇])")
_ZERO = str.maketrans("○◯", "〇〇")
_SIMPLIFIED, _TRADITIONAL = OpenCC("t2s"), OpenCC("s2t")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as read: its text, how sure, each sign's confidence, and where along the line it stands (0 to 1)."""

    text: str
    sure: float
    signs: tuple[float, ...] = ()
    at: tuple[float, ...] = ()


def laid(corners: Any, least: float = 0.0) -> Any:
    """The four corners in the order in which the line runs: one that stands, and is higher than `least`, runs down."""
    width, height = np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[3] - corners[0]))
    return np.roll(corners, -1, axis=0) if height >= _TALL * width and height > least else corners


def numerals(text: str) -> str:
    """With the ring that is read for a zero among Chinese numerals (二○一○) as the numeral it is (二〇一〇)."""
    return _ZEROS.sub(lambda found: found[0].translate(_ZERO), text)


def in_one_script(lines: Sequence[Line]) -> list[Line]:
    """On a page in simplified script, what was read in its traditional form with doubt (強) is simplified (强)."""
    signs = Counter("".join(line.text for line in lines))
    simplified, traditional = (sum(signs[sign] for sign in signs if other(sign) != sign) for other in (_old, _new))
    if traditional * 3 >= simplified:
        return list(lines)
    return [
        replace(line, text="".join(
            _new(sign) if sure < _DOUBT else sign for sign, sure in zip(line.text, line.signs, strict=True)
        ))
        for line in lines
    ]  # fmt: skip


@lru_cache(maxsize=8192)
def _new(sign: str) -> str:
    """A sign in simplified script."""
    return str(_SIMPLIFIED.convert(sign))


@lru_cache(maxsize=8192)
def _old(sign: str) -> str:
    """A sign in traditional script."""
    return str(_TRADITIONAL.convert(sign))


def words_of(lines: Sequence[Line], corners: Sequence[Any], width: int, height: int) -> tuple[Word, ...]:
    """The words of a page of this size, its lines joined by line breaks; one word is one token as search cuts it."""
    words: list[Word] = []
    begins = 0
    for line, place in zip(lines, corners, strict=True):
        for start, end in _spans(line.text):
            box = _box(line, place, start, end, width, height)
            words.append(Word(begins + start, line.text[start:end], box, float(np.mean(line.signs[start:end]))))
        begins += len(line.text) + 1
    return tuple(words)


def _spans(text: str) -> list[tuple[int, int]]:
    """Where words begin and end; a sign that belongs to no token is a word by itself."""
    spans = [(token.start, token.end) for token in tokens(text)]
    inside = {at for start, end in spans for at in range(start, end)}
    return sorted([*spans, *((at, at + 1) for at, sign in enumerate(text) if at not in inside and not sign.isspace())])


def _box(line: Line, corners: Any, start: int, end: int, width: int, height: int) -> tuple[float, float, float, float]:
    """A word's box in fractions of the page, from where its signs stand along the line."""
    first = _edge(line, corners, start, -1)
    last = _edge(line, corners, end - 1, 1)
    upper, lower = corners[1] - corners[0], corners[2] - corners[3]
    points = [corners[0] + upper * share for share in (first, last)] + [
        corners[3] + lower * share for share in (first, last)
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
