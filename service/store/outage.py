"""What the driver raises while the store is away, told apart from faults of our own; and whether anything was kept."""

from contextvars import ContextVar

from pymongo.errors import ConnectionFailure, EncryptionError, OperationFailure, PyMongoError

_GONE = frozenset({6, 7, 43, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""Codes of a server that cannot be reached, stops, or is not the primary; 43 is a cursor that went with it."""
_UNKNOWN = 251
_PASSING = frozenset({112, _UNKNOWN})
"""A write conflict, and a transaction that the server knows nothing of: whatever label they carry, start again."""

_kept: ContextVar[bool] = ContextVar("kept", default=False)


def away(error: BaseException | None) -> bool:
    """Whether the error means that the store cannot be asked now, and not that something is wrong with us."""
    if isinstance(error, EncryptionError):  # the wrapping key is looked up in the store, too
        return away(error.cause)
    return isinstance(error, ConnectionFailure) or (isinstance(error, OperationFailure) and error.code in _GONE)


def passes(error: PyMongoError) -> bool:
    """Whether the transaction that met this error kept nothing and may be started again."""
    passing = isinstance(error, OperationFailure) and error.code in _PASSING
    return passing or error.has_error_label("TransientTransactionError")


def forgotten(error: PyMongoError) -> bool:
    """Whether the server knows nothing of the transaction: it was never kept, or kept before a restart."""
    return isinstance(error, OperationFailure) and error.code == _UNKNOWN


def begin() -> None:
    """A request begins: nothing was kept in it yet."""
    _kept.set(False)


def note_kept() -> None:
    """A transaction of this request was kept."""
    _kept.set(True)


def anything_kept() -> bool:
    """Whether a transaction of this request was kept, so that nobody may be told that nothing was saved."""
    return _kept.get()
