"""`dangan doctor`: the settings of an installation, and whether each part of it answers. Changes nothing."""

from collections.abc import Iterator

from pymongo.errors import PyMongoError

from service.bootstrap import Archive, opened
from service.config import Settings
from service.fulltext.port import EngineDown, Kind, Query, Scope
from service.store.embedded import find_running
from service.store.programs import gain


def examine(settings: Settings) -> Iterator[str]:
    """Line by line. Raises StoreProblem or KeyProblem where the archive cannot be opened."""
    for name, value in settings.model_dump().items():
        yield f"DANGAN_{name.upper()}={value if value is not None else ''}"
    yield from behind(settings)
    try:
        with opened(settings) as archive:
            yield from _store(archive)
            yield "store: answers; master key: fits"
            yield _search(archive)
    except PyMongoError as error:
        yield f"store: no answer ({type(error).__name__})"


def behind(settings: Settings) -> Iterator[str]:
    """What is missing where a proxy with TLS stands before the web server."""
    if (settings.public_url or "").startswith("https:") and not settings.trusted_proxies:
        yield "web: people come through a proxy: set DANGAN_TRUSTED_PROXIES=1, or all of them have its address"


def _store(archive: Archive) -> Iterator[str]:
    """Which program serves the store, and what the other one would gain."""
    settings = archive.settings
    if settings.mongodb_uri is not None:
        yield f"store server: MongoDB {archive.store.client.server_info()['version']}"
        return
    running = find_running(settings.data)
    if running is not None:
        yield f"store server: secantusd-{running.server}"
        yield f"  {gain(settings.data, running.server)}"


def _search(archive: Archive) -> str:
    settings = archive.settings
    engine = f"Elasticsearch at {settings.elasticsearch_url}" if settings.elasticsearch_url else "embedded (tantivy)"
    try:
        archive.reader.search(Query(Kind.FILES, Scope(), size=1))
    except EngineDown as down:
        return f"search: {engine}; no answer, or no index yet{f' ({down})' if str(down) else ''}"
    return f"search: {engine}; answers"
