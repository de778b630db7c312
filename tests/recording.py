"""What the driver sends to the store, kept while a test looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import monitoring

_FILTERS = {"find": "filter", "findAndModify": "query", "count": "query", "distinct": "query"}


class Recorder(monitoring.CommandListener):
    """The filters of all commands, by collection, once each."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, dict[str, Any]]] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self._kept is None or event.command.get("comment") == "walk":
            return
        name, command = event.command_name, event.command
        if name in _FILTERS:
            self._keep(command[name], command.get(_FILTERS[name], {}))
        for part in ("updates", "deletes"):
            for one in command.get(part, []):
                self._keep(command[name], one["q"])
        if name == "aggregate" and not any("$changeStream" in stage for stage in command["pipeline"]):
            first = command["pipeline"][0] if command["pipeline"] else {}
            self._keep(command[name], first.get("$match", {}))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...

    def _keep(self, collection: str, asked: Any) -> None:
        one = (collection, dict(asked))
        if self._kept is not None and one not in self._kept:
            self._kept.append(one)

    @contextmanager
    def recording(self) -> Iterator[list[tuple[str, dict[str, Any]]]]:
        """The list that fills while the block runs."""
        self._kept = kept = []
        try:
            yield kept
        finally:
            self._kept = None


RECORDER = Recorder()
monitoring.register(RECORDER)
