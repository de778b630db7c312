"""What is laid over a page's image: lines of text to select, found places to mark, and the text in parts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.scans.rules import Page, Word

Box = tuple[float, float, float, float]
_AROUND = 14
"""Signs of the text that are shown on either side of a hit."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand side by side: where they begin in the page's text, what they say, and the box around them."""

    at: int
    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Hit:
    """One found place: a box for each line that it touches, and the text around it."""

    boxes: tuple[Box, ...]
    before: str
    found: str
    after: str


def lines(page: Page) -> list[Line]:
    """The page's words joined as far as they stand in one line without a wide gap."""
    return [_line(page, run) for run in _runs(page, page.words)]


def hits(page: Page, spans: Sequence[Sequence[int]]) -> list[Hit]:
    """The [start, end) spans of the page's text as places on its image; those without a box are left out."""
    made = []
    for start, end in spans:
        touched = [word for word in page.words if word.at < end and start < word.at + len(word.text)]
        places = tuple(_line(page, run).box for run in _runs(page, touched))
        around = page.text[max(0, start - _AROUND) : start], page.text[end : end + _AROUND]
        if places:
            made.append(Hit(places, _flat(around[0]), _flat(page.text[start:end]), _flat(around[1])))
    return made


def parts(text: str, spans: Sequence[Sequence[int]]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it was found."""
    made, last = [], 0
    for start, end in spans:
        made += [(text[last:start], False), (text[start:end], True)]
        last = end
    return [part for part in [*made, (text[last:], False)] if part[0]]


def _runs(page: Page, words: Sequence[Word]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for word in words:
        if run and not _follows(page, run[-1], word):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _follows(page: Page, before: Word, word: Word) -> bool:
    end = before.at + len(before.text)
    if word.at < end or "\n" in page.text[end : word.at]:
        return False
    (x, y, width, height), (left, top, _, tall) = before.box, word.box
    level = abs((y + height / 2) - (top + tall / 2)) < max(height, tall) / 2
    gap = (left - x - width) * page.width
    return level and -height * page.height < gap < 1.5 * height * page.height


def _line(page: Page, run: Sequence[Word]) -> Line:
    left, top = min(word.box[0] for word in run), min(word.box[1] for word in run)
    right, bottom = max(w.box[0] + w.box[2] for w in run), max(w.box[1] + w.box[3] for w in run)
    first, last = run[0], run[-1]
    return Line(first.at, page.text[first.at : last.at + len(last.text)], (left, top, right - left, bottom - top))


def _flat(text: str) -> str:
    return " ".join(text.split())
