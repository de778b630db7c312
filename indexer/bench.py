"""How fast the engine itself takes documents, for `dangan bench search`; into a place of its own."""

import tempfile
import time
from itertools import islice
from pathlib import Path

from indexer.gather import TOGETHER, numbers
from indexer.making import make
from service.bootstrap import Archive
from service.fulltext import engines


def load(archive: Archive, files: int = 3000) -> dict[str, float]:
    """Documents a second, and this process's own time for each, in microseconds.

    Those of some files are made first, and then loaded as a rebuild loads them.
    """
    ready = [made for batch in islice(numbers(archive), files // TOGETHER) for made in make(archive, batch)]
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        apart = {"data": Path(folder), "elasticsearch_prefix": f"{archive.settings.elasticsearch_prefix}-raw"}
        writer = engines.writer(archive.settings.model_copy(update=apart))
        began, used = time.perf_counter(), time.process_time()
        writer.rebuild(iter(ready))
        count, took = sum(len(documents) for _, documents in ready), time.perf_counter() - began
        return {"rate": count / took, "own": (time.process_time() - used) / count * 1e6}
