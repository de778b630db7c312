"""`dangan move`: an archive goes to other servers, or into another data folder; what it was stays as it is."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

from service.audit.repository import HEADS
from service.audit.trail import Audit
from service.audit.verifier import verify
from service.bootstrap import INDEXES, connected
from service.clock import SystemClock
from service.config import Settings
from service.store.connection import Store, connect
from service.store.copying import Copied, Differs, Occupied, copy, digest, finish
from service.store.embedded import EmbeddedStore, StoreProblem, hold_folder
from service.store.heartbeats import Heartbeats
from service.store.keys import VAULT, Keyring, master_key
from service.store.reaching import reach

_AGAIN = "stop all of its parts and run the move again, which writes what has changed"
_STAYS = ("index_state",)
"""A place in one server's change log means nothing to another."""
_QUIET = timedelta(seconds=15)
"""So long after the last sign of life a part counts as stopped."""


def move(
    settings: Settings, to: str, database: str, user: str | None, password: str | None, tell: Callable[[Copied], None]
) -> list[Copied]:
    """Copy the archive of `settings` to an address (`mongodb://…`) or into a data folder, and compare.

    Raises StoreProblem with plain words where that cannot be done, or would be no use: with another master key.
    """
    with ExitStack() as stack:
        source = stack.enter_context(_source(settings))
        _at_rest(source, settings)
        if "://" in to:
            target = stack.enter_context(closing(reach(to, database, user, password, "--to")))
        else:
            target = stack.enter_context(_folder(Path(to), settings))
        archive, links = _archive(source), digest(source, HEADS)
        if settings.master_key_file.exists():  # where it is kept in another place nothing is said of it
            Keyring(source, master_key(settings.master_key_file, create=False)[0])
        try:
            moved = copy(source, target, archive, _stays(), tell)
        except Occupied:
            raise StoreProblem(
                "the target holds an archive already: name another database with --database, or another folder"
            ) from None
        except Differs as difference:
            raise StoreProblem(f"the copy is not the same: {difference}; {_AGAIN}") from None
        target.create_indexes(INDEXES)
        _at_rest(source, settings)
        if digest(source, HEADS) != links:
            raise StoreProblem(f"the archive was worked on while it was copied; {_AGAIN}")
        faults = list(verify(Audit(target, SystemClock(settings.zone)).trail))
        if faults:
            raise StoreProblem(f"the audit trail is not whole there: {faults[0]}")
        finish(target)
        return moved


def _stays() -> list[str]:
    """What is not moved: whatever runs out by itself (people log in again), and places in the change log."""
    fading = [name for name, models in INDEXES.items() if any("expireAfterSeconds" in one.document for one in models)]
    return [*fading, *_STAYS]


def _archive(source: Store) -> bytes:
    """What tells an archive from all others: the id of the key that wraps its keys."""
    found = source.db[VAULT].find_one({}, {"_id": 1})
    if found is None:
        raise StoreProblem("there is no archive to move")
    return bytes(found["_id"])


@contextmanager
def _source(settings: Settings) -> Iterator[Store]:
    """The archive, which nobody works on meanwhile."""
    if settings.mongodb_uri is None:
        with _folder(settings.data, settings) as store:
            yield store
        return
    with closing(connected(settings)) as store:
        yield store


def _at_rest(store: Store, settings: Settings) -> None:
    """Raises StoreProblem where a part of the archive has given a sign of life just now.

    The last ones in a data folder are of before: while we hold it nobody else finds its store.
    """
    if settings.mongodb_uri is None:
        return
    clock = SystemClock(settings.zone)
    beats = Heartbeats(store, clock).all()
    running = sorted(program for program, (at, _) in beats.items() if clock.now() - at <= _QUIET)
    if running:
        raise StoreProblem(
            f"the archive is running ({', '.join(running)}): stop all of its parts, so that nothing changes meanwhile, "
            f"and wait {_QUIET.seconds} seconds"
        )


@contextmanager
def _folder(data: Path, settings: Settings) -> Iterator[Store]:
    """A data folder's store, which no other program finds meanwhile."""
    with hold_folder(data):
        embedded = EmbeddedStore(data, settings.store_server)
        store = connect(embedded.start(told=False).uri, settings.mongodb_database)
        try:
            yield store
        finally:
            store.close()
            embedded.stop()
