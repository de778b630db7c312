"""Making the documents of a whole archive: here where it is small, else by processes that each have a store and keys.

A thread of Python reads, opens and cuts some 8,000 documents a second; an engine takes them two or three times as fast.
"""

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice

from indexer.gather import numbers, together
from indexer.project import project
from service.bootstrap import Archive, build, connected
from service.config import Settings
from service.fulltext import pinyin
from service.fulltext.port import Document
from service.logs import configure

Made = tuple[str, list[Document]]

FEW = 10
"""Batches of files that are made here before other processes are started for more."""
_OTHERS = max(1, min(3, (os.cpu_count() or 1) - 1))
"""Processes besides this one: for each other core, and no more than can feed an engine. Each takes 170 MB."""
_AHEAD = 2
"""Batches under way for each of the other processes: memory does not grow."""
_WAIT = 1.0
_opened: Archive


class ChildDied(OSError):
    """A process that made documents was ended from outside; the rebuild begins again."""


def everything(archive: Archive, meanwhile: Callable[[], None], few: int = FEW) -> Generator[Made, None, None]:
    """Every file with its documents. `meanwhile` is called often; what it raises ends the making.

    Close it when it is left early, so that no process stays.
    """
    batches = numbers(archive)
    for batch in islice(batches, few):
        meanwhile()
        yield from make(archive, batch)
    following = next(batches, None)
    if following is not None:
        yield from _shared(archive, chain([following], batches), meanwhile)


def make(archive: Archive, batch: list[str]) -> Iterator[Made]:
    """The documents of some files, made here."""
    departments = archive.people.departments()
    for found in together(archive, batch):
        yield found.file.file_no, project(found, archive.catalogue, departments)


def _shared(archive: Archive, batches: Iterator[list[str]], meanwhile: Callable[[], None]) -> Iterator[Made]:
    """By a process for each other core, and here whenever none of them has one ready."""
    pool = ProcessPoolExecutor(_OTHERS, multiprocessing.get_context("spawn"), _open, (archive.settings,))
    under_way: deque[Future[list[Made]]] = deque()
    _settle()
    try:
        for batch in batches:
            meanwhile()
            if len(under_way) < _AHEAD * _OTHERS:
                under_way.append(pool.submit(_make, batch))
            elif under_way[0].done():
                yield from under_way.popleft().result()
                under_way.append(pool.submit(_make, batch))
            else:
                yield from make(archive, batch)
        while under_way:
            meanwhile()
            if wait([under_way[0]], _WAIT).done:
                yield from under_way.popleft().result()
    except BrokenProcessPool as error:
        raise ChildDied from error
    finally:
        pool.shutdown(cancel_futures=True)


def _open(settings: Settings) -> None:
    """In a new process: an archive of its own. It ends with its parent, even one that was killed."""
    global _opened
    configure("indexer")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _opened = build(settings, connected(settings))
    _settle()


def _settle() -> None:
    """Load the names' dictionary, and keep all that was loaded out of the garbage's rounds: a seventh of the time."""
    pinyin.sort_key(chr(0x4E00))  # any sign
    gc.freeze()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(batch: list[str]) -> list[Made]:
    return list(make(_opened, batch))
