"""`dangan doctor` on servers of others: what answers, what does not, and no password."""

import pytest

from service.bootstrap import Archive
from service.config import Settings
from service.doctor import examine
from service.store.embedded import EmbeddedStore, StoreProblem, free_port


def test_servers_of_others(archive: Archive, server: EmbeddedStore) -> None:
    """It names MongoDB and its version, and an Elasticsearch that is away with what the client met."""
    settings = Settings(
        mongodb_uri=server.running.uri, mongodb_database=archive.store.db.name, data=archive.settings.data,
        master_key=archive.settings.master_key, elasticsearch_url=f"http://127.0.0.1:{free_port()}",
        elasticsearch_user="dangan", elasticsearch_password="hush-2026",
    )  # fmt: skip
    said = list(examine(settings))
    assert said[-3].startswith("store server: MongoDB ")
    assert said[-2:] == [
        "store: answers; master key: fits",
        f"search: Elasticsearch at {settings.elasticsearch_url}; no answer, or no index yet (ConnectionError)",
    ]
    assert not any("hush" in line or server.running.password in line for line in said)


def test_a_store_that_is_away() -> None:
    """The settings are shown, then one line says that MongoDB does not answer and which setting names it."""
    away = f"mongodb://dangan:hush@127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=200"
    said: list[str] = []
    with pytest.raises(StoreProblem, match="the MongoDB of DANGAN_MONGODB_URI does not answer") as problem:
        said.extend(examine(Settings(mongodb_uri=away)))
    assert "DANGAN_MONGODB_URI=**********" in said
    assert not any("hush" in line for line in (*said, str(problem.value)))
