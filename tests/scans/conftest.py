"""Pages that the tests draw themselves, and an engine that reads them without a model."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from scanner_ingest.reading import Reading
from scanner_ingest.worker import Worker
from service.bootstrap import Archive
from service.files.rules import File
from service.records.rules import Record
from service.scans.rules import Word
from tests.cast import CAST

ID_NUMBER = "990101199003071237"


class Plate:
    """Reads what the test wrote into the image's top-left pixel column: one byte a pixel. A second engine."""

    def read(self, image: Image.Image, turn: int | None = None) -> Reading:
        column = [image.getpixel((0, y))[0] for y in range(image.height)]
        text = bytes(column[1 : 1 + column[0]]).decode("utf-8", "replace") if column[0] < 250 else ""
        size = max(1, len(text))
        words = tuple(Word(n, sign, (n / size, 0.4, 1 / size, 0.2), 0.99) for n, sign in enumerate(text))
        return Reading(turn or 0, text, words)


def plate(text: str, size: tuple[int, int] = (400, 300)) -> bytes:
    """A PNG page that Plate reads as `text`."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((100, 100, 300, 200), fill="#999")
    data = text.encode()
    assert len(data) < 250
    for y, value in enumerate((len(data), *data)):
        image.putpixel((0, y), (value, value, value))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(CAST["hr"], given)


@pytest.fixture
def record(archive: Archive, file: File) -> Record:
    contract = {"number": "HT-2021-7", "start": "2021-03-01"}
    return archive.records.add(CAST["hr"], file.file_no, "onboarding", "contract", contract)


@pytest.fixture
def work(archive: Archive) -> Callable[[], None]:
    """Do all jobs that wait."""
    worker = Worker(archive, Plate())

    def run() -> None:
        while worker.once():
            pass

    return run
