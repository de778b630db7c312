"""The embedded store: a server of MongoDB's protocol, started by us as a separate process on loopback.

It is a program of its own (GPL-2.0) that is only ever run, never imported. Both `secantusd-rs` and
`secantusd-py` open the same data folder; the faster one is taken where it is installed.
"""

import fcntl
import json
import os
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from service.store.leash import launch
from service.store.programs import Kind, Program, choose

USER = "dangan"
_WEEK = 7 * 24 * 3600
_CACHE = "256M"
_TRANSACTION_SECONDS = 30
"""After so long the server takes back what a client that died has written and not committed."""
_START_SECONDS = 60.0


class StoreProblem(Exception):
    """The store cannot be started or used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where the embedded store of a data folder answers."""

    port: int
    password: str
    server: Kind

    @property
    def uri(self) -> str:
        return f"mongodb://{USER}:{self.password}@127.0.0.1:{self.port}/?authSource=admin&directConnection=true"


def hold_folder(data: Path) -> IO[str]:
    """Take the data folder for this run; it is free again when the handle is closed, also by a crash.

    Raises StoreProblem when another run has it or the folder cannot be written.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = (data / "lock").open("a+")
    except OSError as error:
        raise StoreProblem(f"the data folder {data} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise StoreProblem(
            f"the data folder {data} is in use by another run of dangan (process {owner}); "
            "stop that one first, or set DANGAN_DATA to another folder"
        ) from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def find_running(data: Path) -> Running | None:
    """The embedded store that another process has started on this folder, if one has."""
    try:
        noted = json.loads((data / "store.json").read_text())
        return Running(noted["port"], (data / "keys" / "store.password").read_text().strip(), noted["server"])
    except (OSError, ValueError, KeyError):
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(data: Path, wanted: Kind | None) -> Program:
    program = choose(data, wanted)
    if program is not None:
        return program
    if wanted is not None:
        raise StoreProblem(f"DANGAN_STORE_SERVER is {wanted}, and secantusd-{wanted} is not installed")
    raise StoreProblem(
        "no store: set DANGAN_MONGODB_URI, or install the embedded one with: pip install 'dangan[embedded]'"
    )


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, serverSelectionTimeoutMS=1000)


class EmbeddedStore:
    """Starts, watches and stops the server of one data folder. The folder must be held already.

    Raises StoreProblem when the wanted server, or any, is not installed.
    """

    def __init__(self, data: Path, wanted: Kind | None = None, kept_changes: int = 5_000_000) -> None:
        self._data = data
        self._program = _program(data, wanted)
        self._kept_changes = kept_changes
        self._process: subprocess.Popen[bytes] | None = None
        self.running = Running(free_port(), self._password(), self._program.kind)

    def _password(self) -> str:
        path = self._data / "keys" / "store.password"
        if path.exists():
            return path.read_text().strip()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(24))
        return path.read_text().strip()

    def start(self, *, told: bool = True) -> Running:
        """Start the server and wait until it answers; other programs find it where they are `told`.

        Raises StoreProblem.
        """
        note = self._data / "store.json"
        note.unlink(missing_ok=True)
        fresh = not (self._data / "store" / ".user").exists()
        if fresh:
            self._launch(auth=False)
            self._create_user()
            self.stop()
            (self._data / "store" / ".user").touch()
        self._launch(auth=True)
        if told:
            note.write_text(json.dumps({"port": self.running.port, "server": self.running.server}))
        return self.running

    def _launch(self, *, auth: bool) -> None:
        storage = self._data / "store"
        storage.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [
            self._program.path, "--host", "127.0.0.1", "--port", str(self.running.port),
            "--storage-path", str(storage), "--sync-on-commit", "--log-level", "WARNING",
            "--noop-heartbeat-seconds", "10", "--oplog-retention-seconds", str(_WEEK),
            "--oplog-max-entries", str(self._kept_changes), "--cache-size", _CACHE,
        ]  # fmt: skip
        if auth:
            command.append("--auth")
        log = (self._data / "store.log").open("ab")
        with log:
            # A group of its own, so that Ctrl-C reaches us first and the store is stopped last.
            self._process = launch(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._wait(auth=auth)

    def _wait(self, *, auth: bool) -> None:
        process = self._process
        uri = self.running.uri if auth else self._open_uri
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if process is None or process.poll() is not None:
                raise StoreProblem(
                    f"the embedded store stopped at once; the reason stands in {self._data / 'store.log'}"
                )
            try:
                with socket.create_connection(("127.0.0.1", self.running.port), timeout=0.2):
                    pass
                with _client(uri) as client:
                    client.admin.command("ping")
                    with suppress(OperationFailure):  # secantusd-py has its own bound, of a minute
                        client.admin.command("setParameter", 1, transactionLifetimeLimitSeconds=_TRANSACTION_SECONDS)
                return
            except (OSError, PyMongoError):
                time.sleep(0.05)
        self.stop()
        raise StoreProblem(f"the embedded store did not answer within {_START_SECONDS:.0f} s")

    @property
    def _open_uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.running.port}/?directConnection=true"

    def _create_user(self) -> None:
        roles = [{"role": "root", "db": "admin"}]
        with _client(self._open_uri) as client:
            try:
                client.admin.command("createUser", USER, pwd=self.running.password, roles=roles)
            except OperationFailure:  # a first start that was cut off after this step
                client.admin.command("updateUser", USER, pwd=self.running.password, roles=roles)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def kill(self) -> None:
        """Stop without a word, as a power cut would; for tests of what survives."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask the server to stop, and wait for it."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
