"""The `dangan` command. Each sub-command wires an archive and calls one thing."""

import sys
from pathlib import Path

import click
from rich.console import Console

from service.cli_bench import bench
from service.cli_user import user
from service.config import Settings
from service.logs import configure
from service.plain import plain_words

console = Console()


@click.group()
@click.version_option(package_name="dangan")
def cli() -> None:
    """dangan (档案): an archive for the personnel files of customer-service agents."""


cli.add_command(user)
cli.add_command(bench)


@cli.command()
@plain_words
def serve() -> None:
    """Start everything: store, web server and timer."""
    _serve(Settings())


@cli.command()
@plain_words
def demo() -> None:
    """The same with the demo archive and its accounts."""
    _serve(Settings(demo=True))


def _serve(settings: Settings) -> None:
    import os

    from service.supervisor import Supervisor

    configure("serve")
    if settings.demo:
        os.environ["DANGAN_DEMO"] = "1"

    def say() -> None:
        key = settings.master_key_file
        if not key.exists():
            console.print(
                f"The master key will lie in [bold]{key.resolve()}[/]. Without it nobody can read the archive:\n"
                "keep a copy in another place, apart from the backups of the data.",
            )
        console.print(f"dangan: http://{settings.host}:{settings.port}/ (Ctrl-C stops it)")

    Supervisor(settings, load_demo=settings.demo, say=say).run()


@cli.command()
@plain_words
def web() -> None:
    """The web server alone."""
    from service.bootstrap import build, connected
    from service.server import run
    from service.supervisor import check_port

    configure("web")
    settings = Settings()
    check_port(settings.host, settings.port)
    connected(settings).close()  # what is wrong is said here, and not by each worker
    run(lambda: build(settings, connected(settings)), settings)


@cli.command()
@plain_words
def index() -> None:
    """The indexer alone."""
    _become("indexer")


@cli.command()
@plain_words
def reindex() -> None:
    """Build the search index anew beside the live one, and swap; an indexer that runs is asked to."""
    _become("indexer", "rebuild")


@cli.command()
@plain_words
def reconcile() -> None:
    """Compare the search index with the store, and mend what differs; an indexer that runs is asked to."""
    _become("indexer", "reconcile")


def _become(program: str, *words: str) -> None:
    import os

    os.execv(sys.executable, [sys.executable, "-m", program, *words])  # noqa: S606


@cli.command()
@plain_words
def ingest() -> None:
    """An ingest worker alone."""
    _become("scanner_ingest")


@cli.command()
@plain_words
def timer() -> None:
    """The timer alone."""
    from service.bootstrap import build, connected
    from service.timer import run

    configure("timer")
    settings = Settings()
    run(build(settings, connected(settings)))


@cli.command()
@click.option("--at-start", is_flag=True, hidden=True)
@plain_words
def setup(at_start: bool) -> None:
    """Print the one-time link that makes the first administrator; `dangan serve` prints it by itself."""
    from service.bootstrap import opened

    settings = Settings()
    with opened(settings) as archive:
        token = archive.accounts.offer_setup()
    address = settings.public_url or f"http://{settings.host}:{settings.port}"
    if token is not None:
        said = "Make the first administrator here (works once): " if at_start else ""
        click.echo(f"{said}{address}/setup?token={token}")
    elif not at_start:
        click.echo("there are accounts already: an administrator makes more of them")


@cli.command()
@click.argument("part", type=click.Choice(["indexer", "ingest", "timer"]))
@click.option("--within", default=30.0, show_default=True, help="Seconds since its last sign of life.")
@plain_words
def alive(part: str, within: float) -> None:
    """Whether a part has given a sign of life lately, of several ingests this host's; for health checks."""
    from datetime import timedelta

    from service.bootstrap import connected
    from service.clock import SystemClock
    from service.store.heartbeats import Heartbeats, here

    settings = Settings()
    program = here(part) if part == "ingest" else part
    well = Heartbeats(connected(settings), SystemClock(settings.zone)).alive(program, timedelta(seconds=within))
    sys.exit(0 if well else 1)


@cli.command(name="load-demo", hidden=True)
@plain_words
def load_demo() -> None:
    """Fill an empty archive with the demo's agents; `dangan demo` does it by itself."""
    from service.bootstrap import build, connected
    from service.demo.load import load

    configure("demo")
    settings = Settings()
    load(build(settings, connected(settings)))


@cli.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "account", required=True, help="The account that imports; its rights hold, its events are left.")
@click.option("--check", is_flag=True, help="Only look, and list every bad row.")
@click.option("--same-names", is_flag=True, help="Also open files whose name the archive has already.")
@plain_words
def import_file(file: Path, account: str, check: bool, same_names: bool) -> None:
    """Open files, or enter records, from a filled template: all or nothing."""
    from service.bootstrap import opened
    from service.intake.command import Import

    with opened(Settings()) as archive:
        person = archive.accounts.for_command(account)
        work = Import(archive.opening, archive.receiving, archive.catalogue, archive.accounts.departments())
        done = work.run(person, file, check=check, confirmed=same_names)
    for where, what in done.faults:
        click.echo(f"{where}: {what}")
    if done.faults:
        click.echo(f"{len(done.faults)} faults; nothing was kept", err=True)
        sys.exit(1)
    span = f", {done.made[0]} to {done.made[-1]}" if done.made and done.kind == "files" else ""
    click.echo(f"{done.rows} {done.kind} {'imported' + span if done.made else 'checked: no fault'}")


@cli.command()
@plain_words
def doctor() -> None:
    """Print the settings (secrets masked) and check each part."""
    from service.doctor import examine

    for line in examine(Settings()):
        click.echo(line)


@cli.command()
@click.option("--to", required=True, help="mongodb://… without user and password, or a data folder.")
@click.option("--database", default="dangan", show_default=True, help="Database there.")
@click.option("--user", help="User there; the password is asked for, or is in DANGAN_MOVE_PASSWORD.")
@plain_words
def move(to: str, database: str, user: str | None) -> None:
    """Copy the whole archive to other servers or into another data folder, and compare; this one stays as it is."""
    from service.moving import move

    settings = Settings()
    password = settings.move_password.get_secret_value() if user and settings.move_password else None
    if user and password is None:
        password = click.prompt("Password there", hide_input=True)
    moved = move(
        settings, to, database, user, password,
        lambda one: click.echo(f"{one.name}: {one.documents} documents, {one.written} written, equal"),
    )  # fmt: skip
    click.echo(f"moved: {sum(one.documents for one in moved)} documents; the trail is whole; the index is built anew")
    click.echo(f"The master key is not moved: it lies in {settings.master_key_file}, and is needed there too.")


@cli.group()
def audit() -> None:
    """The audit trail."""


@audit.command(name="verify")
@plain_words
def audit_verify() -> None:
    """Check every chain and checkpoint; name the first bad event of each."""
    from service.audit.verifier import verify
    from service.bootstrap import opened

    with opened(Settings()) as archive:
        faults = list(verify(archive.audit.trail, archive.checkpoints))
    for fault in faults:
        click.echo(str(fault))
    click.echo("the trail is whole" if not faults else f"{len(faults)} chains are not whole")
    sys.exit(1 if faults else 0)


def main() -> None:
    """Entry point. `prog_name` so that `python -m service` reads the same."""
    cli(prog_name="dangan")
