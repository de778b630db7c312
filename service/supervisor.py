"""`dangan serve`: starts the store, the web server, the indexer, the ingest and the timer, and watches over them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from service.config import Settings
from service.logs import logger
from service.store.embedded import EmbeddedStore, StoreProblem, hold_folder
from service.store.leash import launch

log = logger("supervisor")

LEAST_FREE = 200 * 1024 * 1024
"""Bytes that must be free on the data folder's disk before anything is started."""
_CALM = 60.0
_LONGEST_WAIT = 30.0


@dataclass
class Part:
    """One child process and how its restarts have gone."""

    name: str
    command: list[str]
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = 0.0
    again_at: float = 0.0

    def start(self) -> None:
        self.process = launch(self.command, stdin=subprocess.DEVNULL, start_new_session=True)
        self.started = time.monotonic()

    def ended(self) -> int | None:
        return None if self.process is None else self.process.poll()


@dataclass
class Supervisor:
    """Holds the data folder for as long as it runs, and stops every part with itself."""

    settings: Settings
    load_demo: bool = False
    say: Callable[[], None] = lambda: None
    """Called when nothing stands in the way of a start any more."""
    parts: list[Part] = field(default_factory=list)
    stopping: bool = False

    def run(self) -> None:
        """Serve until a signal comes. Raises StoreProblem with plain words when it cannot start."""
        check_port(self.settings.host, self.settings.port)
        with hold_folder(self.settings.data):
            check_disk(self.settings)
            self.say()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` means it
                    signal.signal(number, self._stop)
            embedded = self._embedded()
            if embedded is not None:
                embedded.start()
            try:
                self._offer_setup()
                self._start_parts()
                self._watch(embedded)
            finally:
                self._stop_parts()
                if embedded is not None:
                    embedded.stop()

    def _embedded(self) -> EmbeddedStore | None:
        if self.settings.mongodb_uri is not None:
            return None
        return EmbeddedStore(self.settings.data, self.settings.store_server)

    def _offer_setup(self) -> None:
        """Print the one-time link for the first administrator; the demo has its accounts already."""
        if self.settings.demo:
            return
        # In a process of its own: this one stays, and would keep all that an archive loads.
        asked = subprocess.run([sys.executable, "-m", "service", "setup", "--at-start"], check=False)
        if asked.returncode:
            raise SystemExit(asked.returncode)  # what is wrong was said there

    def _start_parts(self) -> None:
        python = [sys.executable, "-m"]
        self.parts = [
            Part("web", [*python, "service", "web"]),
            Part("index", [*python, "indexer"]),
            *(Part(f"ingest-{n + 1}", [*python, "scanner_ingest"]) for n in range(self.settings.ingest_workers)),
            Part("timer", [*python, "service", "timer"]),
        ]
        if self.load_demo:
            self.parts.append(Part("demo", [*python, "service", "load-demo"], once=True))
        for part in self.parts:
            part.start()

    def _watch(self, embedded: EmbeddedStore | None) -> None:
        store_failures, store_again = 0, 0.0
        while not self.stopping:
            now = time.monotonic()
            if embedded is not None and not embedded.alive() and now >= store_again:
                store_failures += 1
                store_again = now + min(_LONGEST_WAIT, 2.0**store_failures)
                log.error("store.restart", failures=store_failures)
                try:
                    embedded.start()
                except StoreProblem as problem:
                    log.error("store.failed", reason=str(problem))
            for part in list(self.parts):
                self._look_after(part, now)
            time.sleep(0.2)

    def _look_after(self, part: Part, now: float) -> None:
        code = part.ended()
        if code is not None:
            part.process = None
            if part.once and code == 0:
                self.parts.remove(part)
                return
            calm = now - part.started > _CALM
            if calm and code == 0:  # it asked for a fresh process
                part.failures, part.again_at = 0, now
                log.info("part.renewed", part=part.name)
            else:
                part.failures = 1 if calm else part.failures + 1
                part.again_at = now + min(_LONGEST_WAIT, 0.5 * 2.0**part.failures)
                log.error("part.ended", part=part.name, code=code, failures=part.failures)
        if part.process is None and now >= part.again_at:
            part.start()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _stop_parts(self) -> None:
        running = [part.process for part in self.parts if part.process is not None and part.process.poll() is None]
        for process in running:
            process.terminate()
        until = time.monotonic() + 15
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def check_port(host: str, port: int) -> None:
    """Raises StoreProblem with the mend when the web port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StoreProblem(
                f"port {port} on {host} cannot be used ({error.strerror}); "
                "stop what listens there, or set DANGAN_PORT to another port"
            ) from error


def check_disk(settings: Settings) -> None:
    """Raises StoreProblem when the disk is nearly full."""
    free = shutil.disk_usage(settings.data).free
    if free < LEAST_FREE:
        raise StoreProblem(
            f"the disk of {settings.data} has only {free // 2**20} MiB left, {LEAST_FREE // 2**20} are needed; "
            "make room, or set DANGAN_DATA to a folder on another disk"
        )
