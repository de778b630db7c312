"""The web server: gunicorn with threads, one archive per process."""

from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication

from service.app import create_app
from service.bootstrap import Archive
from service.config import Settings


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, archive: Callable[[], Archive], options: dict[str, Any]) -> None:
        self._archive = archive
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        archive = self._archive()
        archive.heartbeats.go_on("web")
        return create_app(archive)


def run(archive: Callable[[], Archive], settings: Settings) -> None:
    """Serve until a signal comes. The archive is wired in the worker, after the fork."""
    _Server(
        archive,
        {
            "bind": f"{settings.host}:{settings.port}",
            "workers": settings.web_workers,
            "worker_class": "gthread",
            "threads": settings.web_threads,
            "timeout": 120,
            "graceful_timeout": 10,
            "keepalive": 5,
            "limit_request_line": 8190,
            "accesslog": None,
            "loglevel": "warning",
            "proc_name": "dangan-web",
            "control_socket_disable": True,
        },
    ).run()
