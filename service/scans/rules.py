"""What a scan and a page are, and what of a page a masked reader sees. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from service.catalogue.masks import SIGN, mask_text
from service.catalogue.runs import sensitive_runs
from service.scans.arrangement import Leaf
from service.store.blobs import Blob


class State(StrEnum):
    STORED = "stored"
    READING = "reading"
    SEARCHABLE = "searchable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Scan:
    """One uploaded original. `reason` says why reading failed; `pages` is how many it has."""

    id: str
    record_id: str
    file_no: str
    media_type: str
    name: str
    blob: Blob
    state: State
    pages: int
    reason: str = ""
    version: int = 1
    leaves: tuple[Leaf, ...] = ()

    def shown(self) -> list[int]:
        """The numbers of the pages that readers see, in their order."""
        return [leaf.page for leaf in self.leaves if not leaf.withdrawn]


@dataclass(frozen=True, slots=True)
class Held:
    """How many scans a record has, and how far the one is that most wants looking after."""

    count: int
    state: State


@dataclass(frozen=True, slots=True)
class Laid:
    """A scan as it lies in its record: how far its reading is, and the pages that readers see, in their order."""

    id: str
    state: State
    pages: tuple[int, ...]

    @property
    def proves(self) -> bool:
        """Whether it is evidence: a page of it is to be seen, and its reading did not fail."""
        return bool(self.pages) and self.state is not State.FAILED

    @property
    def mark(self) -> str:
        """What changes when its pages are withdrawn, brought back or put in another order."""
        return f"{self.id}:{','.join(map(str, self.pages))}"


URGENCY = (State.FAILED, State.READING, State.STORED, State.SEARCHABLE)


def held(states: Sequence[State]) -> Held:
    """The scans of one record in short; there is at least one."""
    return Held(len(states), min(states, key=URGENCY.index))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page without what stands on it: its size as previewed, and how it was turned to be upright."""

    width: int
    height: int
    turn: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A scan whose reading was given up, with whose it is, why and when."""

    scan: Scan
    name: str
    reason: str
    at: datetime


class Word(NamedTuple):
    """One word of a page: where it begins in the page's text, and its box in fractions of the upright page."""

    at: int
    text: str
    box: tuple[float, float, float, float]
    confidence: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page, upright: its text and words, its size in pixels as previewed, and its two images.

    `turn` is by how many degrees it was turned to be upright. Where the text was corrected by hand, `read` and
    `read_words` are what the recognition had read, and `reread` is whether that was after the correction.
    """

    scan_id: str
    number: int
    width: int
    height: int
    text: str
    words: tuple[Word, ...]
    image: Blob
    thumbnail: Blob
    turn: int = 0
    version: int = 1
    read: str | None = None
    reread: bool = False
    read_words: tuple[Word, ...] = ()

    @classmethod
    def words_from(cls, kept: Sequence[Sequence[Any]]) -> tuple[Word, ...]:
        return tuple([Word._make((at, text, tuple(box), sure)) for at, text, box, sure in kept])


def masked(page: Page, own: Sequence[str]) -> Page:
    """The page with sensitive runs starred, as long as before; `own` are the sensitive values of its file."""
    hidden = mask_text(page.text, own)
    words = tuple(Word(w.at, hidden[w.at : w.at + len(w.text)], w.box, w.confidence) for w in page.words)
    read = mask_text(page.read, own) if page.read is not None else None
    return replace(page, text=hidden, words=words, read=read, read_words=())


def sensitive_boxes(page: Page, own: Sequence[str]) -> list[tuple[float, float, float, float]]:
    """Boxes of the words that stand in sensitive runs, to be painted over: a correction of the text uncovers nothing
    that the recognition had read."""
    read = boxes(page.read_words, sensitive_runs(page.read, own)) if page.read is not None else []
    return boxes(page.words, sensitive_runs(page.text, own)) + read


def boxes(words: Sequence[Word], spans: Sequence[Sequence[int]]) -> list[tuple[float, float, float, float]]:
    """Boxes of the words that touch any of the [start, end) spans of the page's text."""
    found = []
    for at, text, box, _ in words if spans else ():
        last = at + len(text)
        for start, end in spans:
            if at < end and start < last:
                found.append(box)
                break
    return found


def shown_word(word: Word) -> Mapping[str, Any]:
    return {"text": word.text, "box": [round(side, 5) for side in word.box], "confidence": round(word.confidence, 3)}


__all__ = [
    "SIGN", "Failed", "Held", "Laid", "Page", "Scan", "Sheet", "State", "Word", "boxes", "held", "masked",
    "sensitive_boxes", "shown_word",
]  # fmt: skip
