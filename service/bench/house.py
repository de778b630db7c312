"""An archive for a bench: a store of its own in a temporary folder, and people to act in it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from os import environ
from pathlib import Path

from service.bootstrap import Archive, build, connected
from service.config import Settings
from service.person import SYSTEM, Person, Role
from service.store.connection import Store, connect
from service.store.embedded import EmbeddedStore, hold_folder
from service.store.programs import choose

HR = Person("hr", "人事", Role.HR, "hr")
PASSWORD = "bench-only-2026"  # noqa: S105 - of an archive that is thrown away
_NAME, _PREFIX = "dangan_bench", "dangan-bench"
OURS = {"DANGAN_MONGODB_DATABASE": _NAME, "DANGAN_ELASTICSEARCH_PREFIX": _PREFIX}
"""For a program that is measured: on servers it never works on the archive that is there."""
DEPARTMENTS = {"north": "北方客服部", "south": "南方客服部", "east": "东方客服部", "west": "西方客服部"}


@contextmanager
def archive(port: int = 8480) -> Iterator[Archive]:
    """A new archive, and the store's kind in its settings' folder; all of it goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        settings = Settings(
            data=Path(folder), port=port, demo=False, mongodb_database=_NAME, elasticsearch_prefix=_PREFIX
        )
        try:
            with _store(settings) as store:
                yield _furnished(build(settings, store))
        finally:
            forget_indices(settings)


@contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    if settings.mongodb_uri is not None:
        with closing(connected(settings)) as store:
            store.client.drop_database(_NAME)
            try:
                yield store
            finally:
                store.client.drop_database(_NAME)
        return
    with hold_folder(settings.data):
        embedded = EmbeddedStore(settings.data, settings.store_server)
        store = connect(embedded.start().uri, _NAME)
        try:
            yield store
        finally:
            store.close()
            embedded.stop()


def forget_indices(settings: Settings) -> None:
    """Delete what a bench leaves in Elasticsearch, index by index: patterns are not deleted there."""
    if settings.elasticsearch_url is None:
        return
    from service.fulltext import elastic

    with closing(elastic.connect(settings)) as client:
        for name in client.indices.get(index=f"{_PREFIX}-*"):
            client.indices.delete(index=name)


def _furnished(made: Archive) -> Archive:
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    made.accounts.create(SYSTEM, "hr", "人事", Role.HR, PASSWORD, "north")
    return made


def store_kind(settings: Settings) -> str:
    """Which store is measured, with the version where it is no package."""
    if settings.mongodb_uri is not None:
        with closing(connected(settings)) as store:
            return f"MongoDB {store.client.server_info()['version']}"
    program = choose(settings.data, settings.store_server)
    if program is None or program.kind == "py":
        return "secantusd-py" if program else "none"
    said = subprocess.run([program.path, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.splitlines()[0]


def engine_kind(settings: Settings) -> str:
    """Which engine is measured."""
    if settings.elasticsearch_url is None:
        return "tantivy"
    return "Elasticsearch"


def environment(settings: Settings) -> dict[str, str]:
    """The same archive for a program of ours."""
    return {
        **environ, **OURS, "DANGAN_DATA": str(settings.data), "DANGAN_PORT": str(settings.port), "DANGAN_DEMO": "0",
    }  # fmt: skip
