"""How well and how fast pages are read: any folder with images and a `groundtruth.json`.

Fields found is the share of the ground truth's values that stand in the page's text. The character error rate is
the edit distance of the whole text by the length of the truth, micro-averaged over all images; both after NFKC and
without white space, lines of the truth in reading order.
"""

import json
import time
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from scanner_ingest import pages
from scanner_ingest.ocr import RapidOcr
from scanner_ingest.reading import Engine


@dataclass
class Score:
    """Sums over some images."""

    fields: int = 0
    found: int = 0
    signs: int = 0
    errors: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        self.fields += other.fields
        self.found += other.found
        self.signs += other.signs
        self.errors += other.errors
        self.seconds += other.seconds

    def row(self, name: str) -> str:
        share, rate = self.found / max(1, self.fields), self.errors / max(1, self.signs)
        return f"{name:12} {len(self.seconds):4} {share:8.4f} {rate:8.4f} {np.median(self.seconds):7.2f}"


def plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def ocr(folder: Path, engine: Engine | None = None, every: int = 1) -> str:
    """Read every image (or each n-th) of `folder`; a table by condition, and over all."""
    reader = engine or RapidOcr()
    truth = json.loads((folder / "groundtruth.json").read_text())
    by_kind: dict[str, Score] = defaultdict(Score)
    for image in truth["images"][::every]:
        by_kind[image["degradation"]].add(_score(reader, folder / image["file"], truth["pages"][image["page"]]))
    total = Score()
    for score in by_kind.values():
        total.add(score)
    head = f"{'condition':12} {'n':>4} {'fields':>8} {'errors':>8} {'s/page':>7}"
    return "\n".join([head, *(score.row(name) for name, score in sorted(by_kind.items())), total.row("all")])


def _score(reader: Engine, file: Path, page: dict[str, Any]) -> Score:
    media = "image/png" if file.suffix == ".png" else "image/jpeg"
    began = time.monotonic()
    text = "".join(plain(reader.read(image).text) for image, _ in pages.images(file.read_bytes(), media))
    wanted = plain("".join(line["t"] for line in page["lines"]))
    values = [plain(value) for value in page["fields"].values()]
    return Score(
        len(values), sum(value in text for value in values), len(wanted), Levenshtein.distance(wanted, text),
        [time.monotonic() - began],
    )  # fmt: skip
