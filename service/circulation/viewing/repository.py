"""Requests to view in MongoDB: cases, with nothing else to look up by."""

from collections.abc import Mapping, Sequence

from pymongo import IndexModel

from service.casework import repository as cases
from service.casework.repository import Cases
from service.circulation.viewing.rules import Asked, State, kept
from service.store.connection import Store
from service.store.keys import Keyring

COLLECTION = "view_requests"
INDEXES: Mapping[str, Sequence[IndexModel]] = {COLLECTION: cases.INDEXES}


def requests(store: Store, keys: Keyring) -> Cases[Asked]:
    """All requests to view."""
    return Cases(store, keys, COLLECTION, State, kept, Asked.given)
