"""What stands in the way of a start is said in one line with its mend, before anything else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from service import supervisor
from service.cli import cli
from service.config import Settings
from service.store.embedded import StoreProblem, free_port, hold_folder


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A program that starts inside the test's own process sets up logging: the other tests' stays as it was."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def run(command: str, **settings: object) -> tuple[int, str]:
    environment = {f"DANGAN_{name.upper()}": str(value) for name, value in settings.items()}
    done = CliRunner().invoke(cli, [command], env=environment)
    assert isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    """Neither `serve` nor `web` starts, no address is shown, and the setting that mends it is named."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        for command in ("serve", "web"):
            code, said = run(command, data=tmp_path / command, port=other.getsockname()[1])
            assert (code, said.count("\n"), "DANGAN_PORT" in said, "http://" in said) == (2, 1, True, False)
            assert not (tmp_path / command).exists()


def test_a_folder_of_another_run_is_said(tmp_path: Path) -> None:
    """The second run names the process that has the folder."""
    with hold_folder(tmp_path):
        code, said = run("serve", data=tmp_path, port=free_port())
    assert (code, said.count("\n"), "DANGAN_DATA" in said) == (2, 1, True)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With too little room nothing is started, and how much is needed is told."""
    monkeypatch.setattr(supervisor, "LEAST_FREE", 2**60)
    with pytest.raises(StoreProblem, match="make room"):
        supervisor.check_disk(Settings(data=tmp_path))


@pytest.mark.parametrize("command", ["web", "timer"])
def test_one_part_without_a_store_is_told_what_to_start(tmp_path: Path, command: str) -> None:
    """A part alone says that the archive is not running, also where a run that ended left its note."""
    code, said = run(command, data=tmp_path, port=free_port())
    assert (code, said.count("\n"), "dangan serve" in said) == (2, 1, True)
    code, said = run(command, port=free_port(), mongodb_uri="mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
    assert (code, said.count("\n"), "DANGAN_MONGODB_URI" in said) == (2, 1, True)


def test_settings_that_cannot_be_read_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken dangan.toml and a port that is none are one line each."""
    (tmp_path / "dangan.toml").write_text("host = [")
    monkeypatch.chdir(tmp_path)
    assert (run("doctor")[0], "dangan.toml" in run("doctor")[1]) == (2, True)
    (tmp_path / "dangan.toml").unlink()
    assert run("serve", port=99999) == (2, "dangan: DANGAN_PORT: Input should be less than or equal to 65535\n")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "search:9200"}, "URL: write each node as scheme, host and port"),
        ({"url": "http://search"}, "URL: write each node as scheme, host and port"),
        ({"url": "http://search:9200,http://search:99999"}, "URL: write each node as scheme, host and port"),
        ({"url": "https://dangan:hush@search:9200"}, "URL: leave user and password out of it"),
        ({"user": "dangan", "api_key": "hush"}, "API_KEY: set this or DANGAN_ELASTICSEARCH_USER"),
        ({"url": "http://search:9200", "ca": __file__}, "CA: leave this out, or write https:"),
        ({"url": "https://search:9200", "ca": "/nowhere/ca.pem"}, "CA: no certificate can be read from /nowhere"),
        ({"url": "https://search:9200", "ca": __file__}, "CA: no certificate can be read from"),
    ],
)
def test_settings_of_the_engine_that_cannot_be_used_are_said(settings: dict[str, str], said: str) -> None:
    """One line that names the setting and what to write, and shows no password."""
    code, line = run("doctor", **{f"elasticsearch_{name}": value for name, value in settings.items()})
    assert (code, line.count("\n"), "hush" in line) == (2, 1, False)
    assert line.startswith(f"dangan: DANGAN_ELASTICSEARCH_{said}")


def test_a_comma_at_the_end_is_no_node() -> None:
    """Empty places in the list of nodes are left out, and an empty list is the embedded engine."""
    written = Settings(elasticsearch_url="http://a:9200, http://b:9200,").elasticsearch_url
    assert written == "http://a:9200,http://b:9200"
    assert Settings(elasticsearch_url=",").elasticsearch_url is None
