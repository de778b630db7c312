"""Following the trail's heads: whatever changed a file makes its documents anew."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from indexer.gather import one
from indexer.making import everything
from indexer.project import project
from service.audit.repository import HEADS
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.catalogue import derived
from service.fulltext import engines
from service.fulltext.port import EngineDown, Kind, Query, Scope, Writer
from service.logs import logger
from service.search.operations import STALE

log = logger("indexer")

STATE = "index_state"
CHANGES = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": ["insert", "replace", "delete"]}},
                {"updateDescription.updatedFields.changed": {"$exists": True}},
            ]
        }
    }
]
_MADE_FROM = {"shapes": (Kind.RECORDS, "subcategory"), "departments": (Kind.FILES, "department")}
"""What documents are made of besides their file, and how those of one sub-category or department are found."""
_LOST = (9, 260, 280, 286, 40647)
"""Error codes of a token that leads nowhere: it cannot be read, is another server's, or the log has moved on."""
_BATCH = 200
_GATHER = 0.3
"""Seconds after the first change that others are waited for: a steady stream must not hold the batch back."""


def is_lost(error: OperationFailure) -> bool:
    """Whether a change stream cannot go on after its token: it is too old, or another server's."""
    return error.code in _LOST


class Stopped(Exception):
    """A rebuild or comparison that was left because the indexer is to stop; the next start begins it again."""


class Follower:
    """One follower for an index; its resume token is stored after the engine has the batch."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._writer: Writer = engines.writer(archive.settings)
        self._state = archive.store.collection(STATE)
        self._made_of: dict[str, dict[str, str]] = {}
        self._stop = threading.Event()
        self._mark = ""
        """Of the live index, as it was last seen."""

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop`. The store's or the engine's absence is waited for."""
        self._stop = stop
        while not stop.is_set():
            try:
                self._follow(stop)
            except Stopped:
                return
            except OperationFailure as error:
                if not is_lost(error):
                    log.warning("indexer.waits", reason=type(error).__name__, code=error.code)
                    stop.wait(1.0)
                    continue
                log.warning("indexer.token_lost", code=error.code)
                self._state.delete_one({"_id": "token"})
            except (PyMongoError, EngineDown, OSError, ValueError) as error:
                log.warning("indexer.waits", reason=type(error).__name__)
                stop.wait(1.0)

    def _follow(self, stop: threading.Event) -> None:
        token = self._resume()
        with self._changes(token) as stream:
            if token is None:
                self._anew(stream)
            while not stop.is_set():
                self._archive.heartbeats.beat("indexer")
                self._reshape()
                self._oblige(stream)
                changed = self._batch(stream)
                if changed:
                    if self._put(changed) and not self._beating(self._writer.expunge):
                        self.rebuild()
                    self._keep(stream)

    def _resume(self) -> Any:
        """Where to go on, if the live index is the one that was followed until there; None where it wants a rebuild.

        The mark tells: another archive may have built its own index in this place since.
        """
        kept, self._mark = self._state.find_one({"_id": "token"}), self._writer.live()
        return kept["token"] if kept and self._mark and kept.get("index", self._mark) == self._mark else None

    def _changes(self, after: Any = None) -> Any:
        return self._archive.store.db[HEADS].watch(CHANGES, resume_after=after, max_await_time_ms=300)

    def _anew(self, stream: Any) -> int:
        stream.try_next()  # the stream is open before the rebuild reads, so that nothing falls between
        count = self.rebuild()
        self._keep(stream)
        return count

    def build(self) -> int:
        """Build the index anew where no indexer runs, for the next one to go on from; how many files."""
        with self._changes() as stream:
            return self._anew(stream)

    def ask(self, what: str) -> bool:
        """Ask the indexer that runs for `rebuild` or `reconcile`, and wait for it; False where none runs any more.

        Two writers would write past each other.
        """
        beats = self._archive.heartbeats
        last = beats.last("indexer")  # as it is now, and not as it was a second ago
        if last is None or self._archive.clock.now() - last[0] > STALE:
            return False
        self._state.update_one({"_id": "wanted"}, {"$set": {"what": what}}, upsert=True)
        while self._state.find_one({"_id": "wanted"}) is not None and beats.alive("indexer", STALE):
            time.sleep(0.1)
        return self._state.delete_one({"_id": "wanted"}).deleted_count == 0

    def _oblige(self, stream: Any) -> None:
        wanted = self._state.find_one({"_id": "wanted"})
        if wanted is not None:
            self.rebuild() if wanted["what"] == "rebuild" else self.reconcile()
            self._keep(stream)
            self._state.delete_one({"_id": "wanted"})

    def _reshape(self) -> None:
        """Make anew what was made of the catalogue or of a department's name as they are no more."""
        for what, now in self._made_from().items():
            if now != self._made_of.get(what):
                self._remake(what, now)

    def _remake(self, what: str, now: Mapping[str, str]) -> None:
        kind, keyword = _MADE_FROM[what]
        kept = self._state.find_one({"_id": what}) or {"of": now}
        for code in (code for code, made in now.items() if kept["of"].get(code) != made):
            asked = Query(kind, Scope(({},)), filters={keyword: (code,)}, sort="file_no", size=_BATCH)
            while True:
                found = self._archive.reader.search(asked)
                self._put(sorted({hit.file_no for hit in found.hits}))
                self._archive.heartbeats.beat("indexer")
                if not found.next:
                    break
                asked = replace(asked, after=found.next)
            log.info("indexer.reshaped", what=what, code=code)
        self._keep_made_from(what, now)

    def _made_from(self) -> dict[str, dict[str, str]]:
        shapes = {sub.code: derived.shape(sub) for sub in self._archive.catalogue.subcategories()}
        return {"shapes": shapes, "departments": self._archive.people.departments()}

    def _keep_made_from(self, what: str, of: Mapping[str, str]) -> None:
        self._state.update_one({"_id": what}, {"$set": {"of": of}}, upsert=True)
        self._made_of[what] = dict(of)

    def _put(self, changed: list[str]) -> bool:
        """Mirror these files; whether one of them is gone, so that its tokens must go too (T4).

        The token is kept after the merge, not before: an indexer that is killed between does both again.
        """
        departments = self._archive.people.departments()
        gathered = {file_no: one(self._archive, file_no) for file_no in changed}
        projected = [
            (file_no, project(found, self._archive.catalogue, departments) if found else [])
            for file_no, found in gathered.items()
        ]
        self._writer.put(projected)
        return any(not documents for _, documents in projected)

    def _batch(self, stream: Any) -> list[str]:
        """The files that changed; waits for the first, then gathers what follows for a moment."""
        files: dict[str, None] = {}
        until = None
        while len(files) < _BATCH and (until is None or time.monotonic() < until):
            event = stream.try_next()
            if event is None:
                break
            until = until or time.monotonic() + _GATHER
            subject = str(event["documentKey"]["_id"])
            if subject.startswith("file:"):
                files[subject.removeprefix("file:")] = None
        return list(files)

    def rebuild(self) -> int:
        """Build the index anew beside the live one; how many files."""
        began = time.monotonic()
        made_from = self._made_from()
        with closing(everything(self._archive, self._still)) as made:
            count = self._writer.rebuild(made)
        self._mark = self._writer.live()
        for what, of in made_from.items():
            self._keep_made_from(what, of)
        log.info("indexer.rebuilt", files=count, seconds=round(time.monotonic() - began, 2))
        return count

    def _still(self) -> None:
        """Said again and again during what may be long: it goes on, unless it is to stop."""
        if self._stop.is_set():
            raise Stopped
        self._archive.heartbeats.beat("indexer")

    def reconcile(self) -> int:
        """Compare each file's version in the index with the store, and mend what differs; how many files."""
        indexed, stored = {}, {}
        for file_no, version in self._archive.reader.versions():
            self._still()
            indexed[file_no] = version
        for found in self._archive.store.walk("files", {"_id": 1}):
            self._still()
            stored[found["_id"]] = self._archive.audit.trail.changed(file_chain(found["_id"]))
        wrong = [no for no in stored.keys() | indexed.keys() if stored.get(no) != indexed.get(no)]
        gone = [self._put(wrong[start : start + _BATCH]) for start in range(0, len(wrong), _BATCH)]
        if any(gone) and not self._beating(self._writer.expunge):
            self.rebuild()
        return len(wrong)

    def _beating(self, work: Callable[[], bool]) -> bool:
        """What the engine takes long for, in signs of life."""
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(work)
            while not wait([done], 1).done:
                self._archive.heartbeats.beat("indexer")
            return done.result()

    def _keep(self, stream: Any) -> None:
        kept = {"token": stream.resume_token, "index": self._mark}
        self._state.update_one({"_id": "token"}, {"$set": kept}, upsert=True)
