"""`dangan bench store`: an operation beside a bare transaction, writers side by side, 50 MB beside raw GridFS."""

import io
import os
import statistics
from collections import Counter
from collections.abc import Callable
from typing import Any

import gridfs
from pymongo import monitoring

from service.bench import writers
from service.bench.house import HR, archive, store_kind
from service.bench.report import Report, p50, percentile, timed
from service.bootstrap import Archive
from service.files.rules import File
from service.store.blobs import Blobs
from service.store.connection import Transaction

_BIG = 50 * 2**20
_READS = ("find", "aggregate")
_WRITES = ("insert", "update", "delete", "findAndModify")


class _Counting(monitoring.CommandListener):
    """How many commands of each kind go over the wire."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.seen[event.command_name] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


def run(rounds: int = 300) -> Report:
    counting = _Counting()
    monitoring.register(counting)
    with archive() as made:
        report = Report("store", {"store": store_kind(made.settings), "rounds": rounds})
        _operation(made, report, counting, rounds)
        _writers(made, report)
        _big(made, report)
    return report


def _opened(made: Archive, count: int) -> list[File]:
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return [made.opening.open(HR, {**given, "name": f"客服员{n}-{os.urandom(3).hex()}"}) for n in range(count)]


def _edit(made: Archive, file: File) -> Callable[[], object]:
    version = [file.version]

    def work() -> None:
        made.files.edit(HR, file.file_no, version[0], {"post": f"岗位{version[0]}"})
        version[0] += 1

    return work


def _operation(made: Archive, report: Report, counting: _Counting, rounds: int) -> None:
    """A change of a file, and a bare transaction with as many reads and writes as the change was seen to make."""
    edit = _edit(made, _opened(made, 1)[0])
    edit()
    counting.seen.clear()
    edit()
    reads = sum(counting.seen[name] for name in _READS)
    writes = sum(counting.seen[name] for name in _WRITES)
    plain = made.store.collection("bench_plain")
    plain.insert_many([{"_id": n, "value": 0, "text": "x" * 400} for n in range(8)])

    def bare() -> None:
        def work(tx: Transaction) -> None:
            for n in range(reads):
                plain.find_one({"_id": n % 8}, session=tx.session)
            plain.insert_one({"text": "x" * 400}, session=tx.session)
            for n in range(writes - 1):
                plain.update_one({"_id": n % 8}, {"$inc": {"value": 1}}, session=tx.session)

        made.store.transact(work)

    ours: list[float] = []
    raw: list[float] = []
    for _ in range(rounds):  # turn and turn about, so that both meet the same weather
        ours.append(timed(edit))
        raw.append(timed(bare))
    report.add(
        f"a change with its event, {reads} reads and {writes} writes, p50 (p95), ms",
        f"{p50(ours):.2f} ({percentile(ours, 0.95):.2f})", f"{p50(raw):.2f} ({percentile(raw, 0.95):.2f})",
        f"{p50(ours) / p50(raw):.2f}x", "<= 1.5x, p50 <= 8 ms",
    )  # fmt: skip


def _writers(made: Archive, report: Report) -> None:
    """16 people who add records to a file of their own each, and 16 who all add to one; bare transactions beside."""
    plain = made.store.collection(writers.PLAIN)
    plain.insert_many([{"_id": f"plain {n}", "value": 0} for n in range(17)])
    driven = writers.Writers(made.settings)
    files = [file.file_no for file in _opened(made, 17)]
    documents = [f"plain {n}" for n in range(17)]
    own, one = driven.rate("record", files[:16]), driven.rate("record", files[16:])
    bare_own, bare_one = driven.rate("bare", documents[:16]), driven.rate("bare", documents[16:])
    driven.close()
    report.add(
        "16 writers on 16 files, changes/s; retries", f"{own.per_second:.0f}; {own.retries}",
        f"{bare_own.per_second:.0f}; {bare_own.retries}", f"{own.per_second / bare_own.per_second:.2f}x", "no retries",
    )  # fmt: skip
    report.add(
        "16 writers on one file, changes/s; retries", f"{one.per_second:.0f}; {one.retries}",
        f"{bare_one.per_second:.0f}; {bare_one.retries}", f"{one.per_second / bare_one.per_second:.2f}x",
    )  # fmt: skip
    report.add(
        "16 files beside one", f"{own.per_second / one.per_second:.1f}x",
        f"{bare_own.per_second / bare_one.per_second:.1f}x", aim=">= 4x",
    )  # fmt: skip


def _big(made: Archive, report: Report) -> None:
    """50 MB in and out, five times each, beside GridFS without encryption whose writing is read back."""
    cipher = made.keys.system
    blobs = Blobs(made.store, "bench_ours")
    bucket = gridfs.GridFSBucket(made.store.db, "bench_raw", chunk_size_bytes=2**20)
    times: dict[str, list[float]] = {"in": [], "out": [], "raw in": [], "raw out": []}
    for _ in range(5):
        content = os.urandom(_BIG)
        kept: list[Any] = []
        times["in"].append(timed(lambda: kept.append(blobs.put(cipher, "bench", io.BytesIO(content)))))  # noqa: B023
        times["out"].append(timed(lambda: blobs.bytes(cipher, kept[0])))  # noqa: B023

        def raw_in() -> None:
            kept.append(bucket.upload_from_stream("x", io.BytesIO(content)))  # noqa: B023
            bucket.open_download_stream(kept[1]).read()  # noqa: B023

        times["raw in"].append(timed(raw_in))
        times["raw out"].append(timed(lambda: bucket.open_download_stream(kept[1]).read()))  # noqa: B023
        blobs.delete(kept[0].id)
        bucket.delete(kept[1])
    rate = {name: 50 / statistics.median(seconds) for name, seconds in times.items()}
    for ours, raw, what, aim in (
        ("in", "raw in", "50 MB in, sealed and read back, MB/s", ">= 0.5x"),
        ("out", "raw out", "50 MB out, MB/s", ">= 0.6x"),
    ):
        report.add(what, f"{rate[ours]:.0f}", f"{rate[raw]:.0f}", f"{rate[ours] / rate[raw]:.2f}x", aim)
