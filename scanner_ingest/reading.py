"""What reading a page gives, whatever reads it. No engine here: a worker without work stays small."""

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from service.scans.rules import Word


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


class Later:
    """The OCR engine, loaded for the first page that wants it."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def read(self, image: Image.Image, turn: int | None = None) -> Reading:
        """The page in the turn that a person set, or in the one that suits it best."""
        if self._engine is None:
            from scanner_ingest.ocr import RapidOcr

            self._engine = RapidOcr()
        return self._engine.read(image, turn)
