"""Jobs by the clock: checkpoints each minute, a sweep of what was cut off each hour, what is due, the day's mails."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from pymongo.errors import PyMongoError

from service.bootstrap import Archive
from service.errors import Unavailable
from service.logs import logger
from service.store.turns import Turns

log = logger("timer")


Job = tuple[str, timedelta, Callable[[], object]]
"""Its name, how often it is done, and what is done."""


def due_jobs(archive: Archive) -> list[Job]:
    return [
        ("checkpoint", timedelta(minutes=1), partial(_sign, archive)),
        ("sweep", timedelta(hours=1), archive.scans.sweep),
        ("care", timedelta(minutes=10), archive.care.remind),
        ("redate", timedelta(minutes=10), archive.redating.run),
        ("due", timedelta(minutes=10), archive.due.tell),
        ("digest", timedelta(minutes=10), archive.digest.send),
    ]


def _sign(archive: Archive) -> None:
    """That it was done shows: a trail that nothing signs any more looks as whole as ever."""
    archive.checkpoints.sign()
    archive.heartbeats.beat("checkpoint")


def turn(jobs: Sequence[Job], turns: Turns) -> None:
    """Do what is due now. A job that fails is told of in the log, and keeps no other from its turn."""
    for name, every, work in jobs:
        try:
            if turns.take(name, every):
                started = time.monotonic()
                work()
                log.info("timer.done", job=name, seconds=round(time.monotonic() - started, 3))
        except Exception as error:
            log.error("timer.failed", job=name, reason=type(error).__name__)


def run(archive: Archive) -> None:
    """Do what is due, one timer of all that may be running, until a signal comes."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    jobs, turns = due_jobs(archive), Turns(archive.store, archive.clock)
    while not stop.wait(1.0):
        try:
            archive.heartbeats.beat("timer")
        except (PyMongoError, Unavailable) as error:
            log.warning("timer.waits", reason=type(error).__name__)
            continue
        turn(jobs, turns)
