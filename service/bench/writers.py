"""16 writers on 16 files beside 16 on one, driven by processes of four threads each, as a web server would."""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from service.bench.house import HR
from service.bootstrap import Archive, build, connected
from service.config import Settings
from service.store.connection import Transaction

PROCESSES, THREADS, EACH = 4, 4, 30
PLAIN = "bench_writers"


@dataclass(frozen=True, slots=True)
class Rate:
    """Transactions a second, and how many had to begin again."""

    per_second: float
    retries: int


class Writers:
    """The processes, each with an archive of its own over the one store."""

    def __init__(self, settings: Settings) -> None:
        begin = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(PROCESSES, begin, _build, (settings,))
        list(self._pool.map(time.sleep, [1.0] * PROCESSES))  # all are up

    def rate(self, work: str, targets: list[str]) -> Rate:
        """16 writers over the targets, in turn: as many as there are targets have one of their own."""
        writers = [targets[n % len(targets)] for n in range(PROCESSES * THREADS)]
        shares = [writers[n * THREADS : (n + 1) * THREADS] for n in range(PROCESSES)]
        at = time.time() + 0.5
        done = list(self._pool.map(_drive, [work] * PROCESSES, shares, [at] * PROCESSES))
        return Rate(len(writers) * EACH / (max(end for end, _ in done) - at), sum(retries for _, retries in done))

    def close(self) -> None:
        self._pool.shutdown()


_archive: list[Archive] = []


def _build(settings: Settings) -> None:
    _archive.append(build(settings, connected(settings)))


def _drive(work: str, targets: list[str], at: float) -> tuple[float, int]:
    made = _archive[0]
    before = made.store.retries
    change = partial(_added if work == "record" else _bare, made)
    change(targets[0])  # keys and connections are there
    time.sleep(max(0.0, at - time.time()))
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda target: [change(target) for _ in range(EACH)], targets))
    return time.time(), made.store.retries - before


def _added(made: Archive, file_no: str) -> object:
    return made.records.add(HR, file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"})


def _bare(made: Archive, target: str) -> None:
    """What adding a record reads and writes, on one plain document and two new ones."""
    plain = made.store.collection(PLAIN)

    def work(tx: Transaction) -> None:
        plain.update_one({"_id": target}, {"$inc": {"value": 1}}, session=tx.session)
        plain.update_one({"_id": target}, {"$inc": {"value": 1}}, session=tx.session)
        for _ in range(2):
            plain.insert_one({"_id": os.urandom(8).hex(), "text": "x" * 400}, session=tx.session)

    plain.find_one({"_id": target})
    made.store.transact(work, queue=(target,))
