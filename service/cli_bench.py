"""`dangan bench`: what is measured, on which store and which engine."""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from service.plain import plain_words

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
@click.option("--store", type=click.Choice(["rs", "py"]), help="Embedded server; default: as the settings have it.")
@click.option(
    "--engine", type=click.Choice(["embedded", "elasticsearch"]),
    help="Search engine; Elasticsearch's address and user are the settings'.",
)  # fmt: skip
def bench(store: str | None, engine: str | None) -> None:
    """Measure, on an archive that is made for it and thrown away."""
    if store is not None:
        os.environ["DANGAN_STORE_SERVER"] = store
        os.environ.pop("DANGAN_MONGODB_URI", None)
    if engine == "embedded":
        os.environ.pop("DANGAN_ELASTICSEARCH_URL", None)
    if engine == "elasticsearch" and "DANGAN_ELASTICSEARCH_URL" not in os.environ:
        raise click.UsageError("DANGAN_ELASTICSEARCH_URL must name a server; `make bench-elasticsearch` starts one")
    logging.disable(logging.WARNING)


def _measure(name: str, *options: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], click.Command]:
    """A bench of that name; what it gives is shown as a table or as JSON."""

    def made(run: Callable[..., Any]) -> click.Command:
        def command(as_json: bool, **given: Any) -> None:
            run(**given).show(as_json=as_json)

        command.__doc__ = run.__doc__
        wrapped: Any = plain_words(command)
        for option in (as_json, *options):
            wrapped = option(wrapped)
        return bench.command(name=name)(wrapped)

    return made


def _number(name: str, default: int) -> Callable[[Any], Any]:
    return click.option(f"--{name}", default=default, show_default=True)


@bench.command(name="ocr")
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
def ocr(folder: str) -> None:
    """Fields found and character errors over a folder with images and a groundtruth.json."""
    command = [sys.executable, "-m", "scanner_ingest", "bench", folder]
    os.execv(sys.executable, command)  # noqa: S606


@_measure("store", _number("rounds", 300))
def store(rounds: int) -> Any:
    """An operation beside a bare transaction, writers side by side, 50 MB beside raw GridFS."""
    from service.bench.store import run

    return run(rounds)


@_measure("search", _number("files", 20_000), _number("records", 100_000), _number("pages", 20_000),
          _number("rounds", 300))  # fmt: skip
def search(files: int, records: int, pages: int, rounds: int) -> Any:
    """Searching over HTTP beside the engine alone, on a filled archive; a rebuild beside the engine's own load."""
    from service.bench.search import run

    return run(files, records, pages, rounds)


@_measure("start", _number("scans", 60))
def start(scans: int) -> Any:
    """From the start to a page, on an empty folder and on the demo's, and the memory at rest."""
    from service.bench.start import run

    return run(scans)


@_measure("lag", _number("rounds", 30))
def lag(rounds: int) -> Any:
    """From saved to findable, by fields and by the text of a scan."""
    from service.bench.lag import run

    return run(rounds)
