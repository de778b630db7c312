"""Text that was corrected by hand, laid over the words that were read: each sign keeps or inherits a box. Pure."""

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from service.fulltext.text import tokens
from service.scans.rules import Word

Box = tuple[float, float, float, float]
MOST = 50_000
"""Signs of one page's corrected text; a dense A3 page has some 6,000."""


def words(corrected: str, text: str, read: Sequence[Word]) -> tuple[Word, ...]:
    """The words of `corrected`, as search cuts them, with boxes from the reading of `text`.

    What was not changed keeps its box; what was put in takes the place of what it replaced, or of its neighbour.
    """
    boxes = _boxes(text, read)
    placed: list[Box | None] = [None] * len(corrected)
    for step in Levenshtein.opcodes(text, corrected):
        old = [box for box in boxes[step.src_start : step.src_end] if box]
        for offset, at in enumerate(range(step.dest_start, step.dest_end)):
            if step.tag == "equal":
                placed[at] = boxes[step.src_start + offset]
            elif old:
                placed[at] = _around(old)
    found = []
    for token in tokens(corrected):
        inside = [box for box in placed[token.start : token.end] if box] or _near(placed, token.start)
        if inside:
            found.append(Word(token.start, corrected[token.start : token.end], _around(inside), 1.0))
    return tuple(found)


def _boxes(text: str, read: Sequence[Word]) -> list[Box | None]:
    """A box for each sign: its part of its word's."""
    made: list[Box | None] = [None] * len(text)
    for word in read:
        x, y, width, height = word.box
        part = width / max(1, len(word.text))
        for offset in range(len(word.text)):
            if word.at + offset < len(made):
                made[word.at + offset] = (x + offset * part, y, part, height)
    return made


def _near(placed: Sequence[Box | None], at: int) -> list[Box]:
    before = next((box for box in reversed(placed[:at]) if box), None)
    after = next((box for box in placed[at:] if box), None)
    return [box for box in (before or after,) if box]


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
