"""Where submissions and supplements are kept: two collections of cases."""

from collections.abc import Mapping, Sequence

from pymongo import IndexModel

from service.casework.repository import INDEXES as CASE_INDEXES
from service.casework.repository import Cases
from service.intake.submissions.rules import Handed, State, loaded
from service.store.connection import Store
from service.store.keys import Keyring

SUBMISSIONS, SUPPLEMENTS = "submissions", "supplements"
INDEXES: Mapping[str, Sequence[IndexModel]] = {SUBMISSIONS: CASE_INDEXES, SUPPLEMENTS: CASE_INDEXES}


def cases(store: Store, keys: Keyring, collection: str) -> Cases[Handed]:
    return Cases(store, keys, collection, State, loaded)
