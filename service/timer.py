"""Jobs by the clock: checkpoints each minute, a sweep of what was cut off each hour, what is due, the day's mails."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from pymongo.errors import PyMongoError

from service.bootstrap import Archive
from service.errors import Unavailable
from service.logs import logger
from service.store.turns import Turns

log = logger("timer")


def due_jobs(archive: Archive) -> list[tuple[str, timedelta, Callable[[], object]]]:
    """Name, how often, and what is done."""
    return [
        ("checkpoint", timedelta(minutes=1), archive.checkpoints.sign),
        ("sweep", timedelta(hours=1), archive.scans.sweep),
        ("care", timedelta(minutes=10), archive.care.remind),
        ("due", timedelta(minutes=10), archive.due.tell),
        ("digest", timedelta(minutes=10), archive.digest.send),
    ]


def run(archive: Archive) -> None:
    """Do what is due, one timer of all that may be running, until a signal comes."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    turns = Turns(archive.store, archive.clock)
    while not stop.wait(1.0):
        try:
            archive.heartbeats.beat("timer")
            for name, every, work in due_jobs(archive):
                if turns.take(name, every):
                    started = time.monotonic()
                    work()
                    log.info("timer.done", job=name, seconds=round(time.monotonic() - started, 3))
        except (PyMongoError, Unavailable) as error:
            log.warning("timer.waits", reason=type(error).__name__)
