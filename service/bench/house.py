"""An archive for a bench: a store of its own in a temporary folder, and people to act in it."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import environ
from pathlib import Path

from service.bootstrap import Archive, build, connected
from service.config import Settings
from service.person import SYSTEM, Person, Role
from service.store.connection import connect
from service.store.embedded import EmbeddedStore, hold_folder
from service.store.programs import choose

HR = Person("hr", "人事", Role.HR, "hr")
PASSWORD = "bench-only-2026"  # noqa: S105 - of an archive that is thrown away
_NAME = "dangan_bench"
DEPARTMENTS = {"north": "北方客服部", "south": "南方客服部", "east": "东方客服部", "west": "西方客服部"}


@contextmanager
def archive(port: int = 8480) -> Iterator[Archive]:
    """A new archive, and the store's kind in its settings' folder; all of it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        settings = Settings(
            data=Path(folder), port=port, demo=False, mongodb_database=_NAME, elasticsearch_prefix="dangan-bench"
        )
        if settings.mongodb_uri is not None:
            with closing(connected(settings)) as store:
                store.client.drop_database(_NAME)
                yield _furnished(build(settings, store))
                store.client.drop_database(_NAME)
            return
        with hold_folder(settings.data):
            embedded = EmbeddedStore(settings.data, settings.store_server)
            store = connect(embedded.start().uri, _NAME)
            try:
                yield _furnished(build(settings, store))
            finally:
                store.close()
                embedded.stop()


def _furnished(made: Archive) -> Archive:
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


def engine_kind(settings: Settings) -> str:
    """Which engine is measured."""
    if settings.elasticsearch_url is None:
        return "tantivy"
    return "Elasticsearch"


def environment(settings: Settings) -> dict[str, str]:
    """The same archive for a program of ours."""
    return {
        **environ, "DANGAN_DATA": str(settings.data), "DANGAN_PORT": str(settings.port), "DANGAN_DEMO": "0",
        "DANGAN_MONGODB_DATABASE": _NAME, "DANGAN_ELASTICSEARCH_PREFIX": settings.elasticsearch_prefix,
    }  # fmt: skip
