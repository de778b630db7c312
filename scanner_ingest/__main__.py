"""`python -m scanner_ingest`: one worker, until a signal comes; `bench FOLDER` measures the reading."""

import signal
import sys
import threading
from pathlib import Path

import click

from scanner_ingest.reading import Later
from scanner_ingest.worker import Worker
from service.bootstrap import build, connected
from service.config import Settings
from service.logs import configure
from service.store.embedded import StoreProblem


def main() -> None:
    configure("ingest")
    if sys.argv[1:2] == ["bench"]:
        from scanner_ingest.bench import ocr

        every = int(sys.argv[3]) if len(sys.argv) > 3 else 1
        click.echo(ocr(Path(sys.argv[2]), every=every))
        return
    settings = Settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        Worker(build(settings, connected(settings)), Later()).run(stop)
    except StoreProblem as problem:
        click.echo(f"dangan: {problem}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
