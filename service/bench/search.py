"""`dangan bench search`: searching over HTTP beside the engine alone, with the same filters and facets in one run."""

import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import local
from typing import Protocol
from urllib.parse import urlencode

from service.audit.trail import account_chain
from service.bench.fill import fill
from service.bench.house import HR, PASSWORD, archive, engine_kind, environment, store_kind
from service.bench.report import Report, p50, percentile, timed
from service.bootstrap import Archive
from service.search.rules import FACETS, Criteria

_WORDS = (
    "合同",
    "礼仪",
    "投诉处理",
    "优秀",
    "毕业证书",
    "张伟",
    "zhang",
    "HT-2013",
    "满意度",
    "培训 高级",
    "王芳",
    "2015",
)
_KINDS = ("files", "records", "pages")


def run(
    files: int = 20_000, records: int = 100_000, pages: int = 20_000, rounds: int = 300, port: int = 8480
) -> Report:
    with archive(port) as made:
        filled = timed(lambda: fill(made, files, records, pages))
        rebuilt, own = _rebuild(made)
        kinds = {"store": store_kind(made.settings), "engine": engine_kind(made.settings)}
        sizes = {**kinds, "files": files, "records": records, "pages": pages}
        report = Report("search", sizes)
        report.add("filled with events, records/s", f"{records / filled:.0f}")
        documents, raw_load = files + records + pages, _load(made)
        rate, load = documents / rebuilt, raw_load["rate"]
        report.add("index rebuilt, documents/s", f"{rate:.0f}", f"{load:.0f}", f"{rate / load:.2f}x", ">= 0.6x")
        own = own / documents * 1e6
        report.add("of it, our processes' own time for a document, us", f"{own:.0f}", f"{raw_load['own']:.0f}")
        asked = _queries(rounds)
        with _web(made) as get:
            ask = partial(_ask, get)
            for criteria in asked[:20]:  # warm
                ask(criteria)
            ours = [timed(lambda one=one: ask(one)) for one in asked]  # type: ignore[misc]
            raw = [timed(lambda one=one: _raw(made, one)) for one in asked]  # type: ignore[misc]
            times = 3 if made.settings.elasticsearch_url is None else 2
            limit = times * percentile(raw, 0.95) + 20
            report.add(
                "one client, facets and highlights, 20 hits, p50 / p95, ms",
                f"{p50(ours):.1f} / {percentile(ours, 0.95):.1f}", f"{p50(raw):.1f} / {percentile(raw, 0.95):.1f}",
                f"{percentile(ours, 0.95) / percentile(raw, 0.95):.1f}x", f"p95 <= {limit:.1f} ({times}x raw + 20)",
            )  # fmt: skip
            eight = _eight(asked, ask)
            rate = len(asked) / eight[1]
            report.add("eight clients, requests/s", f"{rate:.0f}")
            report.add("eight clients, p50 / p95, ms", f"{p50(eight[0]):.1f} / {percentile(eight[0], 0.95):.1f}")
            _one_word(made, report, ask)
            _files(made, report, get, rounds)
    return report


def _files(made: Archive, report: Report, get: "_Get", rounds: int) -> None:
    """A person's file as a page of the interface, of people from everywhere in the archive."""
    hits = [hit for one in _queries(40) for hit in made.reader.search(made.search.query(HR, one)).hits]
    numbers = random.Random(13).choices([hit.file_no for hit in hits], k=rounds)  # noqa: S311
    took = [timed(lambda no=no: get(f"/files/{no}", {})) for no in numbers]  # type: ignore[misc]
    report.add("a person's file as a page, p50 / p95, ms", f"{p50(took):.1f} / {percentile(took, 0.95):.1f}")


def _one_word(made: Archive, report: Report, ask: Callable[..., None]) -> None:
    """A word of two characters, one client: by API without and with facets, as a page, and where the time goes."""
    plain = [Criteria(kind, "合同", size=20, facets=()) for kind in _KINDS] * 40
    counted = [replace(one, facets=None) for one in plain]
    aim = "a tenth of 45 / 81"
    for what, work in (
        ("API", lambda n: ask(plain[n])),
        ("API with facets", lambda n: ask(counted[n])),
        ("page with facets", lambda n: ask(counted[n], "/search")),
        ("of it, operation in process", lambda n: made.search.search(HR, plain[n])),
        ("of it, engine", lambda n: _raw(made, plain[n])),
        ("of it, event", lambda _n: made.audit.record(HR, "search", subject=account_chain("hr"), ids={"hits": "1"})),
    ):
        took = [timed(lambda n=n, work=work: work(n)) for n in range(len(plain))]  # type: ignore[misc]
        report.add(
            f"a word of two characters, one client, {what}, p50 / p95, ms",
            f"{p50(took):.1f} / {percentile(took, 0.95):.1f}", aim=aim if what == "API" else "",
        )  # fmt: skip


def _rebuild(made: Archive) -> tuple[float, float]:
    """By the indexer itself, in its own process, as in production: seconds, and processor seconds of it and its own."""
    before = os.times()
    took = timed(
        lambda: subprocess.run(
            [sys.executable, "-m", "indexer", "rebuild"], check=True, env=environment(made.settings),
            capture_output=True,
        )
    )  # fmt: skip
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return took, used


def _load(made: Archive) -> dict[str, float]:
    """What the engine itself takes (`indexer.bench`); the indexer has it ready before the clock runs."""
    loaded = subprocess.run(
        [sys.executable, "-m", "indexer", "load"], check=True, env=environment(made.settings), capture_output=True
    )
    return dict(json.loads(loaded.stdout))


def _queries(count: int) -> list[Criteria]:
    chance = random.Random(11)  # noqa: S311
    made = []
    for _ in range(count):
        filters = {"department": chance.choice(("north", "south"))} if chance.random() < 0.4 else {}
        made.append(Criteria(chance.choice(_KINDS), chance.choice(_WORDS), filters=filters, size=20))
    return made


def _raw(made: Archive, criteria: Criteria) -> None:
    made.reader.search(made.search.query(HR, criteria))


class _Get(Protocol):
    """Asks for a page or for an answer of the API over HTTP. Raises RuntimeError where it is not well."""

    def __call__(self, path: str, words: Mapping[str, object]) -> None: ...


def _ask(get: _Get, criteria: Criteria, path: str = "/api/v1/search") -> None:
    words = {"kind": criteria.kind, "q": criteria.words, "size": criteria.size, **(criteria.filters or {})}
    words["facets"] = ",".join(FACETS[criteria.kind] if criteria.facets is None else criteria.facets)
    get(path, words)


@contextmanager
def _web(made: Archive) -> Iterator[_Get]:
    """A web server of our own program, and a client of it; each thread has a connection that is kept."""
    server = subprocess.Popen(
        [sys.executable, "-m", "service", "web"], env=environment(made.settings), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _ready(made.settings.port)
        token = made.accounts.log_in("hr", PASSWORD, "")[0]
        yield _client(made.settings.port, token)
    finally:
        server.terminate()
        server.wait()


def _ready(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server did not come up")


def _client(port: int, token: str) -> _Get:
    kept = local()

    def get(path: str, words: Mapping[str, object]) -> None:
        for again in (True, False):
            if not hasattr(kept, "connection"):
                kept.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                bearer = {"Authorization": f"Bearer {token}"}
                kept.connection.request("GET", f"{path}?{urlencode(words)}", headers=bearer)
                answer = kept.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, ConnectionError):  # it was kept too long without a request
                del kept.connection
                if not again:
                    raise
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:200]!r}")

    return get


def _eight(asked: Sequence[Criteria], ask: Callable[..., None]) -> tuple[list[float], float]:
    took: list[float] = []

    def all_of_them() -> None:
        with ThreadPoolExecutor(8) as pool:
            took.extend(pool.map(lambda one: timed(lambda: ask(one)), asked))

    return took, timed(all_of_them)
