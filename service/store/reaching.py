"""A MongoDB that somebody else runs: whether it answers, lets us in and can hold an archive, said in plain words."""

from pymongo.errors import OperationFailure, PyMongoError

from service.store.connection import Document, Store, connect
from service.store.embedded import StoreProblem


def reach(address: str, database: str, user: str | None, password: str | None, setting: str) -> Store:
    """A store that was asked once. Raises StoreProblem that names `setting`, where the address stands.

    No words of the driver are passed on: they may hold the address, and with it a password.
    """
    try:
        store = connect(address, database, user, password)
    except (PyMongoError, ValueError) as error:
        raise StoreProblem(
            f"{setting} is not an address of MongoDB ({type(error).__name__}): write it as "
            "mongodb://host1,host2/?replicaSet=name, and : / @ % in a user or password as %3A %2F %40 %25"
        ) from None
    try:
        wrong = _unfit(store.client.admin.command("hello"))
        if wrong is None:
            store.db["key_vault"].find_one({}, {"_id": 1})  # a server says hello to anybody
    except OperationFailure as error:
        wrong = f"does not let us in ({error.code}): see whether user and password are right, and may use {database!r}"
    except PyMongoError as error:
        kind = type(error).__name__
        wrong = f"does not answer ({kind}): see whether it runs, and whether hosts, ports and replicaSet are right"
    if wrong is None:
        return store
    store.close()
    raise StoreProblem(f"the MongoDB of {setting} {wrong}") from None


def _unfit(hello: Document) -> str | None:
    """Why an archive cannot be there. A router of shards (`isdbgrid`) has transactions too."""
    if hello.get("setName") or hello.get("msg") == "isdbgrid":
        return None
    return "stands alone, and there are no transactions on it: start it with --replSet and initiate the set"
