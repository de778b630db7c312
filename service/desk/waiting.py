"""How much waits for a person behind each entry of the menu. Counts alone: what waits is shown by the pages themselves.

A count is asked at most once in a few seconds for each person, and a provider that fails counts nothing: the frame
never makes a page slow, and never breaks one.
"""

import time
from collections.abc import Callable, Mapping

from pymongo.errors import PyMongoError

from service.errors import DanganError
from service.person import Person

Provider = Callable[[Person], int | None]
KEPT_SECONDS = 10.0
MOST_KEPT = 2000


class Waiting:
    """Providers by the endpoint of their entry. Each must match a bounded number of documents."""

    def __init__(self, providers: Mapping[str, Provider], now: Callable[[], float] = time.monotonic) -> None:
        self._providers, self._now = dict(providers), now
        self._kept: dict[tuple[str, str], tuple[float, int]] = {}

    def count(self, person: Person, endpoint: str) -> int:
        """How much waits there; 0 where nothing is counted or the count is not to be had."""
        provider = self._providers.get(endpoint)
        if provider is None:
            return 0
        key = (person.account, endpoint)
        kept = self._kept.get(key)
        if kept is None or self._now() - kept[0] > KEPT_SECONDS:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            count = self._ask(provider, person)  # first: what takes long is kept as long as anything else
            kept = self._kept[key] = (self._now(), count)
        return kept[1]

    @staticmethod
    def _ask(provider: Provider, person: Person) -> int:
        try:
            return provider(person) or 0
        except (DanganError, PyMongoError):
            return 0
