"""Text as search cuts it: normalised, traditional folded to simplified, Han characters alone. Pure.

Offsets always point into the text that was given, so that marks can be drawn on it.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from opencc import OpenCC
from rapidfuzz.distance import OSA

_FOLD = OpenCC("t2s")


class Token(NamedTuple):
    """One token and where it stands, [start, end), in the text as given."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """What one blank-separated part of a query asks for: tokens that follow each other."""

    tokens: tuple[str, ...]
    exact: bool = False
    """Asked in quotes: neither begins a word nor forgives typing errors."""

    @property
    def joined(self) -> str:
        return "".join(self.tokens)

    @property
    def pairs(self) -> list[str]:
        """What stands in a field's pairs, one after the other, where the term stands in the field."""
        return pairs(self.tokens)

    @property
    def edits(self) -> int:
        """How many typing errors are forgiven: one for a word of 3 letters, two from 6 on, none for Han."""
        word = self.tokens[0]
        if self.exact or len(self.tokens) > 1 or len(word) < 3 or not (word.isascii() and word.isalpha()):
            return 0
        return 2 if len(word) >= 6 else 1


@lru_cache(maxsize=65536)
def _parts_of(sign: str) -> tuple[tuple[str, bool, bool], ...]:
    """A sign normalised, each part with whether it is Han and whether it is of a run of letters and digits."""
    normal = str(_FOLD.convert(unicodedata.normalize("NFKC", sign).lower()))
    return tuple((part, _han(part), part.isalnum() and not _han(part)) for part in normal)


def _han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff" or "\U00020000" <= sign <= "\U0003ffff"


def tokens(text: str) -> list[Token]:
    """Each Han character alone, runs of letters and digits whole; everything else parts them."""
    return [Token._make(one) for one in _cut(text)]


def _cut(text: str) -> list[tuple[str, int, int]]:
    """The same as plain tuples, which whole pages are cut into for each search."""
    found: list[tuple[str, int, int]] = []
    run, began, last = "", 0, 0
    for position, sign in enumerate(text):
        for part, han, of_run in _parts_of(sign):
            if of_run:
                began = position if not run else began
                run += part
                last = position + 1
                continue
            if run:
                found.append((run, began, last))
                run = ""
            if han:
                found.append((part, position, position + 1))
    if run:
        found.append((run, began, last))
    return found


class _Spaced(dict[int, str]):
    """Each sign as `str.translate` wants it: Han with blanks around, a run's part bare, anything else a blank."""

    def __missing__(self, code: int) -> str:
        parts = (f" {part} " if han else part if of_run else " " for part, han, of_run in _parts_of(chr(code)))
        self[code] = made = "".join(parts)
        return made


_SPACED = _Spaced()


def prepare(text: str) -> str:
    """The tokens joined by spaces, for a field that is analysed at white space. A tenth of the time of cutting."""
    return " ".join(text.translate(_SPACED).split())


def pairs(tokens: Sequence[str]) -> list[str]:
    """Each token with the one after it. A word of two characters is one of them, so no places have to be compared."""
    return ["_".join(pair) for pair in pairwise(tokens)]


def parse(query: str) -> tuple[Term, ...]:
    """The terms of a query: parted by blanks, quotes keep a phrase. At most 12."""
    terms = []
    for part, exact in _parts(unicodedata.normalize("NFKC", query)):
        cut = tuple(token.text for token in tokens(part))
        if cut:
            terms.append(Term(cut, exact))
    return tuple(dict.fromkeys(terms))[:12]


def _parts(query: str) -> Iterator[tuple[str, bool]]:
    for number, quoted in enumerate(query.replace("“", '"').replace("”", '"').split('"')):
        if number % 2:
            yield quoted, True
        else:
            for part in quoted.split():
                yield part, False


def _same(cut: tuple[str, ...], term: Term) -> bool:
    """Whether the tokens are the term's, typing errors forgiven as both engines forgive them."""
    if cut == term.tokens or not term.edits:
        return cut == term.tokens
    return OSA.distance(cut[0], term.tokens[0], score_cutoff=term.edits) <= term.edits


def marks(text: str, terms: Sequence[Term]) -> list[list[int]]:
    """Where the terms stand in `text`: [start, end) pairs in order, joined where they touch."""
    cut = _cut(text)
    words = [word for word, _, _ in cut]
    spans = []
    for term in terms:
        size, first, exact = len(term.tokens), term.tokens[0], not term.edits
        for at in range(len(cut) - size + 1):
            if exact and words[at] != first:
                continue
            if _same(tuple(words[at : at + size]), term):
                spans.append([cut[at][1], cut[at + size - 1][2]])
    joined: list[list[int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    return joined
