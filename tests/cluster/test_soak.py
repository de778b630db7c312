"""Three minutes of clients that write and search while one part after the other is killed: `make soak`."""

import http.client
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest

from service.audit.verifier import verify
from service.bench.running import Running
from service.bootstrap import Archive
from tests.cluster.conftest import client, indexed, stored
from tests.cluster.parts import Cluster, eventually

pytestmark = pytest.mark.cluster
SECONDS = float(os.environ.get("DANGAN_SOAK_SECONDS", "180"))
CLIENTS = 8
KILLED = ("web worker", "indexer-1", "scanner_ingest-1", "store", "elasticsearch")
PAUSE = 12.0
LATER = ("unavailable", "uncertain")
"""What an answer of 503 may say: nothing was kept, try again; or nobody can tell, look again."""


@dataclass
class Client:
    """One of eight, with a file of its own and one that all write to; keeps what it was answered."""

    ask: Running
    files: tuple[str, str]
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Record by the word that only it holds."""
    unknown: set[str] = field(default_factory=set)
    """Words whose answer never came, or said that nobody can tell: kept once, or not at all."""
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    longest: float = 0.0

    def work(self, until: float) -> None:
        chance = random.Random(self.files[0])
        while time.monotonic() < until:
            if chance.random() < 0.5:
                self._write(self.files[chance.random() < 0.2])
            else:
                self._search(chance.choice(("records", "files")))

    def _write(self, file_no: str) -> None:
        word = f"课程{uuid4().hex[:12]}"
        body = {"category": "training", "subcategory": "internal", "fields": {"date": "2025-05-06", "course": word}}
        answer = self._asked("POST", f"/api/v1/files/{file_no}/records", body)
        if answer is None or _code(answer) == "uncertain":
            self.unknown.add(word)
        elif answer[0] == 201:
            self.acknowledged[word] = answer[1]["id"]
        self._count("write", answer, (201, 503))

    def _search(self, kind: str) -> None:
        answer = self._asked("GET", "/api/v1/search", None, kind=kind, q="课程")
        self._count("search", answer, (200, 503))
        if answer is not None and answer[0] == 200 and answer[1]["degraded"]:
            self.answers["search degraded"] += 1

    def _asked(self, method: str, path: str, body: Any, **query: str) -> tuple[int, Any] | None:
        began = time.monotonic()
        try:
            return self.ask.ask(method, path, body, **query)
        except (http.client.HTTPException, OSError):
            time.sleep(0.2)
            return None
        finally:
            self.longest = max(self.longest, time.monotonic() - began)

    def _count(self, what: str, answer: tuple[int, Any] | None, right: tuple[int, ...]) -> None:
        self.answers[f"{what} {answer[0] if answer else 'cut off'}"] += 1
        if answer is not None and (answer[0] not in right or (answer[0] == 503 and _code(answer) not in LATER)):
            self.wrong.append((answer[0], str(answer[1])[:200]))


def _code(answer: tuple[int, Any]) -> str:
    """What a problem's type names; `unavailable` of `about:blank#unavailable`."""
    return str(answer[1].get("type", "")).rpartition("#")[2] if isinstance(answer[1], dict) else ""


def test_nothing_is_lost_or_doubled(parts: Cluster, archive: Archive) -> None:
    """Every acknowledged write is there once, index = store, and no answer was a fault."""
    hr = client(parts, "hr")
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    opened = [hr.ask("POST", "/api/v1/files", {**given, "name": f"客服员{n}"}) for n in range(CLIENTS + 1)]
    numbers = [made["file_no"] for _, made in opened]
    clients = [Client(client(parts, "hr"), (number, numbers[-1])) for number in numbers[:-1]]
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(CLIENTS) as pool:
        working = [pool.submit(one.work, until) for one in clients]
        stop = threading.Event()
        kills = 0
        for part in cycle(KILLED):
            if stop.wait(min(PAUSE, max(0.0, until - time.monotonic()))) or time.monotonic() > until - PAUSE:
                break
            parts.kill(part)
            kills += 1
        for one in working:
            one.result()

    answers: Counter[str] = sum((one.answers for one in clients), Counter())
    acknowledged = {word: record for one in clients for word, record in one.acknowledged.items()}
    longest = max(one.longest for one in clients)
    print(f"\n{kills} kills in {SECONDS:.0f} s; longest answer {longest:.1f} s; {dict(sorted(answers.items()))}")
    assert [wrong for one in clients for wrong in one.wrong] == []
    eventually(lambda: hr.ask("GET", "/readyz")[0] == 200, 60)
    eventually(lambda: not hr.ask("GET", "/api/v1/search", kind="files")[1]["degraded"], 120)

    files = [archive.kept_files.get(number) for number in numbers]
    records = [record for file in files for record in archive.kept_records.of_file(file.file_no, file.records)]
    words = Counter(str(record.fields["course"]) for record in records)
    assert set(acknowledged) <= set(words)
    assert {record.id for record in records} >= set(acknowledged.values())
    assert [word for word, times in words.items() if times > 1] == []
    assert set(words) - set(acknowledged) <= {word for one in clients for word in one.unknown}
    eventually(lambda: indexed(archive) == stored(archive), 60)
    assert hr.ask("GET", "/api/v1/search", kind="records", q="课程")[1]["total"] == len(words)
    for label in parts.running:
        assert "Traceback" not in parts.said(label), label
    assert list(verify(archive.audit.trail)) == []
    assert len(acknowledged) > CLIENTS
