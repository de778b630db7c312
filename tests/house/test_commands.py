"""What the embedded store is slow at is asked nowhere."""

import re
from pathlib import Path

HOUSE = Path(__file__).parents[2]
SLOW = re.compile(r"find_one_and_(update|replace|delete)|\"\$and\"")
"""`secantusd-py` reads a whole collection for each of these: 28 ms for 4,000 documents."""


def test_no_whole_collection_is_read_for_one_document() -> None:
    """Neither findAndModify nor $and is sent: a look and a compare-and-set do the same by key."""
    asked = [
        f"{path.relative_to(HOUSE)}:{number}"
        for room in ("service", "indexer", "scanner_ingest")
        for path in (HOUSE / room).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if SLOW.search(line.partition("#")[0]) and "embedded store" not in line
    ]
    assert asked == []
