"""A lost race as the API tells it: with what stands there now, in the words of its feature."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from service.errors import Conflict


@contextmanager
def with_current(shown: Callable[[Any], Mapping[str, Any]]) -> Iterator[None]:
    """Let a Conflict carry its `current` as `shown` answers it; one without passes as it is."""
    try:
        yield
    except Conflict as lost:
        if lost.current is None:
            raise
        raise Conflict(lost.message, current=lost.current, shown=shown(lost.current)) from lost
