"""The stores that the contract holds for: both embedded servers, or a MongoDB (`DANGAN_TEST_MONGODB_URI`)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.store.embedded import EmbeddedStore, hold_folder
from service.store.programs import Kind

URI = os.environ.get("DANGAN_TEST_MONGODB_URI", "")
"""An account that may make and drop databases named `dangan_test_*`."""


@dataclass(frozen=True, slots=True)
class Server:
    """One store server: where it answers, and where it can be seen."""

    kind: str
    uri: str
    embedded: EmbeddedStore | None = None


@contextmanager
def serving(folder: Path, kind: Kind, kept_changes: int = 5_000_000) -> Iterator[Server]:
    """An embedded server of that kind on a folder of its own."""
    with hold_folder(folder):
        embedded = EmbeddedStore(folder, kind, kept_changes)
        try:
            yield Server(kind, embedded.start().uri, embedded)
        finally:
            embedded.stop()
