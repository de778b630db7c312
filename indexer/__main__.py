"""`python -m indexer` follows; `rebuild` and `reconcile` do that once; `load` measures the engine alone."""

import json
import signal
import sys
import threading

import click

from indexer.bench import load
from indexer.follow import Follower
from service.bootstrap import build, connected, opened
from service.config import Settings
from service.logs import configure
from service.store.embedded import StoreProblem


def main() -> None:
    configure("indexer")
    settings = Settings()
    wanted = sys.argv[1] if len(sys.argv) > 1 else "follow"
    try:
        if wanted == "follow":
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            Follower(build(settings, connected(settings))).run(stop)
            return
        with opened(settings) as archive:
            if wanted == "load":
                click.echo(json.dumps(load(archive)))
                return
            follower = Follower(archive)
            if follower.ask(wanted):
                click.echo(f"{wanted}: done by the indexer that runs")
                return
            done = follower.build() if wanted == "rebuild" else follower.reconcile()
            click.echo(f"{wanted}: {done} files")
    except StoreProblem as problem:
        click.echo(f"dangan: {problem}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
