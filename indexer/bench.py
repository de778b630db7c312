"""How fast the engine itself takes documents, for `dangan bench search`; into a place of its own."""

import tempfile
import time
from itertools import islice
from pathlib import Path

from indexer.gather import everything
from indexer.project import project
from service.bootstrap import Archive
from service.fulltext import engines


def load(archive: Archive, files: int = 3000) -> float:
    """Documents a second: those of some files are made first, and then loaded as a rebuild loads them."""
    departments = archive.people.departments()
    ready = [
        (found.file.file_no, project(found, archive.catalogue, departments))
        for found in islice(everything(archive), files)
    ]
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        apart = {"data": Path(folder), "elasticsearch_prefix": f"{archive.settings.elasticsearch_prefix}-raw"}
        writer = engines.writer(archive.settings.model_copy(update=apart))
        began = time.perf_counter()
        writer.rebuild(iter(ready))
        return sum(len(documents) for _, documents in ready) / (time.perf_counter() - began)
