"""An archive for a bench: a store of its own in a temporary folder, and people to act in it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.bootstrap import Archive, build
from service.config import Settings
from service.person import SYSTEM, Person, Role
from service.store.connection import connect
from service.store.embedded import EmbeddedStore, hold_folder
from service.store.programs import choose

HR = Person("hr", "人事", Role.HR, "hr")
PASSWORD = "bench-only-2026"  # noqa: S105 - of an archive that is thrown away
DEPARTMENTS = {"north": "北方客服部", "south": "南方客服部", "east": "东方客服部", "west": "西方客服部"}


@contextmanager
def archive(port: int = 8480) -> Iterator[Archive]:
    """A new archive, and the store's kind in its settings' folder; all of it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        settings = Settings(data=Path(folder), port=port, demo=False)
        if settings.mongodb_uri is not None:
            store = connect(settings.mongodb_uri.get_secret_value(), "dangan_bench")
            store.client.drop_database("dangan_bench")
            yield _furnished(settings, build(settings, store))
            store.client.drop_database("dangan_bench")
            return
        with hold_folder(settings.data):
            embedded = EmbeddedStore(settings.data, settings.store_server)
            store = connect(embedded.start().uri)
            try:
                yield _furnished(settings, build(settings, store))
            finally:
                store.close()
                embedded.stop()


def _furnished(_settings: Settings, made: Archive) -> Archive:
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    made.accounts.create(SYSTEM, "hr", "人事", Role.HR, PASSWORD, "north")
    return made


def store_kind(settings: Settings) -> str:
    """Which store is measured."""
    if settings.mongodb_uri is not None:
        return "MongoDB"
    program = choose(settings.data, settings.store_server)
    return f"secantusd-{program.kind}" if program else "none"
