"""Counters: what file numbers and queues stand on."""

import threading
from concurrent.futures import ThreadPoolExecutor

from service.store.connection import Store
from service.store.counters import Counters


def test_nobody_gets_a_number_twice(store: Store) -> None:
    """Eight who take the first numbers of a new counter at the same moment get different ones, and none gets 0."""
    counters = Counters(store)
    for number in range(30):
        start = threading.Barrier(8)

        def take(_: int, name: str = f"c{number}", start: threading.Barrier = start) -> list[int]:
            start.wait()
            return [counters.take(name, 2) for _ in range(3)]

        with ThreadPoolExecutor(8) as pool:
            taken = [one for got in pool.map(take, range(8)) for one in got]
        assert len(set(taken)) == 24
        assert min(taken) >= 1
        assert counters.last(f"c{number}") >= max(taken) + 1
